package testserver_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	accessType = "urn:ietf:params:oauth:token-type:access_token"
	jwtType    = "urn:ietf:params:oauth:token-type:jwt"
)

var (
	gateway   = testserver.Client{ID: "gateway", Secret: "gateway-secret", Grants: []testserver.Grant{testserver.TokenExchange}}
	asGateway = basic("gateway:gateway-secret")
)

// exchangeRequest returns a token exchange request without an actor token. The
// pairs are alternating names and values of further parameters, such as those
// of an actor token.
func exchangeRequest(token string, pairs ...string) url.Values {
	return values(url.Values{
		"grant_type": {string(testserver.TokenExchange)}, "subject_token": {token}, "subject_token_type": {accessType},
	}, pairs...)
}

// newExchangeServer returns a server at which the client gateway can exchange
// tokens.
func newExchangeServer(t *testing.T, opts ...testserver.Option) *testserver.Server {
	t.Helper()
	return testserver.New(t, append(opts, testserver.Clock(atNoon), testserver.Clients(gateway), detailTypes)...)
}

// actorChain returns the sub of each actor in claims, the current actor first.
func actorChain(claims map[string]any) (actors []string) {
	for act, ok := claims["act"].(map[string]any); ok; act, ok = act["act"].(map[string]any) {
		actors = append(actors, fmt.Sprint(act["sub"]))
	}
	return actors
}

func TestTokenExchange(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"a JWT": nil, "a handle": {testserver.OpaqueTokens()}} {
		t.Run(name, func(t *testing.T) {
			s := newExchangeServer(t, opts...)
			subject := s.Token(testserver.Subject("alice"), testserver.Scope("a", "b", "openid"), testserver.Claim("auth_time", 1000), testserver.Claim("acr", "gold"))
			r := wantTokens(t, exchange(t, s, exchangeRequest(subject, "requested_token_type", jwtType), asGateway))
			if r.text("issued_token_type") != jwtType || r.text("scope") != "a b openid" || r.body["refresh_token"] != nil || r.body["id_token"] != nil {
				t.Errorf("got %v, want a JWT and nothing else", r.body)
			}
			header, claims := verified(t, s, r.text("access_token"))
			if header.ExtraHeaders["typ"] != "at+jwt" || claims["sub"] != "alice" || claims["client_id"] != "gateway" || claims["aud"] != "api" ||
				claims["act"] != nil || claims["auth_time"] != 1000.0 || claims["acr"] != "gold" {
				t.Errorf("got %v, want an access token of alice's login for gateway", claims)
			}
			if r.body["expires_in"] != 300.0 { // the remaining time of the subject token, not the default of 900 seconds
				t.Errorf("got %v seconds, want 300", r.body["expires_in"])
			}
			plain := wantTokens(t, exchange(t, s, exchangeRequest(subject), asGateway))
			if got := strings.Count(plain.text("access_token"), ".") == 2; plain.text("issued_token_type") != accessType || got != (name == "a JWT") {
				t.Errorf("got %v, want an access token in the server's default format", plain.body)
			}
			if !isActive(s, subject) || !isActive(s, r.text("access_token")) || !isActive(s, plain.text("access_token")) {
				t.Error("want all of them active")
			}
			if last, _ := lastRequest(s, testserver.EndpointToken); len(last.Form.Get("subject_token")) != 16 || last.Form.Get("subject_token_type") != accessType {
				t.Errorf("got %v recorded, want the fingerprint and the type of the token", last.Form)
			}
			last := s.Events()[0]
			if last.Kind != "issued" || last.Reason != string(testserver.TokenExchange) || last.Sub != "alice" || last.ClientID != "gateway" {
				t.Errorf("got %+v, want the event", last)
			}
		})
	}
}

