package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/challenge"
)

// falseHost is a name that does not resolve (RFC 6761 §6.4).
const falseHost = "doctor.invalid"

// host sends requests with falseHost in a header field. The answers of the API,
// and its metadata, must stay the same. A slow answer is not a finding here,
// because clients do not send such requests.
func (x *examination) host(ctx context.Context, before []challenge.Challenge, at place) {
	var changed []string
	for _, field := range []struct {
		name   string
		header http.Header
	}{
		{"Host", http.Header{"Host": {falseHost}}},
		{"X-Forwarded-Host, Forwarded", http.Header{"X-Forwarded-Host": {falseHost}, "Forwarded": {"host=" + falseHost}}},
	} {
		api := x.exchange(ctx, http.MethodGet, uncached(x.target), field.header)
		after, _ := parseChallenges(api.header.Values("WWW-Authenticate"))
		if named := pointers(after); named != nil && !slices.Equal(named, pointers(before)) {
			changed = append(changed, field.name+" changes resource_metadata to "+strings.Join(named, ", "))
		}
		if at.doc == nil {
			continue
		}
		location, err := url.Parse(at.url)
		if err != nil {
			continue
		}
		answer := x.exchange(ctx, http.MethodGet, uncached(location), field.header)
		if doc, _ := answer.document(); doc != nil && !reflect.DeepEqual(doc, at.doc) {
			changed = append(changed, field.name+" changes the metadata, which now names the resource "+doc.resource)
		}
	}
	if changed == nil {
		x.pass(aboutHost, "")
		return
	}
	x.fail(aboutHost, finding{problem: "the answers depend on header fields that anybody can send", got: strings.Join(changed, "; "),
		remedy: "Take the URL of the API from its configuration. If a cache stores such an answer, an attacker chooses the authorization server of other clients."})
}

// uncached returns the URL u with a random query. No cache has an answer for
// this URL yet, and no other client will request it.
func uncached(u *url.URL) string {
	other := *u
	other.RawQuery = strings.TrimPrefix(u.RawQuery+"&doctor="+rand.Text(), "&")
	return other.String()
}

// pointers returns the values of the parameter resource_metadata in challenges,
// without duplicates.
func pointers(challenges []challenge.Challenge) (named []string) {
	for _, c := range challenges {
		if url := c.Params["resource_metadata"]; url != "" {
			named = append(named, url)
		}
	}
	slices.Sort(named)
	return slices.Compact(named)
}

func (x *examination) head(ctx context.Context, address string) {
	a := x.send(ctx, http.MethodHead, address, nil)
	f := finding{problem: "the answer to HEAD differs from the answer to GET", want: "200", remedy: "Answer HEAD with the status and the header fields of GET."}
	switch {
	case a.err != nil:
		f.got = a.err.Error()
	case a.status != http.StatusOK:
		f.got = fmt.Sprint(a.status)
	case !strings.HasPrefix(a.header.Get("Content-Type"), "application/json"):
		f.want, f.got = "application/json", a.header.Get("Content-Type")
	default:
		x.pass(aboutHead, "")
		return
	}
	x.warn(aboutHead, f)
}

func (x *examination) cors(ctx context.Context, address string) {
	const page = "https://page.invalid"
	a := x.send(ctx, http.MethodGet, address, http.Header{"Origin": {page}})
	if allowed := a.header.Get("Access-Control-Allow-Origin"); allowed != "*" && allowed != page {
		x.warn(aboutCORS, finding{problem: "scripts in browsers cannot read the metadata", want: "Access-Control-Allow-Origin: *", got: allowed,
			remedy: "Send the field with the metadata, which is public. Clients that run in a browser need it."})
		return
	}
	x.pass(aboutCORS, "")
}

// members checks the scopes and the bearer methods that the document lists.
func (x *examination) members(challenges []challenge.Challenge, doc *document) {
	var unknown []string
	for _, c := range challenges {
		if !asksForToken(c) || doc.scopes == nil {
			continue
		}
		for _, scope := range strings.Fields(c.Params["scope"]) {
			if !slices.Contains(doc.scopes, scope) {
				unknown = append(unknown, scope)
			}
		}
	}
	if unknown == nil {
		x.pass(aboutScopes, strings.Join(doc.scopes, " "))
	} else {
		x.warn(aboutScopes, finding{problem: "the challenge wants scopes that scopes_supported lacks", got: strings.Join(unknown, " "),
			remedy: "Add these scopes to scopes_supported, or leave the member out. Some clients request only the scopes that it lists."})
	}
	if slices.Contains(doc.methods, "query") {
		x.fail(aboutMethods, finding{problem: "the API accepts tokens in the query of URLs", got: strings.Join(doc.methods, ", "),
			remedy: `Write ["header"]. URLs are logged and cached, and so are the tokens in them.`})
	} else {
		x.pass(aboutMethods, strings.Join(doc.methods, ", "))
	}
}
