package registry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// keys returns a JWKS with one key, which is private if private is true, and
// public otherwise.
func keys(t *testing.T, private bool) []byte {
	t.Helper()
	key, err := token.NewKey(catalogue.ES256, "", token.RandomSource())
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := key.JWK(private)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"keys":[%s]}`, jwk)
}

func registered(t *testing.T, c registry.Client) *registry.Registered {
	t.Helper()
	r, err := registry.NewRegistered(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestInvalidClientsAreRefused(t *testing.T) {
	jwks := keys(t, false)
	type client = registry.Client
	type grants = []catalogue.Grant
	for name, tt := range map[string]struct {
		client client
		want   []string // parts of the error; nil means no error
	}{
		"a confidential client with a secret":    {client{ID: "a: b", Secret: "s e c"}, nil},
		"keys instead of a secret":               {client{ID: "a", JWKS: jwks, AuthMethod: catalogue.PrivateKeyJWT, Grants: grants{catalogue.JWTBearer}}, nil},
		"a public client":                        {client{ID: "a", Public: true, AuthMethod: catalogue.NoAuth, Grants: grants{catalogue.AuthorizationCode}}, nil},
		"no ID":                                  {client{Secret: "s"}, []string{"no ID"}},
		"an ID that is not ASCII":                {client{ID: "é", Secret: "s"}, []string{"printable ASCII"}},
		"a secret with a line end":               {client{ID: "a", Secret: "hush\n"}, []string{"printable ASCII"}},
		"a public client with a secret":          {client{ID: "a", Public: true, Secret: "hush"}, []string{"cannot keep a secret"}},
		"a public client with keys":              {client{ID: "a", Public: true, JWKS: jwks}, []string{"does not authenticate"}},
		"a public client with a method":          {client{ID: "a", Public: true, AuthMethod: catalogue.ClientSecretBasic}, []string{"does not authenticate"}},
		"a confidential client without secret":   {client{ID: "a"}, []string{"set Secret, JWKS or AuthMethod"}},
		"an unknown method":                      {client{ID: "a", Secret: "s", AuthMethod: "client_secret_jwt"}, []string{`unknown AuthMethod "client_secret_jwt"`}},
		"a method that requires a secret":        {client{ID: "a", JWKS: jwks, AuthMethod: catalogue.ClientSecretPost}, []string{"set Secret"}},
		"a method that requires keys":            {client{ID: "a", Secret: "s", AuthMethod: catalogue.PrivateKeyJWT}, []string{"set JWKS"}},
		"a confidential client with method none": {client{ID: "a", Secret: "s", AuthMethod: catalogue.NoAuth}, []string{"set Public"}},
		"keys that are not JSON":                 {client{ID: "a", JWKS: []byte("x")}, []string{"not a JSON Web Key Set"}},
		"an empty key set":                       {client{ID: "a", JWKS: []byte(`{"keys":[]}`)}, []string{"not a JSON Web Key Set"}},
		"a key set with a private key":           {client{ID: "a", JWKS: keys(t, true)}, []string{"not public"}},
		"an unknown grant":                       {client{ID: "a", Secret: "s", Grants: grants{"password"}}, []string{`unknown grant "password"`}},
		"client credentials of a public client":  {client{ID: "a", Public: true, Grants: grants{catalogue.ClientCredentials}}, []string{"confidential"}},
		"token exchange of a public client":      {client{ID: "a", Public: true, Grants: grants{catalogue.TokenExchange}}, []string{"confidential"}},
		"assertions of a client without keys":    {client{ID: "a", Secret: "s", Grants: grants{catalogue.JWTBearer}}, []string{"set JWKS"}},
		"two scopes in one string":               {client{ID: "a", Secret: "s", Scopes: []string{"a b"}}, []string{`"a", "b"`}},
		"a negative lifetime":                    {client{ID: "a", Secret: "s", CodeTTL: -1}, []string{"negative"}},
		"several faults":                         {client{ID: "a", Secret: "s", Grants: grants{"x"}, Scopes: []string{""}, RedirectURIs: []string{"/"}}, []string{"unknown grant", "not an absolute URI", "is not a scope"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := registry.NewRegistered(tt.client)
			if got := err == nil; got != (tt.want == nil) {
				t.Fatalf("got %v, %v, want %q", r, err, tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("got %q, want no secret in it", err)
			}
			if err == nil && r.Secret != "" {
				t.Errorf("got the secret %q stored, want only its digest", r.Secret)
			}
		})
	}
}

func TestScopeTokens(t *testing.T) {
	for scope, want := range map[string]bool{"a": true, "a:b/c.d!": true, "": false, "a b": false, " a": false, `"`: false, `\`: false, "é": false, "\x7f": false} {
		if err := registry.CheckScope(scope); (err == nil) != want {
			t.Errorf("%q: got %v, want it accepted: %v", scope, err, want)
		}
	}
}