func TestActors(t *testing.T) {
	s := newExchangeServer(t)
	token := func(sub string, opts ...testserver.TokenOption) string {
		return s.Token(append([]testserver.TokenOption{testserver.Subject(sub)}, opts...)...)
	}
	mayAct := func(v any) testserver.TokenOption { return testserver.Claim("may_act", v) }
	type claim = map[string]any
	for name, tt := range map[string]struct {
		subject, actor string
		want           []string // the actors, the current one first; nil means an error
	}{
		"T26/no actor":                                   {token("alice"), "", []string{}},
		"T26/an actor":                                   {token("alice"), token("bob"), []string{"bob"}},
		"T26/an actor after another":                     {token("alice", testserver.Claim("act", claim{"sub": "carol"})), token("bob"), []string{"bob", "carol"}},
		"T26/no actor after another":                     {token("alice", testserver.Claim("act", claim{"sub": "carol"})), "", []string{"carol"}},
		"T26/an actor in may_act":                        {token("alice", mayAct(claim{"sub": "bob"})), token("bob"), []string{"bob"}},
		"T26/an actor in may_act with iss and client_id": {token("alice", mayAct(claim{"sub": "bob", "iss": s.Issuer(), "client_id": "test-client"})), token("bob"), []string{"bob"}},
		"T26/the client in may_act":                      {token("alice", mayAct(claim{"sub": "gateway"})), "", []string{}},
		"T26/an actor not in may_act":                    {token("alice", mayAct(claim{"sub": "carol"})), token("bob"), nil},
		"T26/the client not in may_act":                  {token("alice", mayAct(claim{"sub": "bob"})), "", nil},
		"T26/an actor with the client in may_act":        {token("alice", mayAct(claim{"sub": "gateway"})), token("bob"), nil},
		"T26/may_act of another issuer":                  {token("alice", mayAct(claim{"sub": "bob", "iss": "https://other.example"})), token("bob"), nil},
		"T26/may_act of another client":                  {token("alice", mayAct(claim{"sub": "bob", "client_id": "web"})), token("bob"), nil},
		"T26/may_act with an unknown member":             {token("alice", mayAct(claim{"sub": "bob", "level": "gold"})), token("bob"), nil},
		"T26/may_act without sub":                        {token("alice", mayAct(claim{"iss": s.Issuer()})), token("bob"), nil},
		"T26/an invalid permission":                      {token("alice", mayAct("bob")), token("bob"), nil},
		"T26/an actor token with an actor":               {token("alice"), token("bob", testserver.Claim("act", claim{"sub": "carol"})), nil},
		"T26/an expired actor token":                     {token("alice"), token("bob", testserver.ExpiresIn(-time.Minute)), nil},
		"T26/an actor token of another issuer":           {token("alice"), token("bob", testserver.With(testserver.WrongIssuer)), nil},
		"T26/an ID token":                                {token("alice"), s.IDToken(testserver.Subject("bob")), nil},
		"T26/an invalid chain":                           {token("alice", testserver.Claim("act", "bob")), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			form := exchangeRequest(tt.subject)
			if tt.actor != "" {
				form = values(form, "actor_token", tt.actor, "actor_token_type", jwtType)
			}
			got := exchange(t, s, form, asGateway)
			if tt.want == nil {
				wantError(t, got, 400, "invalid_request")
				return
			}
			_, claims := verified(t, s, wantTokens(t, got).text("access_token"))
			if actors := actorChain(claims); claims["sub"] != "alice" || !slices.Equal(actors, tt.want) {
				t.Errorf("got %v for %v, want %v for alice", actors, claims["sub"], tt.want)
			}
		})
	}
	t.Run("T26/may_act is kept", func(t *testing.T) {
		first := wantTokens(t, exchange(t, s, exchangeRequest(token("alice", mayAct(claim{"sub": "gateway"}))), asGateway)).text("access_token")
		wantError(t, exchange(t, s, exchangeRequest(first, "actor_token", token("bob"), "actor_token_type", accessType), asGateway), 400, "invalid_request")
	})
	t.Run("T26/a token of an actor that is about to expire", func(t *testing.T) {
		form := exchangeRequest(token("alice"), "actor_token", token("bob", testserver.ExpiresIn(time.Minute)), "actor_token_type", accessType)
		if r := wantTokens(t, exchange(t, s, form, asGateway)); r.body["expires_in"] != 60.0 {
			t.Errorf("got %v seconds, want 60", r.body["expires_in"])
		}
	})
}

