package snippets

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// trusting returns a verifier that trusts the server as. Tests use trusting
// instead of newVerifier.
func trusting(t *testing.T, as *testserver.Server) *middleware.Verifier {
	t.Helper()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func whoami(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(httpauth.Token(r).Subject))
}

func TestHandlerWithoutAVerifier(t *testing.T) {
	r := httptest.NewRequest("GET", "/me", nil)
	r = r.WithContext(middleware.WithToken(r.Context(), &middleware.Token{Subject: "alice"}))
	w := httptest.NewRecorder()
	whoami(w, r)
	if w.Body.String() != "alice" {
		t.Errorf("got %s, want alice", w.Body)
	}
}

func TestTheAPIIsProtected(t *testing.T) {
	as := testserver.New(t)
	apitest.Check(t, as, newAPI(trusting(t, as)), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"))
}

func TestTheAPIIsProtectedFromItsProvidersTokens(t *testing.T) {
	as := testserver.New(t, testserver.TLS(), testserver.IssuerURL("https://id.example.com/realms/shop"), testserver.Like("keycloak"))
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{issuers.Keycloak("https://id.example.com", "shop")}, // production configuration
		Client:   as.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	apitest.Check(t, as, newAPI(v), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"))
}

func TestTheProgramIsProtected(t *testing.T) {
	as := testserver.New(t)
	program := httptest.NewServer(newAPI(trusting(t, as)))
	defer program.Close()
	get := func() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }

	apitest.CheckURL(t, as, program.URL, get,
		apitest.RequireScope("orders:read"),
		apitest.Token(testserver.Subject("alice"), testserver.Claim("tenant", "acme")), // claims that the API requires
		apitest.SkipDefect(testserver.BoundAsBearer),                                   // for an API that accepts it
		apitest.AlsoDefect(testserver.Oversized))                                       // the API refuses it on purpose
}

func TestBadTokens(t *testing.T) {
	as := testserver.New(t)
	api := newAPI(trusting(t, as))
	for defect, token := range as.BadTokens(testserver.Scope("orders:read")) {
		r := httptest.NewRequest("GET", "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if want, _ := defect.Expect(); w.Code != want {
			t.Errorf("%s: got %d, want %d", defect, w.Code, want)
		}
	}
	forged := as.Token(testserver.Subject("admin"), testserver.With(testserver.AlgNone))
	if !strings.HasSuffix(forged, ".") {
		t.Error("got a signature, want none")
	}
}

func TestATokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory()) // must start inside the bubble
		api := newAPI(trusting(t, as))
		r := as.Authorize(httptest.NewRequest("GET", "/orders", nil), testserver.Scope("orders:read"))
		get := func() int {
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			return w.Code
		}
		if got := get(); got != 200 {
			t.Errorf("got %d, want 200", got)
		}
		time.Sleep(time.Hour) // in fake time
		if got := get(); got != 401 {
			t.Errorf("got %d after an hour, want 401", got)
		}
	})
}

func TestAnOutageAndARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		v := trusting(t, as)
		outage := as.Inject(testserver.EndpointJWKS, testserver.Status(503))
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token()}); !errors.Is(err, middleware.ErrUnavailable) {
			t.Errorf("got %v without keys, want 503 and a retry", err)
		}
		outage.Remove()
		time.Sleep(time.Minute)
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token()}); err != nil {
			t.Errorf("got %v after the outage, want none", err)
		}

		time.Sleep(time.Minute)
		before := as.Mark()
		as.Rotate() // the new key signs at once
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token()}); err != nil {
			t.Errorf("got %v for the new key, want none", err)
		}
		if got := before.Count(testserver.EndpointJWKS); got != 1 {
			t.Errorf("got %d fetches for the new key, want 1", got)
		}
	})
}

func TestGoldenToken(t *testing.T) {
	mint := func() string {
		as := testserver.New(t, testserver.InMemory(), testserver.Seed("golden"),
			testserver.Clock(func() time.Time { return time.Unix(1_700_000_000, 0) }))
		return as.Token(testserver.Subject("alice"))
	}
	if first, again := mint(), mint(); first != again {
		t.Error("got two tokens, want one")
	}
}