func TestRedirectURIsThatCanBeRegistered(t *testing.T) {
	for uri, want := range map[string]string{
		"https://app.example/cb?x=y":  "",
		"http://127.0.0.1:8080/cb":    "",
		"com.example.app:/cb":         "", // a private-use URI scheme (RFC 8252 §7.1)
		"":                            "not an absolute URI",
		"/cb":                         "not an absolute URI",
		"//app.example/cb":            "not an absolute URI",
		"https://app.example/a b":     "not an absolute URI",
		"https://app.example/é":       "not an absolute URI",
		"https://app.example/%zz":     "not an absolute URI",
		"javascript:alert(1)":         "instead of navigating",
		"JavaScript:alert(1)":         "instead of navigating",
		"data:text/html,x":            "instead of navigating",
		"file:///etc/passwd":          "instead of navigating",
		"https://app.example/cb#x":    "fragment",
		"https://app.example/cb#":     "fragment",
		"https://user@app.example/cb": "user",
		"https:///cb":                 "no host",
		"http:cb":                     "no host",
	} {
		err := registry.CheckRedirect(uri)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", uri, err, want)
		}
	}
}

func TestRedirectsComparesURIs(t *testing.T) {
	c := registered(t, registry.Client{ID: "a", Public: true, RedirectURIs: []string{"https://app.example/cb", "http://127.0.0.1/cb?x=1", "http://[::1]:1/", "app:/cb"}})
	for uri, want := range map[string]bool{
		"https://app.example/cb":           true,
		"app:/cb":                          true,
		"http://127.0.0.1/cb?x=1":          true,
		"http://127.0.0.1:1/cb?x=1":        true,
		"http://127.0.0.1:65535/cb?x=1":    true,
		"http://[::1]:49152/":              true,
		"http://[::1]/":                    true,
		"https://app.example:443/cb":       false, // only the port of a loopback URI may vary
		"https://app.example/cb/":          false,
		"https://APP.example/cb":           false,
		"http://127.0.0.1:65536/cb?x=1":    false,
		"http://127.0.0.1:/cb?x=1":         false,
		"http://127.0.0.1:-1/cb?x=1":       false,
		"http://127.0.0.1:80.evil/cb?x=1":  false,
		"http://127.0.0.1:80@evil/cb?x=1":  false,
		"http://127.0.0.1.evil.example/cb": false,
		"http://localhost/cb?x=1":          false,
		"https://127.0.0.1/cb?x=1":         false,
		"http://127.1/cb?x=1":              false,
		"http://127.0.0.1:1/cb?x=2":        false,
		"http://127.0.0.1:1/other?x=1":     false,
		"":                                 false,
	} {
		if got := c.Redirects(uri); got != want {
			t.Errorf("%q: got %v, want %v", uri, got, want)
		}
	}
}

func TestCutLoopbackRemovesThePort(t *testing.T) {
	for uri, want := range map[string][2]string{
		"http://127.0.0.1":                 {"http://127.0.0.1", ""},
		"http://127.0.0.1:80":              {"http://127.0.0.1", ""},
		"https://[::1]:0?x":                {"https://[::1]", "?x"},
		"http://localhost:8080/a:1":        {"http://localhost", "/a:1"},
		"http://localhost.example/":        {},
		"http://localhost:80.example/":     {},
		"http://localhost#x":               {},
		"http://LOCALHOST/":                {},
		"http://[::1":                      {},
		"http://127.0.0.1:0080/":           {"http://127.0.0.1", "/"},
		"http://127.0.0.1:99999999999999/": {},
	} {
		origin, rest, ok := registry.CutLoopback(uri)
		if got := [2]string{origin, rest}; got != want || ok != (want[0] != "") {
			t.Errorf("%s: got %q, %v, want %q", uri, got, ok, want)
		}
	}
}

func TestGrantsAndMethodsOfAClient(t *testing.T) {
	confidential, public := registered(t, registry.Client{ID: "a", Secret: "s"}), registered(t, registry.Client{ID: "b", Public: true})
	narrow := registered(t, registry.Client{ID: "c", Secret: "s", Grants: []catalogue.Grant{catalogue.TokenExchange}, AuthMethod: catalogue.ClientSecretPost})
	for _, g := range catalogue.Grants {
		want := [3]bool{!registry.OnRequest(g), !registry.OnRequest(g) && g != catalogue.ClientCredentials, g == catalogue.TokenExchange}
		if got := [3]bool{confidential.May(g), public.May(g), narrow.May(g)}; got != want {
			t.Errorf("%s: got %v, want %v", g, got, want)
		}
	}
	for _, method := range catalogue.AuthMethods {
		want := [2]bool{method == catalogue.ClientSecretPost, !method.ByCertificate()}
		if got := [2]bool{narrow.By(method), confidential.By(method)}; got != want {
			t.Errorf("%s: got %v, want %v", method, got, want)
		}
	}
}

func TestPrintedUsersAndClientsShowNoSecret(t *testing.T) {
	const secret = "hush-hush-hush"
	client := registry.Client{ID: "web", Secret: secret}
	user := registry.User{Sub: "alice", Password: secret}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range []any{client, &client, []registry.Client{client}, user, &user, []registry.User{user}, registered(t, client)} {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
		log.Info("printed", "value", v)
	}
	text, err := json.Marshal(struct {
		Client registry.Client
		User   registry.User
	}{client, user})
	if err != nil {
		t.Fatal(err)
	}
	printed := out.String() + string(text)
	if strings.Contains(printed, secret) {
		t.Errorf("got %s, want no secret in it", printed)
	}
	for _, want := range []string{`client "web"`, `user "alice"`} {
		if !strings.Contains(printed, want) {
			t.Errorf("got %s, want %s in it", printed, want)
		}
	}
}