func TestInvalidSubjectTokensAreRefused(t *testing.T) {
	s := newExchangeServer(t)
	other := testserver.New(t, testserver.Clock(atNoon))
	login := tokens(t, s, "scope", "openid")
	revoked := s.Token()
	s.Revoke(revoked)
	for name, tt := range map[string]struct {
		token string
		pairs []string
	}{
		"T26/no token":                      {"x", []string{"subject_token", "-"}},
		"T26/one without its type":          {s.Token(), []string{"subject_token_type", "-"}},
		"T26/of an unknown type":            {s.Token(), []string{"subject_token_type", "urn:ietf:params:oauth:token-type:saml2"}},
		"T26/an ID token as an ID token":    {login.text("id_token"), []string{"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"}},
		"T26/an ID token as a JWT":          {login.text("id_token"), []string{"subject_token_type", jwtType}},
		"T26/a refresh token":               {login.text("refresh_token"), nil},
		"T26/a handle as a JWT":             {s.Token(testserver.OpaqueTokens()), []string{"subject_token_type", jwtType}},
		"T26/an unknown handle":             {"x", nil},
		"T26/of another server":             {other.Token(), nil},
		"T26/of another issuer":             {s.Token(testserver.With(testserver.WrongIssuer)), nil},
		"T26/expired":                       {s.Token(testserver.ExpiresIn(-time.Second)), nil},
		"T26/not yet valid":                 {s.Token(testserver.NotBeforeIn(time.Minute)), nil},
		"T26/unsigned":                      {s.Token(testserver.With(testserver.AlgNone)), nil},
		"T26/signed by another":             {s.Token(testserver.With(testserver.BadSignature)), nil},
		"T26/revoked":                       {revoked, nil},
		"T26/bound to a key":                {s.Token(testserver.Claim("cnf", map[string]any{"jkt": "x"})), nil},
		"T26/without sub":                   {s.Token(testserver.Without("sub")), nil},
		"T26/an actor's type without token": {s.Token(), []string{"actor_token_type", accessType}},
		"T26/an actor without type":         {s.Token(), []string{"actor_token", s.Token()}},
		"T26/for an unsupported type":       {s.Token(), []string{"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, exchange(t, s, exchangeRequest(tt.token, tt.pairs...), asGateway), 400, "invalid_request")
		})
	}
}

func TestTokenExchangeClients(t *testing.T) {
	s := newExchangeServer(t)
	wantError(t, exchange(t, s, exchangeRequest(s.Token()), testClient), 400, "unauthorized_client")
	wantError(t, exchange(t, s, exchangeRequest(s.Token(), "client_id", "test-public")), 400, "unauthorized_client")
	wantError(t, exchange(t, s, exchangeRequest(s.Token(), "client_id", "gateway")), 401, "invalid_client")
	public := testserver.Client{ID: "c", Public: true, Grants: []testserver.Grant{testserver.TokenExchange}}
	if _, err := testserver.NewUnstarted(testserver.Clients(public)); err == nil || !strings.Contains(err.Error(), "confidential") {
		t.Errorf("got %v, want a public client refused", err)
	}
}

func TestTokenExchangeNarrows(t *testing.T) {
	s := newExchangeServer(t, testserver.Scopes("a", "b", "c"))
	s.AddClient(testserver.Client{ID: "narrow", Secret: "s", Scopes: []string{"a"}, Grants: gateway.Grants}, testserver.Audience("backend"))
	narrow := basic("narrow:s")
	subject := s.Token(testserver.Scope("a", "b"), testserver.Audience("https://one.example", "two"), testserver.Claim("authorization_details", json.RawMessage("["+payment+","+account+"]")))
	for name, tt := range map[string]struct {
		auth  string
		form  url.Values
		scope string // the new token's scope
		aud   string
		code  string
	}{
		"T26/without changes":                  {asGateway, nil, "a b", "[https://one.example two]", ""},
		"T26/less scope":                       {asGateway, url.Values{"scope": {"b"}}, "b", "[https://one.example two]", ""},
		"T26/one audience":                     {asGateway, url.Values{"audience": {"two"}}, "a b", "two", ""},
		"T26/one resource":                     {asGateway, url.Values{"resource": {"https://one.example"}}, "a b", "https://one.example", ""},
		"T26/both":                             {asGateway, url.Values{"resource": {"https://one.example"}, "audience": {"two", "two"}}, "a b", "[https://one.example two]", ""},
		"T26/the client's scopes":              {narrow, nil, "a", "[https://one.example two]", ""},
		"T26/the client's audience":            {narrow, url.Values{"audience": {"backend"}}, "a", "backend", ""},
		"T26/more scope":                       {asGateway, url.Values{"scope": {"a c"}}, "", "", "invalid_scope"},
		"T26/a scope that is not the client's": {narrow, url.Values{"scope": {"b"}}, "", "", "invalid_scope"},
		"T26/a malformed scope":                {asGateway, url.Values{"scope": {`"`}}, "", "", "invalid_scope"},
		"T26/another audience":                 {asGateway, url.Values{"audience": {"backend"}}, "", "", "invalid_target"},
		"T26/a granted and another audience":   {asGateway, url.Values{"audience": {"two", "three"}}, "", "", "invalid_target"},
		"T26/another resource":                 {asGateway, url.Values{"resource": {"https://three.example"}}, "", "", "invalid_target"},
		"T26/more details":                     {asGateway, url.Values{"authorization_details": {`[{"type":"payment"}]`}}, "", "", "invalid_authorization_details"},
		"T26/two subject tokens":               {asGateway, url.Values{"subject_token": {subject, subject}}, "", "", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			form := exchangeRequest(subject)
			for key, v := range tt.form {
				form[key] = v
			}
			got := exchange(t, s, form, tt.auth)
			if tt.code != "" {
				wantError(t, got, 400, tt.code)
				return
			}
			_, claims := verified(t, s, wantTokens(t, got).text("access_token"))
			if claims["scope"] != tt.scope || got.text("scope") != tt.scope || fmt.Sprint(claims["aud"]) != tt.aud {
				t.Errorf("got %v, want the scope %q for %s", claims, tt.scope, tt.aud)
			}
			wantDetails(t, detailsIn(t, payload(t, got.text("access_token"))), payment, account)
		})
	}
	t.Run("T26/fewer details", func(t *testing.T) {
		r := wantTokens(t, exchange(t, s, exchangeRequest(subject, "authorization_details", "["+account+"]"), asGateway))
		wantDetails(t, detailsIn(t, payload(t, r.text("access_token"))), account)
	})
	t.Run("T26/a token without aud", func(t *testing.T) {
		wantError(t, exchange(t, s, exchangeRequest(s.Token(testserver.Without("aud"))), asGateway), 400, "invalid_target")
	})
	t.Run("T26/longer, by a rule", func(t *testing.T) {
		s := testserver.New(t, testserver.Clock(atNoon), fromFile(`{"clients": [{"id": "gateway", "secret": "gateway-secret", "grants": ["`+string(testserver.TokenExchange)+`"]}],
			"rules": [{"claims": {"exp": 99999999999, "act": {"sub": "root"}}}]}`))
		r := wantTokens(t, exchange(t, s, exchangeRequest(s.Token()), asGateway))
		if _, claims := verified(t, s, r.text("access_token")); r.body["expires_in"] != 300.0 || claims["act"] != nil {
			t.Errorf("got %v, want 300 seconds and no actor", claims)
		}
	})
}

