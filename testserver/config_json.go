package testserver

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/settings"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// ConfigJSON reads options from a configuration file, which is one JSON object.
// The options have the same effect as if they were passed in place of
// ConfigJSON. Every member is optional:
//
//	{
//	  "$schema": "https://raw.githubusercontent.com/bearerguard/bearerguard/main/docs/config.schema.json",
//	  "issuer": "https://login.example.com/tenant",
//	  "signing": {"alg": "ES256", "keys": [{"kty": "EC", "kid": "k1", …}]},
//	  "access": {"ttl": "5m", "format": "opaque", "audience": ["orders"]},
//	  "refresh": {"ttl": "24h", "grace": "10s"},
//	  "clients": [{"id": "web", "secret": "…", "redirect_uris": ["https://app.example.com/callback"],
//	    "grants": ["authorization_code"], "scopes": ["openid"], "auth_method": "client_secret_basic",
//	    "id_token_signed_response_alg": "RS256"},
//	    {"id": "spa", "public": true}, {"id": "job", "jwks": {"keys": […]}}],
//	  "users": [{"sub": "1", "username": "alice", "password": "…", "claims": {"name": "Alice"},
//	    "access_claims": {"roles": ["admin"]}}],
//	  "scopes": ["orders:read"], "scope_descriptions": {"orders:read": "Read your orders."},
//	  "resources": ["https://orders.example.com"],
//	  "authorization_detail_types": ["payment"],
//	  "rules": [{"when": {"client": "web"}, "claims": {"tier": "gold"}}, {"when": {"user": "1"}, "claims": {"vip": true}},
//	    {"when": {"scope": "root"}, "deny": "access_denied"}],
//	  "faults": [{"endpoint": "jwks", "status": 503, "times": 2}],
//	  "endpoints": {"userinfo": false},
//	  "like": "keycloak",
//	  "interactive": true, "registration": true,
//	  "tls": true, "seed": "…"
//	}
//
// The signing keys are private JWKs, or symmetric JWKs for the HS algorithms.
// The first key for the signing algorithm signs tokens. The server publishes
// the public key of every private JWK.
//
// A rule applies to access tokens that match its "when" and that the token
// endpoint issues. The rule either adds claims, whose names are written as for
// [Claim], or makes the endpoint refuse to issue the token. Faults last until
// [Server.Reset], or until they have applied to as many requests as times says.
// If two faults match a request, the first fault in the file applies.
//
// $schema is for editors. The server ignores it.
//
// If the file has unknown or invalid members, [New], [Start] and [NewUnstarted]
// fail. The error lists the paths of these members, at most 100, and contains
// no secrets. Some faults, such as an endpoint that is not served, are listed
// only when every member is valid on its own.
func ConfigJSON(r io.Reader) Option {
	if r == nil {
		return serverOption(func(c *config) { c.fail("ConfigJSON(nil): leave the option out") })
	}
	file, err := settings.ParseConfig(r)
	return serverOption(func(c *config) {
		if err != nil {
			c.fail("ConfigJSON: %w", err)
			return
		}
		f := fileConfig{c}
		f.server(file)
		f.tokens(file)
		f.identities(file)
		f.endpoints(file.Endpoints)
		for i, fault := range file.Faults {
			c.faults = append(c.faults, fileFault{fault, fmt.Sprintf("ConfigJSON: faults[%d]", i)})
		}
	})
}

// fileConfig applies a file to a configuration.
type fileConfig struct{ *config }

// use applies an option. It prefixes the errors of the option with its path in
// the file.
func (f fileConfig) use(path string, o Option) {
	errs, edits := len(f.errs), len(f.Defaults)
	o.applyServer(f.config)
	if _, err := token.CheckDefaults(f.Defaults[edits:]); err != nil {
		f.errs = append(f.errs, err)
		f.Defaults = f.Defaults[:edits]
	}
	for i, err := range f.errs[errs:] {
		if f, ok := errors.AsType[fault](err); ok {
			err = f.reason // without the option's Go name, because the path identifies it
		}
		f.errs[errs+i] = fault{"ConfigJSON", fmt.Errorf("%s: %w", path, err)}
	}
}

func (f fileConfig) server(file *settings.Config) {
	if file.Issuer != "" {
		f.use("issuer", IssuerURL(file.Issuer))
	}
	if file.Like != "" {
		f.use("like", Like(file.Like))
	}
	if file.TLS != nil {
		f.listen.TLS = *file.TLS
	}
	if file.Interactive != nil {
		f.Interactive = *file.Interactive
	}
	f.use("cors", CORS(file.CORS...))
	if file.Registration != nil {
		f.Registration = *file.Registration
	}
	if file.DPoPNonces != nil {
		f.DPoPNonces = *file.DPoPNonces
	}
	if file.Seed != "" {
		f.use("seed", Seed(string(file.Seed)))
	}
}

