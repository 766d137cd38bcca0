package testserver_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestOpaqueTokensOption(t *testing.T) {
	s, all := testserver.New(t), testserver.New(t, testserver.OpaqueTokens(), testserver.SigningAlg("EdDSA"))
	for name, token := range map[string]string{
		"of one":    s.Token(testserver.OpaqueTokens()),
		"of all":    all.Token(),
		"in a pair": all.Token(testserver.SigningAlg("RS256"), testserver.Scope("x")),
	} {
		if !handleText.MatchString(token) {
			t.Errorf("%s: got %s, want a handle", name, token)
		}
	}
	if strings.Count(s.Token(), ".") != 2 {
		t.Error("got no JWT from a server that made an opaque token")
	}
	if before := len(keySet(t, all.JWKS()).Keys); before != 3 {
		t.Errorf("got %d keys, want the initial number of keys: opaque tokens are not signed", before)
	}

	r := s.Authorize(httptest.NewRequest("GET", "/", nil), testserver.OpaqueTokens(), testserver.Scope("x"), testserver.Subject("alice"))
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), "Bearer ")
	_, body := introspectionResponse(t, s, token)
	wantAll(t, body, `"scope":"x"`, `"sub":"alice"`)
}

func TestOpaqueTokensRefuseJWTOptions(t *testing.T) {
	key := testserver.GenerateKey("ES256", "")
	for want, opt := range map[string]testserver.TokenOption{
		"SignedWith": testserver.SignedWith(key), "Typ": testserver.Typ("JWT"), "JOSEHeader": testserver.JOSEHeader("x", 1),
	} {
		for name, f := range map[string]func(tb *recorder){
			"before":      func(tb *recorder) { testserver.New(tb).Token(opt, testserver.OpaqueTokens()) },
			"after":       func(tb *recorder) { testserver.New(tb).Token(testserver.OpaqueTokens(), opt) },
			"of a server": func(tb *recorder) { testserver.New(tb, testserver.OpaqueTokens()).Token(opt) },
		} {
			t.Run(want+" "+name, func(t *testing.T) { wantAll(t, fatalText(t, f), "Token: "+want, "OpaqueTokens", "remove one") })
		}
		s := testserver.New(t, testserver.OpaqueTokens())
		for _, d := range []testserver.Defect{testserver.AlgNone, testserver.Revoked, testserver.UnknownOpaque} {
			s.Token(opt, testserver.With(d)) // no error: these defects determine the format of the token
		}
	}
	wantAll(t, fatalText(t, func(tb *recorder) { opaque(testserver.New(tb), testserver.Claim("f", func() {})) }), `claim "f"`)
}

// If an introspection response can contain the defect, a token with the defect
// stays opaque.
func TestDefectsOfOpaqueTokens(t *testing.T) {
	s := testserver.New(t, testserver.OpaqueTokens(), testserver.Scope("a"), testserver.Clock(atNoon))
	want := map[testserver.Defect]string{
		testserver.Expired: `{"active":false}`, testserver.NotYetValid: `{"active":false}`, testserver.IssuedInFuture: `{"active":false}`,
		testserver.WrongAudience: `"aud":"api-other"`, testserver.AudNotString: `"aud":["api",7]`, testserver.BoundAsBearer: `"cnf":{"jkt":`,
		testserver.MissingAudience: `"sub":"test-user","exp":`, testserver.MissingScope: `"client_id":"test-client","token_type"`, testserver.MissingSub: `,"aud":"api"`,
		testserver.WeakACR: `"acr":"0"`, testserver.StaleAuth: fmt.Sprintf(`"auth_time":%d`, atNoon().Add(-time.Hour).Unix()),
		testserver.InactiveOpaque: `{"active":false}`, testserver.UnknownOpaque: `{"active":false}`,
	}
	tokens := collect(s.BadTokens())
	for _, d := range optionalDefects[:len(optionalDefects)-1] {
		tokens[d] = s.Token(testserver.With(d))
	}
	for d, token := range tokens {
		part, isOpaque := want[d]
		if isOpaque != handleText.MatchString(token) {
			t.Errorf("%s: got %s, want a handle: %v", d, token, isOpaque)
		}
		if !isOpaque {
			continue
		}
		if _, body := introspectionResponse(t, s, token); !strings.Contains(body, part) || d == testserver.MissingSub && strings.Contains(body, `"sub"`) {
			t.Errorf("%s: got %s, want %s in it", d, body, part)
		}
	}
}

func TestClients(t *testing.T) {
	s := testserver.New(t)
	if got := s.DefaultClient(); got.ID != "test-client" || got.Secret != "test-secret" || got.Public || len(got.RedirectURIs) != 3 {
		t.Errorf("got %#v, want the documented client", got)
	}
	own := testserver.Client{ID: "test-client", Secret: "of my own"}
	s = testserver.New(t, testserver.Clients(encodedClient, own), testserver.Clients(testserver.Client{ID: "web", Public: true}))
	if got := s.DefaultClient(); got.ID != own.ID || got.Secret != own.Secret || !active(t, s, opaque(s)) {
		t.Errorf("got %#v, want the client that replaced it", got)
	}
	if rec := postForm(s, byPost+"&token=x"); rec.Code != 401 {
		t.Errorf("got %d for the old secret, want 401", rec.Code)
	}
	for _, tt := range []struct {
		client testserver.Client
		want   string
	}{
		{testserver.Client{}, "no ID"},
		{testserver.Client{ID: "a"}, `client "a": a confidential client must authenticate`},
		{testserver.Client{ID: "a", Secret: "canary", Public: true}, `client "a": a public client cannot keep a secret`},
		{testserver.Client{ID: "a\n", Secret: "canary"}, "printable ASCII"},
		{testserver.Client{ID: "a", Secret: "canary\x7f"}, "printable ASCII"},
		{testserver.Client{ID: "web", Public: true}, `two clients have the ID "web"`},
	} {
		web := testserver.Client{ID: "web", Secret: "x"}
		text := fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Clients(web, tt.client)) })
		wantAll(t, text, "testserver.New: Clients: ", tt.want)
		if strings.Contains(text, "canary") {
			t.Errorf("got %s, want no secret in it", text)
		}
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "client", encodedClient)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", encodedClient, encodedClient, encodedClient, encodedClient), log.String()} {
		wantAll(t, text, "encoded:client")
		if strings.Contains(text, "s%20e") {
			t.Errorf("got %s, want no secret in it", text)
		}
	}
}

// The introspection response for an opaque token has the same claims as an RFC
// 9068 JWT.
func TestOpaqueTokensHaveTheClaimsOfJWTs(t *testing.T) {
	a, b := sameSeedServers(t)
	var members, signed map[string]any
	_, body := introspectionResponse(t, a, opaque(a, testserver.Scope("x")))
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	_, signed = verified(t, b, b.Token(testserver.Scope("x")))
	delete(members, "active")
	delete(members, "token_type")
	if fmt.Sprint(members) != fmt.Sprint(signed) {
		t.Errorf("got %v, want %v", members, signed)
	}
}
