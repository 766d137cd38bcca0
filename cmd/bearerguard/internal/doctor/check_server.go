package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// maxServers limits the number of authorization servers that are checked.
const maxServers = 5

// servers checks the listed authorization servers, without a request to them.
// It returns the first maxServers URLs that are issuers and that this machine
// may contact.
func (x *examination) servers(listed []string) (issuers []string) {
	faulty := false
	fault := func(f finding) {
		faulty = true
		x.fail(aboutServers, f)
	}
	if len(listed) == 0 {
		fault(finding{problem: "authorization_servers is missing or empty", remedy: "List the issuer of each authorization server whose tokens the API accepts. Without this list, a client does not know where to get a token."})
	}
	for _, server := range listed {
		switch {
		case strings.Contains(server, "/.well-known/"):
			fault(finding{problem: "authorization_servers contains the URL of a metadata document instead of an issuer", want: issuerOf(server), got: server,
				remedy: "List the value of the member issuer in that document. Clients add the well-known part themselves."})
		case fetch.CheckIssuer(server, true) != nil:
			fault(finding{problem: "authorization_servers contains a value that is not an issuer: an issuer is an https URL and has neither a query nor a fragment", got: server,
				remedy: "List the issuer of the authorization server, byte for byte as in its metadata."})
		case x.barred(server) != "":
			fault(finding{problem: "authorization_servers contains a URL that " + x.barred(server), got: server,
				remedy: "List the issuer by which clients reach the authorization server, and configure it as the issuer of that server."})
		case len(issuers) < maxServers:
			issuers = append(issuers, server)
		}
	}
	if !faulty {
		x.pass(aboutServers, strings.Join(listed, ", "))
	}
	return issuers
}

// issuerOf guesses the issuer from the URL of its metadata. In such a URL, the
// well-known part is at the end (OpenID Connect Discovery 1.0 §4) or between
// the host and the issuer's path (RFC 8414 §3).
func issuerOf(location string) string {
	base, rest, _ := strings.Cut(location, "/.well-known/")
	if _, path, found := strings.Cut(rest, "/"); found {
		return base + "/" + path
	}
	return base
}

// issuer checks the metadata and the keys of an authorization server.
func (x *examination) issuer(ctx context.Context, issuer string) {
	doc, err := metadata.Discover(ctx, x.client, issuer, false)
	if err != nil {
		f := finding{problem: err.Error(), got: issuer, remedy: "Make " + strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration, or the URL of RFC 8414 §3, reachable for clients, or correct the issuer in authorization_servers."}
		if errors.Is(err, metadata.ErrIssuer) {
			f.remedy = "Copy the member issuer of the server's metadata into authorization_servers, byte for byte."
			other, cut := strings.CutSuffix(issuer, "/")
			if !cut {
				other += "/"
			}
			if _, err := metadata.Discover(ctx, x.client, other, false); err == nil {
				f.problem, f.want = "the metadata of the server contains another issuer", other
			}
		}
		x.fail(aboutIssuer, f)
		x.skip(aboutKeys)
		return
	}
	x.pass(aboutIssuer, issuer)
	if doc.JWKSURI == "" {
		x.skip(aboutKeys) // RFC 8414 §2 does not require jwks_uri
		return
	}
	if barred := x.barred(doc.JWKSURI); barred != "" {
		x.fail(aboutKeys, finding{problem: "jwks_uri " + barred, got: doc.JWKSURI, remedy: "Write the public https URL of the keys into the metadata of the authorization server."})
		return
	}
	got, err := fetch.Get(ctx, x.client, doc.JWKSURI, "")
	if err == nil && strictjson.Lookup(got.Body, "/keys").Kind() != '[' {
		err = fmt.Errorf("the answer is not a JWK Set (RFC 7517 §5)")
	}
	if err != nil {
		x.fail(aboutKeys, finding{problem: err.Error(), got: doc.JWKSURI, remedy: "Serve the public keys of the authorization server at its jwks_uri. Without the keys, nobody can verify its tokens."})
		return
	}
	x.pass(aboutKeys, doc.JWKSURI)
}
