package apicheck

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// These are the names of the results of the metadata check.
const (
	metadataURL      = "metadata-url"
	metadataDocument = "metadata-document"
	metadataResource = "metadata-resource"
	metadataHead     = "metadata-head"
	metadataHost     = "metadata-host"
)

const (
	wellKnown = "/.well-known/oauth-protected-resource" // RFC 9728 §3
	otherHost = "attacker.invalid"
)

// metadata checks the metadata URL in the challenge and the document at that
// URL. It sends all requests to the target and uses only the path and the query
// of the URL, because the public origin of the API may differ from the address
// of the target.
func (r *run) metadata(ctx context.Context) {
	at, got := metadataAt(r.ask(ctx, nil))
	if !r.row(metadataURL, "no token", got, `resource_metadata="https://…`+wellKnown+`…"`) {
		return
	}
	get := func(method string, edit func(*http.Request)) outcome {
		return r.ask(ctx, func(sent *http.Request) {
			sent.Method, sent.Header, sent.Body, sent.ContentLength = method, http.Header{}, nil, 0
			sent.URL.Path, sent.URL.RawPath, sent.URL.RawQuery = at.Path, at.RawPath, at.RawQuery
			if edit != nil {
				edit(sent)
			}
		})
	}
	where := " " + at.String() + " without a token"
	document := get(http.MethodGet, nil)
	resource, got := resourceIn(document)
	if !r.row(metadataDocument, "GET"+where, got, "200, application/json, and a JSON object with a resource") {
		return
	}
	got, want := r.judgeResource(ctx, resource, at)
	r.row(metadataResource, "GET"+where, got, want)
	got = ""
	if head := get(http.MethodHead, nil); head.summary() != document.summary() {
		got = head.summary()
	}
	r.row(metadataHead, "HEAD"+where, got, document.summary()+", as for GET")

	hostile := func(sent *http.Request) {
		sent.Host = otherHost
		sent.Header.Set("X-Forwarded-Host", otherHost)
		sent.Header.Set("Forwarded", "host="+otherHost)
	}
	got = ""
	if again := get(http.MethodGet, hostile); again.accepted() && string(again.body) != string(document.body) {
		got = "another document"
	}
	if again := r.ask(ctx, hostile); again.status == http.StatusUnauthorized {
		if named, fault := metadataAt(again); fault != "" || named.String() != at.String() {
			got = again.describe(probe{})
		}
	}
	r.row(metadataHost, "a request without a token, and GET"+where+", both for the host "+otherHost, got, "the same answers, or a refusal of the host")
}

// ask sends the user's request without a token. If edit is not nil, edit
// changes the request before it is sent.
func (r *run) ask(ctx context.Context, edit func(*http.Request)) outcome {
	return r.send(ctx, probe{edit: edit}, r.target.via[0])
}

// row records a result of the metadata check. If got is "", the API has passed,
// and row returns true.
func (r *run) row(name, sent, got, want string) bool {
	r.sent = append(r.sent, name)
	if got != "" {
		r.note(probe{name: name, sent: sent}, name, got, want)
	}
	return got == ""
}

// metadataAt returns the metadata URL in the challenge. If the challenge
// contains no valid metadata URL, metadataAt returns a description of the
// response instead.
func metadataAt(a outcome) (u *url.URL, got string) {
	params, err := a.challenge(bearerScheme)
	if params == nil && err == nil {
		params, err = a.challenge(dpopScheme)
	}
	u, malformed := url.Parse(params["resource_metadata"])
	if err != nil || malformed != nil || !isPublic(u) || u.Path != wellKnown && !strings.HasPrefix(u.Path, wellKnown+"/") {
		return nil, a.describe(probe{})
	}
	return u, ""
}

// isPublic reports whether u can be the URL of a resource or of its metadata
// document (RFC 9728 §1.2, §3). http is allowed only on loopback, for tests.
func isPublic(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	loopback := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	return u.Host != "" && u.User == nil && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && loopback)
}

// resourceIn returns the resource member of the metadata document. If the
// response is not a valid document, resourceIn returns a description of the
// response instead.
func resourceIn(a outcome) (resource, got string) {
	document, err := token.ParseObject(a.body)
	resource, _ = document.Text("resource")
	if a.status != http.StatusOK || a.media() != "application/json" || err != nil || resource == "" {
		return "", a.summary() + ", without a resource"
	}
	return resource, ""
}

// judgeResource checks the resource member of the metadata document at the
// given URL (RFC 9728 §3.3). If the resource is right, got is "".
func (r *run) judgeResource(ctx context.Context, resource string, at *url.URL) (got, want string) {
	got = fmt.Sprintf("the resource %q", resource)
	u, err := url.Parse(resource)
	if err != nil || !isPublic(u) || wellKnownURL(*u) != at.String() {
		return got, "the resource whose metadata is at " + at.String()
	}
	asked, err := r.request(ctx, probe{})
	if err != nil {
		return got, "a valid request whose path can be compared with the resource"
	}
	path := asked.URL.EscapedPath()
	if base := strings.TrimSuffix(u.EscapedPath(), "/"); path != base && !strings.HasPrefix(path, base+"/") {
		return got, "a resource whose path is the request's path or a parent of it: " + path
	}
	return "", ""
}

// wellKnownURL returns the metadata URL of the resource u (RFC 9728 §3.1).
func wellKnownURL(u url.URL) string {
	if u.Path == "/" {
		u.Path = ""
	}
	u.RawPath = wellKnown + u.EscapedPath()
	u.Path = wellKnown + u.Path
	return u.String()
}

// media returns the media type of the body.
func (a outcome) media() string {
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return media
}

// summary describes the status and the Content-Type of a response.
func (a outcome) summary() string {
	if a.lost != "" {
		return "no answer: " + a.lost
	}
	return fmt.Sprintf("%d with Content-Type %q", a.status, a.header.Get("Content-Type"))
}
