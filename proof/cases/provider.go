package cases

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// shape is a test case with a token of a real authorization server. It also
// contains the keys that the server publishes and the expected status.
type shape struct {
	id, name string

	// config changes the Issuer in the configuration. At first, this Issuer
	// contains only the URL and, if answer is not nil, Introspection. config
	// may be nil. Afterwards, if the key is a secret and config has not set
	// Secrets, the test adds the key to the Issuer.
	config func(*middleware.Issuer)

	// The header and claims fields contain members of the JWT's header and
	// claims, as JSON without the outer braces. The test adds missing members:
	// alg and kid to the header; iss, aud, sub "u1", exp and iat to the claims.
	// A member with the value "-" is removed.
	alg            testserver.Alg // the algorithm of the key; "" means RS256
	header, claims string

	token func(jwt string) string // returns the token to send; nil means jwt

	// answer is the introspection response. The test adds the member active
	// with the value true. If answer is set and the token function is nil, the
	// token is opaque.
	answer map[string]any

	// keys is called with the server's key, and returns the keys that the
	// server publishes. If keys is nil, the server publishes its key unchanged,
	// with alg and use.
	keys    func(key jwk) []jwk
	moved   bool // another server publishes the keys
	secrets bool // Issuer.Secrets contains a secret, in addition to the published keys

	metadata func(doc map[string]any) // changes the metadata of the server

	verifier func(*middleware.Config)            // changes the rest of the verifier's configuration
	send     func(r *http.Request, token string) // sends the token; nil sends it as a bearer token in Authorization

	need scopes.Requirement // the requirement of the route; nil accepts any token
	want int

	// verify checks the token that the handler receives.
	verify func(*middleware.Token) error
}

// jwk is a published key.
type jwk map[string]any

func (k jwk) with(pairs ...any) jwk {
	k = maps.Clone(k)
	for i := 0; i < len(pairs); i += 2 {
		if k[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == (omitted{}) {
			delete(k, pairs[i].(string))
		}
	}
	return k
}

// members returns a JSON object. text contains the members of the object
// without the outer braces. defaults contains names of members, each followed
// by its JSON value. A default member is added if text lacks it.
func members(text string, defaults ...string) string {
	all := make(map[string]json.RawMessage)
	for i := 0; i < len(defaults); i += 2 {
		all[defaults[i]] = json.RawMessage(defaults[i+1])
	}
	if err := json.Unmarshal([]byte("{"+text+"}"), &all); err != nil {
		panic(fmt.Sprintf("%v in %s", err, text))
	}
	maps.DeleteFunc(all, func(_ string, value json.RawMessage) bool { return string(value) == leftOut })
	object, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(object)
}

const leftOut = `"-"`

func (s shape) mint(m forge.Maker) string {
	quoted := func(text string) string { return fmt.Sprintf("%q", text) }
	header := members(s.header, "alg", quoted(string(m.Key.Alg)), "kid", quoted(m.Key.ID))
	claims := members(s.claims, "iss", quoted(m.Issuer), "aud", quoted(m.Audience), "sub", `"u1"`,
		"exp", fmt.Sprint(m.Now.Add(time.Hour).Unix()), "iat", fmt.Sprint(m.Now.Unix()))
	return m.Token(header, claims)
}

func tokensOfRealProviders(t *testing.T, frameworks []Framework) {
	keys := make(map[testserver.Alg]testserver.Key)
	for _, s := range slices.Concat(goodShapes(), badShapes(), configuredShapes(), misconfiguredShapes()) {
		alg := cmp.Or(s.alg, "RS256")
		if _, ok := keys[alg]; !ok {
			keys[alg] = testserver.GenerateKey(alg, "key-1")
		}
		t.Run(s.id+"/"+s.name, func(t *testing.T) { s.run(t, frameworks, keys[alg]) })
	}
}

func (s shape) run(t *testing.T, frameworks []Framework, key testserver.Key) {
	t.Helper()
	keys := testserver.New(t)
	as := keys
	if s.metadata != nil {
		as = testserver.New(t, testserver.Metadata(s.metadata))
		keys = as
	}
	if s.moved {
		as = testserver.New(t, testserver.Metadata(func(doc map[string]any) { doc["jwks_uri"] = keys.Endpoint(testserver.EndpointJWKS) }))
	}
	m := forge.Maker{Key: key, Issuer: as.Issuer(), Audience: audience, Now: time.Now()}
	if m.Key.Secret == nil {
		s.publish(t, keys, m.Key)
	}
	token := s.mint(m)
	if s.token != nil {
		token = s.token(token)
	}
	issuer := middleware.Issuer{URL: as.Issuer()}
	if s.answer != nil {
		introspection, err := introspect.New(introspect.Config{
			Issuer: as.Issuer(), Auth: introspect.Basic(as.DefaultClient().ID, as.DefaultClient().Secret), Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		issuer.Introspection = introspection
		if s.token == nil {
			token = "opaque-1"
		}
		s.answer["active"] = true
		as.SetIntrospection(token, s.answer)
	}
	if s.config != nil {
		s.config(&issuer)
	}
	switch {
	case s.secrets:
		issuer.Secrets = jwks.Secret(m.Key.ID, m.Key.Secret)
	case m.Key.Secret != nil && issuer.Secrets == nil:
		secret(&issuer, m.Key)
	}
	config := middleware.Config{Audience: audience, Issuers: []middleware.Issuer{issuer}, Logger: slog.New(slog.DiscardHandler)}
	if s.verifier != nil {
		s.verifier(&config)
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	var need []scopes.Requirement
	if s.need != nil {
		need = append(need, s.need)
	}
	for _, framework := range frameworks {
		var given *middleware.Token
		server := httptest.NewServer(framework.Routes(API{Verifier: v, Need: need, Log: slog.New(slog.DiscardHandler), reached: func(_ string, token *middleware.Token) { given = token }}))
		t.Cleanup(server.Close)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/needed", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if s.send == nil {
			r.Header.Set("Authorization", "Bearer "+token)
		} else {
			s.send(r, token)
		}
		for range 2 { // the second time, the token may be cached
			given = nil
			response, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != s.want || (given != nil) != (s.want == http.StatusOK) {
				t.Errorf("%s: got %d, want %d: %s", framework.Name, response.StatusCode, s.want, response.Header.Get("WWW-Authenticate"))
			} else if given != nil && s.verify != nil {
				if err := s.verify(given); err != nil {
					t.Errorf("%s: %v", framework.Name, err)
				}
			}
		}
	}
}

// publish makes the server publish the key. If s.keys is set, the server
// publishes the result of s.keys instead.
func (s shape) publish(t *testing.T, as *testserver.Server, key testserver.Key) {
	t.Helper()
	as.Publish(key)
	var set struct{ Keys []jwk }
	if err := json.Unmarshal(as.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(set.Keys, func(k jwk) bool { return k["kid"] == key.ID })
	keys := []jwk{set.Keys[i]}
	if s.keys != nil {
		keys = s.keys(keys[0])
	}
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	as.Inject(testserver.EndpointJWKS, testserver.Body("application/json", text))
}
