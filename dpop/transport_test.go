package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// received contains the parts of a received request that tests compare.
type received struct{ method, target, authorization, proof, body string }

// recorder is a server that records requests.
type recorder struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []received
}

// record starts a server that records each request before it calls the handler.
func record(t *testing.T, handler http.HandlerFunc) *recorder {
	t.Helper()
	r := new(recorder)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mutex.Lock()
		r.requests = append(r.requests, received{q.Method, q.URL.RequestURI(), q.Header.Get("Authorization"), q.Header.Get("DPoP"), string(body)})
		r.mutex.Unlock()
		handler(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

// seen returns the requests since the last call.
func (r *recorder) seen() []received {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	requests := r.requests
	r.requests = nil
	return requests
}

// protected starts an API that requires bound tokens. It returns the API and
// its authorization server.
func protected(t *testing.T, policy dpop.Policy) (*recorder, *testserver.Server) {
	t.Helper()
	as := testserver.New(t, testserver.Audience("https://api.example.com"))
	var handler http.Handler
	api := record(t, func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) })
	policy.Required = true
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com", Issuers: []middleware.Issuer{{URL: as.Issuer()}},
		Origins: []string{api.URL}, Resource: api.URL, DPoP: &policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = httpauth.Require(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, httpauth.Token(r).Subject) }))
	return api, as
}

// boundTo returns a token that is bound to the key of a transport.
func boundTo(t *testing.T, as *testserver.Server, transport *dpop.Transport) string {
	t.Helper()
	thumbprint, err := transport.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	return as.Token(testserver.Claim("cnf", map[string]any{"jkt": thumbprint}))
}

// request sends a request with the given Authorization field. It returns the
// status and the body of the response.
func request(t *testing.T, client *http.Client, method, url, authorization, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestTransportWithEachKey(t *testing.T) {
	api, as := protected(t, dpop.Policy{})
	for name, key := range keys(t) {
		t.Run(name, func(t *testing.T) {
			transport := &dpop.Transport{Key: key}
			client := &http.Client{Transport: transport}
			token := boundTo(t, as, transport)
			for range 3 {
				if status, answer := request(t, client, http.MethodPost, api.URL+"/a%2Fb/ü?q=1#f", "DPoP "+token, "x"); status != http.StatusOK {
					t.Errorf("got %d %s, want 200", status, answer)
				}
			}
		})
	}
}

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	all := map[string]crypto.Signer{"none": nil}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all[curve.Params().Name] = key
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	all["Ed25519"], all["RSA"] = edwards, key
	return all
}

func TestTransportRefusesOtherKeys(t *testing.T) {
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	transport := &dpop.Transport{Key: small}
	if _, err := transport.Thumbprint(); err == nil || !strings.Contains(err.Error(), "P-256") {
		t.Errorf("got %v, want an error that names the keys that can be used", err)
	}
	body := &closed{Reader: strings.NewReader("x")}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1/", body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transport.RoundTrip(r); err == nil || !body.closed {
		t.Errorf("got %v, want an error and a closed body", err)
	}
}

type closed struct {
	io.Reader
	closed bool
}

func (c *closed) Close() error {
	c.closed = true
	return nil
}

// The key is the example of RFC 7638 §3.1.
func TestThumbprint(t *testing.T) {
	transport := &dpop.Transport{Key: exampleKey{}}
	if got, err := transport.Thumbprint(); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" || err != nil {
		t.Errorf("got %s and %v, want the thumbprint of RFC 7638 §3.1", got, err)
	}
}

func TestTransportUsesNonces(t *testing.T) {
	api, as := protected(t, dpop.Policy{Nonces: dpop.NewNonces(make([]byte, 32), time.Minute)})
	transport := new(dpop.Transport)
	client := &http.Client{Transport: transport}
	token := boundTo(t, as, transport)
	for i, want := range []int{2, 1, 1} {
		status, answer := request(t, client, http.MethodPut, api.URL, "DPoP "+token, "the body")
		if status != http.StatusOK {
			t.Errorf("request %d: got %d %s, want 200", i, status, answer)
		}
		requests := api.seen()
		if len(requests) != want {
			t.Errorf("request %d: got %d requests, want %d", i, len(requests), want)
		}
		for _, r := range requests {
			if r.body != "the body" {
				t.Errorf("request %d: got the body %q, want the whole body", i, r.body)
			}
		}
	}
}

// If a body can be read only once, the Transport does not repeat the request.
// The client receives the refusal. The client's next request has the nonce.
func TestTransportDoesNotRepeatABodyWithoutGetBody(t *testing.T) {
	api, as := protected(t, dpop.Policy{Nonces: dpop.NewNonces(make([]byte, 32), time.Minute)})
	transport := new(dpop.Transport)
	token := boundTo(t, as, transport)
	for _, want := range []int{http.StatusUnauthorized, http.StatusOK} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL, io.MultiReader(strings.NewReader("x")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "DPoP "+token)
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != want || len(text) == 0 || len(api.seen()) != 1 {
			t.Errorf("got %d %s and %v, want %d after one request", response.StatusCode, text, err, want)
		}
	}
}

