package snippets

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/dpop/replaytest"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func Example_dpop() {
	as, err := testserver.Start(context.Background()) // stands for your authorization server
	if err != nil {
		log.Fatal(err)
	}
	defer as.Close()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Origins:  []string{"https://api.example.com"}, // where clients call the API
		Resource: "https://api.example.com",
		DPoP:     new(dpop.Policy), // the zero value is the default
	})
	if err != nil {
		log.Fatal(err)
	}
	api := httpauth.Require(v)(http.HandlerFunc(whoami))

	key := testserver.GenerateKey("ES256", "") // the client's key, which never leaves the client
	token := as.Token(testserver.BoundTo(key), testserver.Subject("alice"))
	call := func(scheme string, proof []string) {
		r, w := httptest.NewRequest("GET", "/orders", nil), httptest.NewRecorder()
		r.Header.Set("Authorization", scheme+" "+token)
		r.Header["Dpop"] = proof
		api.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	proof := testserver.Proof(key, "GET", "https://api.example.com/orders", token)
	call("DPoP", proof)
	call("DPoP", proof) // an attacker repeats the request
	call("Bearer", nil) // an attacker has only the token
	// Output:
	// 200 alice
	// 401 {"error":"invalid_dpop_proof","error_description":"DPoP proof was used before"}
	// 401 {"error":"invalid_token","error_description":"token is bound to a key: it needs the scheme DPoP and a proof"}
}

// accepting returns a verifier for an API at https://api.example.com. The
// verifier accepts tokens that are bound to a key, and uses the given policy
// for proofs.
func accepting(t *testing.T, as *testserver.Server, policy dpop.Policy) *middleware.Verifier {
	t.Helper()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(),
		Origins: []string{"https://api.example.com"}, Resource: "https://api.example.com", DPoP: &policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStolenTokensAreUseless(t *testing.T) {
	as := testserver.New(t)
	apitest.Check(t, as, newAPI(accepting(t, as, dpop.Policy{})), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"), apitest.RequireDPoP(), apitest.Origin("https://api.example.com"))
}

// switchable is a Replay that can fail.
type switchable struct {
	dpop.Replay
	down bool
}

func (s *switchable) First(ctx context.Context, key [32]byte, until time.Time) (bool, error) {
	if s.down {
		return false, errors.New("no connection")
	}
	return s.Replay.First(ctx, key, until)
}

func TestStoreOfUsedProofs(t *testing.T) {
	replaytest.Run(t, func(t *testing.T) dpop.Replay {
		return &switchable{Replay: dpop.NewMemory(0)}
	})
	if _, err := boundTokens(make([]byte, 32), dpop.NewMemory(0)); err != nil {
		t.Error(err)
	}
}

func TestForwardAuthenticationChecksProofs(t *testing.T) {
	as := testserver.New(t)
	store := &switchable{Replay: dpop.NewMemory(0)}
	handler := forwardAuth(accepting(t, as, dpop.Policy{Replay: store}))
	key := testserver.GenerateKey("ES256", "")
	token := as.Token(testserver.BoundTo(key))
	for _, tt := range []struct {
		name, method, uri, authorization string
		proofs                           []string
		want                             int
	}{
		{"a good proof", "GET", "/orders?page=2", "DPoP " + token, testserver.Proof(key, "GET", "https://api.example.com/orders", token), 200},
		{"another method", "DELETE", "/orders", "DPoP " + token, testserver.Proof(key, "GET", "https://api.example.com/orders", token), 401},
		{"another path", "GET", "/admin", "DPoP " + token, testserver.Proof(key, "GET", "https://api.example.com/orders", token), 401},
		{"no method from the proxy", "", "/orders", "DPoP " + token, testserver.Proof(key, "GET", "https://api.example.com/orders", token), 401},
		{"a stolen token", "GET", "/orders", "Bearer " + token, nil, 401},
		{"an unbound token", "GET", "/orders", "Bearer " + as.Token(), nil, 200},
		{"no token", "GET", "/orders", "", nil, 401},
	} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header = http.Header{"X-Forwarded-Method": {tt.method}, "X-Forwarded-Uri": {tt.uri}, "Authorization": {tt.authorization}, "Dpop": tt.proofs}
		if handler(w, r); w.Code != tt.want {
			t.Errorf("%s: got %d %s, want %d", tt.name, w.Code, w.Body, tt.want)
		}
	}
	store.down = true
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	r.Header = http.Header{
		"X-Forwarded-Method": {"GET"}, "X-Forwarded-Uri": {"/orders"}, "Authorization": {"DPoP " + token},
		"Dpop": testserver.Proof(key, "GET", "https://api.example.com/orders", token),
	}
	if handler(w, r); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("without the store: got %d %v, want 503 with Retry-After", w.Code, w.Header())
	}
}

func TestCallsOfGRPCAreBoundToTheirMethod(t *testing.T) {
	as := testserver.New(t)
	v := accepting(t, as, dpop.Policy{Required: true})
	key := testserver.GenerateKey("ES256", "")
	token := as.Token(testserver.BoundTo(key), testserver.Subject("alice"))
	for method, want := range map[string]error{"/shop.v1.Orders/List": nil, "/shop.v1.Orders/Cancel": middleware.ErrProofRequest} {
		got, err := authenticate(t.Context(), v, map[string][]string{
			"authorization": {"DPoP " + token},
			"dpop":          testserver.Proof(key, "POST", "https://api.example.com/shop.v1.Orders/List", token),
		}, method)
		if !errors.Is(err, want) || (err == nil) != (got != nil && got.Subject == "alice") {
			t.Errorf("%s: got %v, %v, want %v", method, got, err, want)
		}
	}
	if _, err := authenticate(t.Context(), v, nil, "/shop.v1.Orders/List"); !errors.Is(err, middleware.ErrNoToken) {
		t.Errorf("without a token: got %v, want %v", err, middleware.ErrNoToken)
	}
}
