package doctor

import (
	"context"
	"net/url"
	"reflect"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// resource checks the resource identifier, and the well-known URLs that clients
// derive from it.
func (x *examination) resource(ctx context.Context, at place) {
	text := at.doc.resource
	resource, err := url.Parse(text)
	switch {
	case text == "":
		x.fail(aboutResource, finding{problem: "resource is missing", remedy: "Add the member, with the URL by which clients reach the API."})
	case err != nil || fetch.CheckURL(text, true) != nil:
		x.fail(aboutResource, finding{problem: "resource must be an absolute URL with a host, and must not contain user information or a fragment", got: text,
			remedy: "Write the URL by which clients reach the API. An audience that is not a URL does not belong in this member."})
	case x.barred(text) != "":
		x.fail(aboutResource, finding{problem: "resource " + x.barred(text), got: text, remedy: publicURL})
	default:
		x.pass(aboutResource, text)
		matches := x.match(text, resource)
		x.location(ctx, at, resource)
		if matches {
			x.otherLocations(ctx, resource)
		} else {
			x.skip(aboutOwn, aboutRoot)
		}
		return
	}
	x.skip(aboutMatch, aboutLocation, aboutOwn, aboutRoot)
}

// match compares the resource identifier in the metadata with the requested
// URL. The identifier is passed both as written (text) and parsed (resource).
// According to RFC 9728 §3.3, the identifier must equal the URL, code point by
// code point. Some clients check this. Many others also accept an identifier
// whose path is a prefix of the requested path, and so does this method.
// Otherwise, one document could not describe an API with several routes.
func (x *examination) match(text string, resource *url.URL) bool {
	requested, _, _ := strings.Cut(x.report.URL, "?")
	f := finding{want: requested, got: text, remedy: "Write the URL of the API exactly as clients write it. Clients discard the metadata of another resource."}
	path, prefix := pathOf(x.base), pathOf(resource)
	switch {
	case resource.Scheme != x.base.Scheme:
		f.problem = "the resource has another scheme"
	case !strings.EqualFold(resource.Hostname(), x.base.Hostname()):
		f.problem = "the resource is on another host"
	case portOf(resource) != portOf(x.base):
		f.problem = "the resource has another port"
	case beforePath(text) != beforePath(requested):
		f.problem = "the scheme, host or port of the resource is spelled differently"
	case resource.RawQuery != "":
		f.problem = "the resource has a query"
	case prefix == path:
		x.pass(aboutMatch, "the URL itself")
		return true
	case strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/"):
		x.pass(aboutMatch, "the beginning of the URL; strict clients want the URL itself")
		return true
	case prefix == path+"/":
		f.problem = "the resource ends with a slash, and the URL does not"
		f.remedy = "Remove the slash at the end of the resource, and of the URL of its metadata. Clients discard the metadata of another resource."
	default:
		f.problem = "the resource has another path"
	}
	x.fail(aboutMatch, f)
	return false
}

// beforePath returns the scheme and the authority of a URL, as written.
func beforePath(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

func pathOf(u *url.URL) string {
	if path := u.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// otherLocations checks the well-known URL of the requested URL, and the
// well-known URL of the host. Neither may serve the metadata of another
// resource.
func (x *examination) otherLocations(ctx context.Context, resource *url.URL) {
	right := wellKnown(resource)
	for _, other := range []struct {
		about
		url, resource string
	}{{aboutOwn, wellKnown(x.base), x.base.String()}, {aboutRoot, origin(x.base) + wellKnownPath, origin(x.base)}} {
		p := x.at(ctx, other.url)
		switch {
		case p.doc == nil:
			x.pass(other.about, "nothing")
		case other.url == right, p.doc.resource == other.resource, p.doc.resource == other.resource+"/":
			x.pass(other.about, p.doc.resource)
		case other.about == aboutRoot && p.doc.resource == resource.String():
			x.pass(other.about, p.doc.resource) // MCP clients look for the metadata here
		default:
			x.warn(other.about, finding{problem: "the metadata at this URL describes another resource", want: other.resource, got: p.doc.resource + " at " + other.url,
				remedy: "Answer with 404 at each well-known URL except the one of the resource. Clients must discard this document."})
		}
	}
}

// location checks that the metadata is at the well-known URL of the resource.
func (x *examination) location(ctx context.Context, at place, resource *url.URL) {
	if resource.Host != x.base.Host {
		x.skip(aboutLocation) // match() has already reported this resource
		return
	}
	right, root := wellKnown(resource), origin(x.base)+wellKnownPath
	p := x.at(ctx, right)
	switch {
	case x.named == root && at.url == root && right != root && reflect.DeepEqual(p.doc, at.doc):
		x.fail(aboutLocation, finding{problem: "the challenge names the well-known URL of the host, not that of the resource", want: right, got: root,
			remedy: "Name the well-known URL of the resource in resource_metadata. The metadata is already there."})
	case at.url == root && right != root && p.doc == nil:
		x.fail(aboutLocation, finding{problem: "the URL of the metadata lacks the path of the resource", want: right, got: at.url,
			remedy: "The path goes after the well-known part: serve the metadata there, and name that URL in the challenge."})
	case p.doc == nil:
		x.fail(aboutLocation, finding{problem: "the metadata is missing at the well-known URL of the resource", want: right, got: at.url,
			remedy: "Serve the metadata there too, for clients that do not wait for a challenge. The path of the resource goes after the well-known part."})
	case !reflect.DeepEqual(p.doc, at.doc):
		x.fail(aboutLocation, finding{problem: "the metadata at two URLs differs", got: at.url + " and " + right,
			remedy: "Serve the same document at both URLs."})
	default:
		x.pass(aboutLocation, right)
	}
}