func (f fileConfig) tokens(file *settings.Config) {
	f.signing(file.Signing)
	if file.Access.TTL != 0 {
		f.use("access.ttl", AccessTTL(time.Duration(file.Access.TTL)))
	}
	if file.Access.Format != "" {
		handles := file.Access.Format == "opaque"
		f.use("access.format", sharedOption(func(d *token.Draft) { d.Opaque = handles }))
	}
	if file.Access.Audience != nil {
		f.use("access.audience", Audience(file.Access.Audience...))
	}
	if file.Refresh.TTL != 0 {
		f.RefreshTTL = time.Duration(file.Refresh.TTL)
	}
	if file.Refresh.Grace != nil {
		f.use("refresh.grace", RotateRefresh(time.Duration(*file.Refresh.Grace)))
	}
	for i, r := range file.Rules {
		policy := oauth.Policy{Client: r.When.Client, User: r.When.User, Scope: r.When.Scope, Claims: r.Claims, Deny: r.Deny, Status: refusalStatus(r.Deny)}
		if _, err := token.CheckDefaults([]token.Edit{token.SetClaims(r.Claims)}); err != nil {
			f.fail("ConfigJSON: rules[%d].claims: %w", i, err)
		}
		f.Policies = append(f.Policies, policy)
	}
}

func (f fileConfig) signing(s settings.Signing) {
	alg := s.Alg
	var keys []token.Key
	for i, text := range s.Keys {
		path := fmt.Sprintf("signing.keys[%d]", i)
		key, err := token.ReadKey(text, alg)
		if err != nil {
			f.fail("ConfigJSON: %s: %w", path, err)
			continue
		}
		for _, other := range keys {
			switch {
			case other.ID == key.ID:
				f.fail("ConfigJSON: %s: another key has the kid %q: give each key its own kid", path, key.ID)
			case other.Alg == key.Alg && token.IsShared(key.Alg):
				f.fail("ConfigJSON: %s: another secret already signs with %s, and only one of them can be used, because secrets are not published: remove one of them", path, string(key.Alg))
			}
		}
		keys = append(keys, key)
	}
	if alg == "" && len(keys) > 0 {
		alg = keys[0].Alg
	}
	if len(keys) == len(s.Keys) && len(keys) > 0 && !slices.ContainsFunc(keys, func(k token.Key) bool { return k.Alg == alg }) {
		f.fail("ConfigJSON: signing.keys: no key signs with %s: add one, or change signing.alg", string(alg))
	}
	if alg != "" {
		f.use("signing.alg", SigningAlg(alg))
	}
	if s.Keys != nil {
		f.Keys = keys
	}
}

func (f fileConfig) identities(file *settings.Config) {
	for i, c := range file.Clients {
		client := Client{
			ID: c.ID, Secret: string(c.Secret), Public: c.Public, RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogout, Grants: c.Grants, Scopes: c.Scopes,
			AuthMethod: c.AuthMethod, JWKS: c.JWKS, TLS: c.ClientTLS, Logout: c.ClientLogout, RequirePAR: c.RequirePAR, RequireDPoP: c.RequireDPoP, Algs: c.ClientAlgs,
		}
		f.use(fmt.Sprintf("clients[%d]", i), Clients(client))
	}
	for i, u := range file.Users {
		f.use(fmt.Sprintf("users[%d]", i), Users(User{
			Sub: u.Sub, Username: u.Username, Password: string(u.Password), Claims: u.Claims, AccessClaims: u.AccessClaims, ACR: u.ACR,
		}))
	}
	if file.Scopes != nil && len(file.Scopes) == 0 {
		f.Scopes = nil // any
	}
	f.use("scopes", Scopes(file.Scopes...))
	if file.Resources != nil && len(file.Resources) == 0 {
		f.Resources = nil // any
	}
	f.use("resources", Resources(file.Resources...))
	f.ScopeDescriptions = file.ScopeTexts
	f.use("authorization_detail_types", AuthorizationDetailTypes(file.DetailTypes...))
}

func (f fileConfig) endpoints(served map[Endpoint]bool) {
	possible := catalogue.Served(func(r catalogue.Route) bool {
		on, given := served[r.Endpoint]
		return given && !on
	})
	for _, r := range catalogue.Routes {
		on, given := served[r.Endpoint]
		path := "endpoints." + string(r.Endpoint)
		switch {
		case !given:
		case !on:
			f.use(path, Disable(r.Endpoint))
		case !possible[r.Endpoint]:
			f.fail("ConfigJSON: %s: this endpoint needs %s, which is not served: leave this endpoint out, or serve both", path, r.Needs[0])
		default:
			f.Disabled = slices.DeleteFunc(f.Disabled, func(other Endpoint) bool { return other == r.Endpoint })
		}
	}
}

// fileFault is a fault from the configuration file. It is injected as soon as
// the server exists.
type fileFault struct {
	settings.Fault
	path string
}

func (s *Server) injectAll(faults []fileFault) error {
	var errs []error
	for _, f := range faults {
		if !s.countable(f.Endpoint) {
			errs = append(errs, fmt.Errorf("%s.endpoint: %q is not served: leave the fault out", f.path, f.Endpoint))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, f := range slices.Backward(faults) { // backward, because the newest injection wins
		var when []When
		if f.Times > 0 {
			when = append(when, Times(f.Times))
		}
		s.Inject(f.Endpoint, Status(f.Status), when...)
	}
	return nil
}