func TestWhenTransportRepeatsARequest(t *testing.T) {
	const challenge = `DPoP error="use_dpop_nonce", algs="ES256"`
	for name, test := range map[string]struct {
		status          int
		challenge, body string
		nonces          []string
		want            int
	}{
		"an authorization server asks":        {http.StatusBadRequest, "", `{"error":"use_dpop_nonce"}`, []string{"a"}, 2},
		"an API asks":                         {http.StatusUnauthorized, challenge, "", []string{"a"}, 2},
		"an API asks again":                   {http.StatusUnauthorized, challenge, "", []string{"a", "b", "c"}, 2},
		"an API asks, but sends no nonce":     {http.StatusUnauthorized, challenge, "", nil, 1},
		"the nonce is too long":               {http.StatusUnauthorized, challenge, "", []string{strings.Repeat("x", 1025)}, 1},
		"another error of an API":             {http.StatusUnauthorized, `DPoP error="invalid_token"`, `{"error":"invalid_token"}`, []string{"a"}, 1},
		"another error of a server":           {http.StatusBadRequest, "", `{"error":"invalid_grant"}`, []string{"a"}, 1},
		"the words in another status":         {http.StatusForbidden, challenge, `{"error":"use_dpop_nonce"}`, []string{"a"}, 1},
		"the words in another place":          {http.StatusBadRequest, "", `{"error_description":"use_dpop_nonce"}`, []string{"a"}, 1},
		"a refusal that is longer than usual": {http.StatusBadRequest, "", strings.Repeat(" ", 70<<10) + `{"error":"use_dpop_nonce"}`, []string{"a"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			server := record(t, func(w http.ResponseWriter, _ *http.Request) {
				if calls < len(test.nonces) {
					w.Header().Set("DPoP-Nonce", test.nonces[calls])
				}
				calls++
				if test.challenge != "" {
					w.Header().Set("WWW-Authenticate", test.challenge)
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			status, answer := request(t, &http.Client{Transport: new(dpop.Transport)}, http.MethodPost, server.URL, "", "x")
			if status != test.status || answer != test.body || len(server.seen()) != test.want {
				t.Errorf("got %d and %d bytes, want the last of %d answers unchanged", status, len(answer), test.want)
			}
		})
	}
}

func TestNoncesBelongToAnOrigin(t *testing.T) {
	sent := func(proof string) string { return fmt.Sprint(claimsOf(t, proof)["nonce"]) }
	first := record(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("DPoP-Nonce", "first") })
	second := record(t, func(http.ResponseWriter, *http.Request) {})
	client := &http.Client{Transport: new(dpop.Transport)}
	for _, server := range []*recorder{first, second, first} {
		request(t, client, http.MethodGet, server.URL, "", "")
	}
	if one, two := first.seen(), sent(second.seen()[0].proof); sent(one[0].proof) != "<nil>" || sent(one[1].proof) != "first" || two != "<nil>" {
		t.Errorf("got the nonces %s and %s, want each nonce sent only to the origin that issued it", sent(one[1].proof), two)
	}
}

func TestWhatTransportSends(t *testing.T) {
	server := record(t, func(http.ResponseWriter, *http.Request) {})
	client := &http.Client{Transport: new(dpop.Transport)}
	for _, test := range []struct {
		authorization string
		proof, hash   bool
	}{
		{"DPoP abc", true, true},
		{"dpop abc", true, true},
		{"Bearer abc", false, false},
		{"Basic YTpi", true, false},
		{"", true, false},
	} {
		request(t, client, http.MethodGet, server.URL+"/p?q", test.authorization, "")
		got := server.seen()[0]
		if got.authorization != test.authorization || (got.proof != "") != test.proof {
			t.Errorf("%q: got %+v, want the same Authorization, and a proof: %t", test.authorization, got, test.proof)
			continue
		}
		if !test.proof {
			continue
		}
		claims := claimsOf(t, got.proof)
		if _, hasHash := claims["ath"]; claims["htu"] != server.URL+"/p" || claims["htm"] != "GET" || hasHash != test.hash {
			t.Errorf("%q: got the claims %v, want htu and htm of the request, and ath: %t", test.authorization, claims, test.hash)
		}
	}
}

func TestRedirects(t *testing.T) {
	var here, elsewhere *recorder
	here = record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/within":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		case "/out":
			http.Redirect(w, r, elsewhere.URL+"/end", http.StatusTemporaryRedirect)
		case "/round":
			http.Redirect(w, r, elsewhere.URL+"/back", http.StatusTemporaryRedirect)
		}
	})
	elsewhere = record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			http.Redirect(w, r, here.URL+"/end", http.StatusTemporaryRedirect)
		}
	})
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc", TokenType: "DPoP"})
	for _, transport := range []http.RoundTripper{
		&oauth2.Transport{Source: source, Base: new(dpop.Transport)}, // sets the token for each request, also after a redirect
		new(dpop.Transport),
	} {
		client := &http.Client{Transport: transport}
		last := func(path string) (received, received) {
			request(t, client, http.MethodPost, here.URL+path, "DPoP abc", "x")
			requests := append(here.seen(), elsewhere.seen()...)
			end := slices.IndexFunc(requests, func(r received) bool { return r.target == "/end" })
			if end < 0 {
				t.Fatalf("%s: got %+v, want a request to /end", path, requests)
			}
			return requests[0], requests[end]
		}
		if first, second := last("/within"); claimsOf(t, second.proof)["htu"] != here.URL+"/end" || first.proof == second.proof || second.authorization != "DPoP abc" {
			t.Errorf("within the origin: got %+v, want a proof for the new URL", second)
		}
		for _, path := range []string{"/out", "/round"} {
			if _, second := last(path); second.proof != "" || second.authorization != "" {
				t.Errorf("%s: got %+v, want neither proof nor token", path, second)
			}
		}
	}
}
