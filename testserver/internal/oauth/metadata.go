package oauth

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const (
	badMetadata = "invalid_client_metadata" // RFC 7591 §3.2.2
	badRedirect = "invalid_redirect_uri"
)

func invalidMetadata(description string) *failure { return refused(badMetadata, description) }
func invalidRedirect(description string) *failure { return refused(badRedirect, description) }

// readMetadata reads client metadata (RFC 7591 §2). It ignores unknown members,
// as RFC 7591 requires. It refuses unsupported values instead of replacing
// them.
func (s registrationEndpoint) readMetadata(o token.Object) (registry.Client, *failure) {
	c := registry.Client{
		Grants: []catalogue.Grant{catalogue.AuthorizationCode}, // the default (RFC 7591 §2)
		Algs:   catalogue.ClientAlgs{IDToken: catalogue.RS256}, // the default (OpenID Connect Dynamic Client Registration 1.0 §2)
	}
	var types []string
	var scope string
	var jwks json.RawMessage
	type member struct {
		name string
		into any
	}
	members := []member{
		{"redirect_uris", &c.RedirectURIs}, {"post_logout_redirect_uris", &c.PostLogoutRedirectURIs}, {"token_endpoint_auth_method", &c.AuthMethod}, {"grant_types", &c.Grants},
		{"response_types", &types}, {"client_name", &c.Name}, {"scope", &scope}, {"jwks", &jwks},
		{"require_pushed_authorization_requests", &c.RequirePAR}, {"dpop_bound_access_tokens", &c.RequireDPoP},
	}
	for _, f := range c.Algs.Fields() {
		members = append(members, member{f.Member, f.Alg})
	}
	for _, n := range c.TLS.Names() {
		members = append(members, member{n.Member, n.Value})
	}
	members = append(members, member{catalogue.BoundTokensMember, &c.TLS.BoundTokens},
		member{"backchannel_logout_uri", &c.Logout.URI}, member{"backchannel_logout_session_required", &c.Logout.SessionRequired})
	for _, m := range members {
		i := o.Find(m.name)
		_, mayBeEmpty := m.into.(*string) // a method or an algorithm must not be ""
		if i < 0 || json.Unmarshal(o[i].Value, m.into) == nil && (mayBeEmpty || string(o[i].Value) != `""`) {
			continue
		}
		if m.name == "redirect_uris" {
			return c, invalidRedirect("redirect_uris is not an array of strings")
		}
		return c, invalidMetadata(m.name + " is empty or has the wrong JSON type")
	}
	c.Public, c.JWKS = c.AuthMethod == catalogue.NoAuth, jwks
	if o.Find("response_types") < 0 && slices.Contains(c.Grants, catalogue.AuthorizationCode) {
		types = []string{"code"}
	}
	for _, failed := range []*failure{
		checkRedirects(c), s.checkGrants(c, types), s.checkKeys(c, o), s.takeScopes(&c, scope), s.checkRest(c),
	} {
		if failed != nil {
			return c, failed
		}
	}
	return c, nil
}

// checkRedirects checks the redirect URIs of a client. It is stricter than
// registry.CheckRedirect, because anyone can register a client here.
func checkRedirects(c registry.Client) *failure {
	if slices.Contains(c.Grants, catalogue.AuthorizationCode) && len(c.RedirectURIs) == 0 {
		return invalidRedirect("redirect_uris is missing: the grant authorization_code requires it")
	}
	for _, uri := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
		u, err := url.Parse(uri)
		if err != nil || registry.CheckRedirect(uri) != nil {
			return invalidRedirect("each redirect URI must be absolute, without a user name and without a fragment. A URI with http or https needs a host, and schemes such as javascript and data are not allowed")
		}
		_, _, loopback := registry.CutLoopback(uri)
		switch own := u.Scheme != "http" && u.Scheme != "https"; {
		case u.Scheme == "http" && !loopback:
			return invalidRedirect("a redirect URI with the scheme http must have the host 127.0.0.1, [::1] or localhost (RFC 8252 section 7.3)")
		case own && !c.Public:
			return invalidRedirect("a redirect URI with a private-use scheme is only for native applications, which are public: set token_endpoint_auth_method to none")
		case own && !strings.Contains(u.Scheme, "."):
			return invalidRedirect("the private-use scheme of a redirect URI must be a reversed domain name such as com.example.app (RFC 8252 section 7.1)")
		}
	}
	return nil
}