// Revoking a token also revokes all tokens that were issued in exchange for it,
// directly or through further exchanges.
func TestRevocationCoversExchangedTokens(t *testing.T) {
	type step = func(s *testserver.Server, login reply, subject, actor string)
	for name, end := range map[string]step{
		"T26/the subject token": func(s *testserver.Server, _ reply, subject, _ string) { s.Revoke(subject) },
		"T26/the actor token":   func(s *testserver.Server, _ reply, _, actor string) { s.Revoke(actor) },
		"T26/the grant":         func(s *testserver.Server, login reply, _, _ string) { s.Revoke(login.text("refresh_token")) },
		"T26/the subject":       func(s *testserver.Server, _ reply, _, _ string) { s.RevokeSubject("test-user") },
	} {
		t.Run(name, func(t *testing.T) {
			path := statePath(t)
			opts := []testserver.Option{testserver.Clients(gateway), testserver.Clock(atNoon)}
			s := startPersisted(t, path, opts...)
			login := tokens(t, s, "scope", "a")
			subject, actor := login.text("access_token"), s.Token(testserver.Subject("bob"))
			first := wantTokens(t, exchange(t, s, exchangeRequest(subject, "actor_token", actor, "actor_token_type", accessType), asGateway)).text("access_token")
			second := wantTokens(t, exchange(t, s, exchangeRequest(first), asGateway)).text("access_token")
			closeServer(t, s)
			s = startPersisted(t, path, opts...)
			if !isActive(s, first) || !isActive(s, second) {
				t.Fatal("got inactive tokens after a restart, want both tokens active")
			}
			end(s, login, subject, actor)
			if isActive(s, first) || isActive(s, second) {
				t.Errorf("got %v and %v, want both inactive", isActive(s, first), isActive(s, second))
			}
			wantError(t, exchange(t, s, exchangeRequest(second), asGateway), 400, "invalid_request")
		})
	}
	t.Run("T26/revoking the new token keeps the subject token", func(t *testing.T) {
		s := newExchangeServer(t)
		subject := s.Token()
		token := wantTokens(t, exchange(t, s, exchangeRequest(subject), asGateway)).text("access_token")
		formTo(t, s, testserver.EndpointRevoke, url.Values{"token": {token}}.Encode(), asGateway)
		if isActive(s, token) || !isActive(s, subject) {
			t.Errorf("got %v and %v, want only the new token inactive", isActive(s, token), isActive(s, subject))
		}
	})
	t.Run("T26/too many steps", func(t *testing.T) {
		s := newExchangeServer(t)
		token := s.Token()
		for range 16 {
			token = wantTokens(t, exchange(t, s, exchangeRequest(token), asGateway)).text("access_token")
		}
		wantError(t, exchange(t, s, exchangeRequest(token), asGateway), 400, "invalid_request")
	})
}
