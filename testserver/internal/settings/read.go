package settings

import (
	"cmp"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

func (v value) config() (c Config) {
	v.object(
		field{"issuer", into(&c.Issuer, unquoted[string](wantIssuer, isIssuer))},
		field{"like", into(&c.Like, oneOf(shapes.Names()))},
		field{"signing", into(&c.Signing, value.signing)},
		field{"access", into(&c.Access, value.access)},
		field{"refresh", into(&c.Refresh, value.refresh)},
		field{"clients", into(&c.Clients, value.clients)},
		field{"users", into(&c.Users, value.users)},
		field{"scopes", into(&c.Scopes, value.scopes)},
		field{"scope_descriptions", into(&c.ScopeTexts, value.scopeTexts)},
		field{"resources", into(&c.Resources, list("an array of resources", matching(wantResource, registry.IsTarget)))},
		field{"authorization_detail_types", into(&c.DetailTypes, list("an array of types", some("a type of authorization_details")))},
		field{"rules", into(&c.Rules, list("an array of rules", value.rule))},
		field{"faults", into(&c.Faults, list("an array of faults", value.fault))},
		field{"endpoints", into(&c.Endpoints, value.endpoints)},
		field{"interactive", intoNew(&c.Interactive, value.boolean)},
		field{"registration", intoNew(&c.Registration, value.boolean)},
		field{"dpop_nonces", intoNew(&c.DPoPNonces, value.boolean)},
		field{"cors", into(&c.CORS, list("an array of origins", some("an origin")))},
		field{"tls", intoNew(&c.TLS, value.boolean)},
		field{"seed", into(&c.Seed, unquoted[Secret]("any text", anything))},
		field{"$schema", into(&c.Schema, some("the URL or path of the JSON Schema"))},
	)
	return c
}

func (v value) signing() (s Signing) {
	v.object(
		field{"alg", into(&s.Alg, oneOf(algs))},
		field{"keys", into(&s.Keys, list("an array of private JWKs", value.signingKey))},
	)
	return s
}

func (v value) access() (a Access) {
	v.object(
		field{"ttl", into(&a.TTL, value.ttl)},
		field{"format", into(&a.Format, oneOf(formats))},
		field{"audience", func(v value) {
			a.Audience = list("an array of names", some("the name of an API"))(v)
			if v.kind() == "an array" && len(a.Audience) == 0 {
				v.fail("is empty: give the name of an API, or remove it")
			}
		}},
	)
	return a
}

func (v value) refresh() (r Refresh) {
	v.object(
		field{"ttl", into(&r.TTL, value.ttl)},
		field{"grace", intoNew(&r.Grace, period(0, `a duration of zero or more, such as "0s" or "10s"`))},
	)
	return r
}

func (v value) ttl() Duration {
	return period(1, `a duration of more than zero, such as "90s", "5m" or "1h30m"`)(v)
}

func (v value) scopes() []string {
	return list("an array of scopes", matching(wantScope, isScope))(v)
}

func (v value) scopeTexts() map[string]string {
	texts := map[string]string{}
	v.members("an object of texts by scope", func(name string, part value) {
		if !isScope(name) {
			part.fail("is not a scope, want %s", wantScope)
			return
		}
		texts[name] = some("a sentence")(part)
	})
	return texts
}

// clients reads the clients, whose ids must be unique.
func (v value) clients() []Client {
	ids := map[string]bool{}
	return list("an array of clients", func(v value) Client {
		c := v.client()
		if c.ID != "" && ids[c.ID] {
			v.fail("another client has the id %s, want a unique id", quoted(c.ID))
		}
		ids[c.ID] = true
		return c
	})(v)
}

func (v value) client() (c Client) {
	fields := []field{
		{"id", into(&c.ID, matching(wantVisible, registry.IsVisible))},
		{"secret", into(&c.Secret, unquoted[Secret](wantVisible, registry.IsVisible))},
		{"redirect_uris", into(&c.RedirectURIs, list("an array of URIs", unquoted[string](wantRedirect, isRedirect)))},
		{"post_logout_redirect_uris", into(&c.PostLogout, list("an array of URIs", unquoted[string](wantRedirect, isRedirect)))},
		{"grants", into(&c.Grants, list("an array of grant types", oneOf(grants)))},
		{"scopes", into(&c.Scopes, value.scopes)},
		{"public", into(&c.Public, value.boolean)},
		{"auth_method", into(&c.AuthMethod, oneOf(authMethods))},
		{"jwks", into(&c.JWKS, value.keySet)},
		{"require_pushed_authorization_requests", into(&c.RequirePAR, value.boolean)},
		{"dpop_bound_access_tokens", into(&c.RequireDPoP, value.boolean)},
	}
	for _, f := range c.Fields() {
		fields = append(fields, field{f.Member, into(f.Alg, oneOf(f.Allowed))})
	}
	for _, n := range c.Names() {
		fields = append(fields, field{n.Member, into(n.Value, some(n.About))})
	}
	fields = append(fields,
		field{catalogue.BoundTokensMember, into(&c.BoundTokens, value.boolean)},
		field{"backchannel_logout_uri", into(&c.URI, unquoted[string](wantLogoutURI, isLogoutURI))},
		field{"backchannel_logout_session_required", into(&c.SessionRequired, value.boolean)})
	given := v.object(fields...)
	v.needs(given, "id")
	v.checkClient(c, given)
	return c
}

// checkClient adds an error for settings that contradict each other (RFC 6749
// §2.1, §2.3).
func (v value) checkClient(c Client, given map[string]bool) {
	switch method := c.AuthMethod; {
	case v.kind() != "an object":
	case c.Public && (given["secret"] || given["jwks"]):
		v.fail("a public client does not authenticate: either remove secret and jwks, or remove public")
	case c.Public && method != "" && method != catalogue.NoAuth:
		v.fail(`a public client does not authenticate: either remove auth_method, or remove public`)
	case c.Public && slices.Contains(c.Grants, catalogue.ClientCredentials):
		v.fail("client_credentials is only for confidential clients: either remove the grant, or remove public")
	case !c.Public && method == catalogue.NoAuth:
		v.fail(`auth_method none is only for public clients: add "public": true, or leave out auth_method`)
	case !c.Public && !given["secret"] && !given["jwks"] && method != catalogue.TLSClientAuth:
		v.fail(`a confidential client must authenticate: add secret or jwks, or "public": true`)
	case (method == catalogue.PrivateKeyJWT || method == catalogue.SelfSignedTLS) && !given["jwks"]:
		v.fail("auth_method %s requires jwks: add jwks", method)
	case (method == catalogue.ClientSecretBasic || method == catalogue.ClientSecretPost) && !given["secret"]:
		v.fail("auth_method %s requires secret: add secret", method)
	default:
		if err := mtls.CheckNames(c.ClientTLS, method, func(n catalogue.CertificateName) string { return n.Member }); err != nil {
			v.fail("%v", err)
		}
	}
}

// users reads the users, whose subs and usernames must be unique.
func (v value) users() []User {
	subs, names := map[string]bool{}, map[string]bool{}
	return list("an array of users", func(v value) (u User) {
		given := v.object(
			field{"sub", into(&u.Sub, some("a name that never changes"))},
			field{"username", into(&u.Username, some("a name to log in with"))},
			field{"password", into(&u.Password, unquoted[Secret]("any text", anything))},
			field{"claims", into(&u.Claims, value.claims)},
			field{"access_claims", into(&u.AccessClaims, value.accessClaims)},
			field{"acr", into(&u.ACR, list("an array of acr values", matching(wantACR, isScope)))}, // an acr value may have the same characters as a scope
		)
		v.needs(given, "sub")
		if u.Sub != "" && subs[u.Sub] {
			v.fail("another user has the sub %s, want a unique sub", quoted(u.Sub))
			return u
		}
		name := cmp.Or(u.Username, u.Sub)
		if name != "" && names[name] {
			v.fail("another user has the username %s, want a unique username", quoted(name))
		}
		subs[u.Sub], names[name] = true, true
		return u
	})(v)
}

// accessClaims reads claims for access tokens, and adds an error for claims
// that only the server may set.
func (v value) accessClaims() map[string]any {
	claims := v.claims()
	if err := registry.CheckAccessClaims(claims); err != nil {
		v.fail("%v", err)
	}
	return claims
}

func (v value) rule() (r Rule) {
	given := v.object(
		field{"when", into(&r.When, value.when)},
		field{"claims", into(&r.Claims, value.claims)},
		field{"deny", into(&r.Deny, matching(wantCode, registry.IsErrorCode))},
	)
	switch {
	case v.kind() != "an object":
	case given["claims"] && given["deny"]:
		v.fail("a rule cannot have both claims and deny: remove one of them")
	case !given["claims"] && !given["deny"]:
		v.fail("does nothing, want claims or deny")
	}
	return r
}

func (v value) when() (w When) {
	v.object(
		field{"client", into(&w.Client, matching(wantVisible, registry.IsVisible))},
		field{"user", into(&w.User, some("the sub of a user"))},
		field{"scope", into(&w.Scope, matching(wantScope, isScope))},
	)
	return w
}

func (v value) fault() (f Fault) {
	given := v.object(
		field{"endpoint", into(&f.Endpoint, oneOf(faultEndpoints))},
		field{"status", into(&f.Status, whole(200, 599, "an HTTP status, 200 to 599"))},
		field{"times", into(&f.Times, whole(1, 1<<31-1, "a whole number of 1 or more"))},
	)
	v.needs(given, "endpoint", "status")
	return f
}

func (v value) endpoints() map[catalogue.Endpoint]bool {
	served := map[catalogue.Endpoint]bool{}
	v.members("an object with true or false for each of "+choice(endpoints)[len("one of "):], func(name string, part value) {
		ep := catalogue.Endpoint(name)
		if !slices.Contains(endpoints, ep) {
			part.fail("is not an endpoint, want %s", choice(endpoints))
			return
		}
		served[ep] = part.boolean()
	})
	return served
}

// needs adds an error for each name that is missing from the map given.
func (v value) needs(given map[string]bool, names ...string) {
	if v.kind() != "an object" {
		return // an error for v was already added
	}
	for _, name := range names {
		if !given[name] {
			v.fail("%s is missing", name)
		}
	}
}