// checkGrants refuses unsupported grants and grants that do not match the
// response types (RFC 7591 §2.1).
func (s registrationEndpoint) checkGrants(c registry.Client, types []string) *failure {
	if len(c.Grants) == 0 {
		return invalidMetadata("grant_types is empty: leave it out for authorization_code")
	}
	for _, g := range c.Grants {
		switch {
		case !slices.Contains(catalogue.Grants, g) || !s.grantable(g):
			return invalidMetadata("grant_types has a grant that the server does not support")
		case registry.OnRequest(g): // with such a grant, the client could get tokens for any user
			return invalidMetadata("grant_types has a grant that only the server's configuration can allow")
		case g == catalogue.ClientCredentials && c.Public:
			return invalidMetadata("client_credentials is only for confidential clients (RFC 6749 section 4.4)")
		}
	}
	code := slices.Contains(types, "code")
	switch {
	case slices.ContainsFunc(types, func(t string) bool { return t != "code" }):
		return invalidMetadata("response_types has a type other than code")
	case code != slices.Contains(c.Grants, catalogue.AuthorizationCode):
		return invalidMetadata("response_types and grant_types do not match: code requires authorization_code and vice versa (RFC 7591 section 2.1)")
	}
	return nil
}

func (s registrationEndpoint) checkKeys(c registry.Client, o token.Object) *failure {
	if methods := s.authMethods(); c.AuthMethod != "" && !slices.Contains(methods, c.AuthMethod) {
		return invalidMetadata("token_endpoint_auth_method is not one of " + strings.Join(catalogue.Names(methods), ", "))
	}
	if c.TLS.BoundTokens && s.config.MTLSPort == "" {
		return invalidMetadata(catalogue.BoundTokensMember + " is set, but the server never asks for a certificate")
	}
	if err := mtls.CheckNames(c.TLS, c.AuthMethod, func(n catalogue.CertificateName) string { return n.Member }); err != nil {
		return invalidMetadata("the name of the certificate is wrong: tls_client_auth requires exactly one valid member of RFC 8705 section 2.1.2, and only this method allows one")
	}
	if o.Find("jwks_uri") >= 0 {
		return invalidMetadata("jwks_uri is not supported: send jwks")
	}
	switch {
	case len(c.JWKS) == 0 && (c.AuthMethod == catalogue.PrivateKeyJWT || c.AuthMethod == catalogue.SelfSignedTLS):
		return invalidMetadata("jwks is missing: " + string(c.AuthMethod) + " requires it")
	case len(c.JWKS) == 0:
		return nil
	case c.Public:
		return invalidMetadata("jwks is not allowed for a public client")
	}
	if _, err := registry.KeySet(c); err != nil {
		return invalidMetadata("jwks is not a set of public keys (RFC 7517 section 5)")
	}
	return nil
}

// takeScopes sets the scopes that the client may request. If text is empty, the
// client may request all scopes of the server.
func (s registrationEndpoint) takeScopes(c *registry.Client, text string) *failure {
	scopes, failed := splitScopes(text)
	if failed != nil || slices.ContainsFunc(scopes, func(scope string) bool { return !s.allows(&registry.Registered{}, scope) }) {
		return invalidMetadata("scope is malformed, or has a scope that the server does not support")
	}
	c.Scopes = scopes
	return nil
}

// inDescription removes the characters that error_description must not contain
// (RFC 6749 §5.2).
func inDescription(c rune) rune {
	if c < ' ' || c > '~' || c == '"' || c == '\\' {
		return -1
	}
	return c
}

func (s registrationEndpoint) checkRest(c registry.Client) *failure {
	_, _, loopback := registry.CutLoopback(c.Logout.URI)
	algs := c.Algs.Check(func(f catalogue.ClientAlg) string { return f.Member })
	switch {
	case algs != nil:
		return invalidMetadata(strings.Map(inDescription, algs.Error()))
	case len(c.Name) > registry.MaxText || strings.ContainsFunc(c.Name, unicode.IsControl):
		return invalidMetadata("client_name is longer than 256 bytes or has control characters")
	case c.Logout.URI != "" && (registry.CheckLogoutURI(c.Logout.URI) != nil || !loopback && !strings.HasPrefix(c.Logout.URI, "https://")):
		return invalidMetadata("backchannel_logout_uri must be an https URI, or an http URI of a loopback address, without a user name and without a fragment")
	case c.RequirePAR && !s.served[catalogue.PAR]:
		return invalidMetadata("require_pushed_authorization_requests is set, but the server does not support them")
	}
	return nil
}

// takesSecret reports whether a client that registers gets a secret. If its
// AuthMethod is "", the client may use client_secret_basic or
// client_secret_post.
func takesSecret(c registry.Client) bool {
	return c.AuthMethod != catalogue.PrivateKeyJWT && !c.AuthMethod.ByCertificate() && !c.Public
}
