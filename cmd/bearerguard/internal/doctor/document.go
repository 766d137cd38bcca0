package doctor

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// document contains the checked members of protected resource metadata (RFC
// 9728 §2). Absent members are "" or nil.
type document struct {
	resource                 string
	servers, scopes, methods []string
}

// place is a URL at which metadata may be served, with the result of the
// request.
type place struct {
	url   string
	doc   *document // nil if the document is unusable: see fault
	fault finding
}

const (
	wellKnownPath = "/.well-known/oauth-protected-resource"
	maxList       = 1000 // maximum length of an array
)

// wellKnown returns the URL of the metadata of a resource (RFC 9728 §3.1).
func wellKnown(resource *url.URL) string {
	at := origin(resource) + wellKnownPath
	if resource.Path != "/" {
		at += resource.EscapedPath()
	}
	if resource.RawQuery != "" {
		at += "?" + resource.RawQuery
	}
	return at
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// at returns the result of fetching the metadata at a URL. It requests each URL
// only once.
func (x *examination) at(ctx context.Context, address string) place {
	if p, ok := x.places[address]; ok {
		return p
	}
	p := place{url: address}
	a := x.send(ctx, http.MethodGet, address, nil)
	p.doc, p.fault = a.document()
	x.places[address] = p
	return p
}

// document parses the metadata in an answer. If the answer is not valid
// metadata, it returns nil and a finding.
func (a answer) document() (*document, finding) {
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	switch {
	case a.err != nil:
		return nil, finding{problem: "no answer", got: a.err.Error(),
			remedy: "Make the URL reachable for clients, with a certificate that they trust."}
	case a.status >= 300 && a.status < 400:
		return nil, finding{problem: "the metadata is a redirect", got: fmt.Sprintf("%d to %s", a.status, a.header.Get("Location")),
			remedy: "Answer with the document itself. Many clients follow no redirect here."}
	case a.status == http.StatusUnauthorized:
		return nil, finding{problem: "the metadata requires a token", want: "200", got: fmt.Sprint(a.status),
			remedy: "Serve the metadata outside the protected routes. Clients read it before they have a token."}
	case a.status != http.StatusOK:
		return nil, finding{problem: "the metadata is missing", want: "200", got: fmt.Sprint(a.status),
			remedy: "Serve the metadata at this URL, to everybody and without a token."}
	case len(a.body) > maxBytes:
		return nil, finding{problem: "the metadata is larger than 256 KiB", remedy: "Leave out what clients do not need."}
	case media != "application/json":
		return nil, finding{problem: "the metadata has another content type", want: "application/json", got: a.header.Get("Content-Type"),
			remedy: "Serve it with Content-Type: application/json. An HTML page often comes from a catch-all route of the server."}
	}
	doc, err := parse(a.body)
	if err != nil {
		return nil, finding{problem: err.Error(), remedy: "Serve one JSON object, with the members and types of RFC 9728 §2."}
	}
	return doc, finding{}
}

func parse(data []byte) (*document, error) {
	doc := &document{}
	lists := map[string]*[]string{"authorization_servers": &doc.servers, "scopes_supported": &doc.scopes, "bearer_methods_supported": &doc.methods}
	var wrong error
	err := strictjson.Object(data, func(name string, value strictjson.Value) error {
		ok := true
		switch {
		case value.IsNull():
		case name == "resource":
			doc.resource, ok = strictjson.String(value)
		case lists[name] != nil:
			*lists[name], ok = strictjson.Strings(value, maxList)
		}
		if !ok && wrong == nil {
			wrong = errors.New(name + " has the wrong type")
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, errors.New("the metadata is not a JSON object, or it contains the same member twice")
	case wrong != nil:
		return nil, wrong
	}
	return doc, nil
}

// barred returns "" if a URL in an answer may be requested. Otherwise it
// returns the reason, such as "is not https". An API on another machine must
// not be able to make this machine send requests to itself or to its local
// link.
func (x *examination) barred(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || fetch.CheckURL(address, true) != nil:
		return "is not an absolute URL"
	case isLocal(u.Hostname()) && !isLocal(x.target.Hostname()):
		return "is on the client's own machine or link"
	case u.Scheme == "https":
		return ""
	case x.target.Scheme == "https" || fetch.CheckURL(address, false) != nil:
		return "is not https"
	}
	return ""
}

// publicURL is the remedy for a URL that must not be requested.
const publicURL = "Write the URL by which clients reach the API into its configuration. Behind a proxy that terminates TLS, the API itself sees only http and a local host."

// isLocal reports whether a host is localhost or a name below it, or a
// loopback, link-local or unspecified IP address. It does not resolve other
// names.
func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true // RFC 6761 §6.3
	}
	address, err := netip.ParseAddr(host)
	address = address.Unmap()
	return err == nil && (address.IsLoopback() || address.IsLinkLocalUnicast() || address.IsUnspecified())
}
