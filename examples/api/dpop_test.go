package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// caller is a client that has a key, and a token that is bound to this key.
type caller struct {
	t     *testing.T
	key   testserver.Key
	token string
	nonce string // nonce of the next proof, or "" for no nonce
}

func newCaller(t *testing.T, as *testserver.Server) *caller {
	t.Helper()
	key := testserver.GenerateKey("ES256", "")
	return &caller{t: t, key: key, token: as.Token(testserver.BoundTo(key), testserver.Scope("items:read"))}
}

// get sends a GET request to the first URL, with a new proof that contains the
// second URL. It returns the status and all challenges, and sets c.nonce to the
// nonce of the response.
func (c *caller) get(url, named string) (status int, challenges string) {
	c.t.Helper()
	var options []testserver.TokenOption
	if c.nonce != "" {
		options = append(options, testserver.Claim("nonce", c.nonce))
	}
	return c.send(url, "DPoP", testserver.Proof(c.key, http.MethodGet, named, c.token, options...))
}

func (c *caller) send(url, scheme string, proofs []string) (status int, challenges string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", scheme+" "+c.token)
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = response.Body.Close()
	c.nonce = response.Header.Get("DPoP-Nonce")
	return response.StatusCode, strings.Join(response.Header.Values("WWW-Authenticate"), "\n")
}

func TestBothSchemesWorkByDefault(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := start(t, map[string]string{"ISSUER": as.Issuer(), "FRAMEWORK": framework}) + "/items"
		client := newCaller(t, as)
		if status, challenges := client.get(url, url); status != http.StatusOK {
			t.Errorf("a bound token: got %d %s, want 200", status, challenges)
		}
		if status, _, body := get(t, url, as.Token(testserver.Scope("items:read"))); status != http.StatusOK {
			t.Errorf("a bearer token: got %d %s, want 200", status, body)
		}
		for name, send := range map[string]func() (int, string){
			"a stolen token as bearer": func() (int, string) { return client.send(url, "Bearer", nil) },
			"a stolen token with another key": func() (int, string) {
				thief := &caller{t: t, key: testserver.GenerateKey("ES256", ""), token: client.token}
				return thief.get(url, url)
			},
			"a proof for another URL": func() (int, string) { return client.get(url, strings.TrimSuffix(url, "items")+"me") },
			"a proof that was used": func() (int, string) {
				proof := testserver.Proof(client.key, http.MethodGet, url, client.token)
				if status, challenges := client.send(url, "DPoP", proof); status != http.StatusOK {
					t.Errorf("the first use of a proof: got %d %s, want 200", status, challenges)
				}
				return client.send(url, "DPoP", proof)
			},
		} {
			if status, challenges := send(); status != http.StatusUnauthorized || !strings.HasPrefix(challenges, "DPoP ") || !strings.Contains(challenges, "\nBearer ") {
				t.Errorf("%s: got %d with the challenges\n%s\nwant 401 with DPoP and Bearer", name, status, challenges)
			}
		}
	})
}

func TestTheModesOfDPoP(t *testing.T) {
	for name, test := range map[string]struct {
		env           map[string]string
		bound, bearer int
	}{
		"on":                                  {map[string]string{"DPOP": "on"}, 200, 200},
		"off":                                 {map[string]string{"DPOP": "off"}, 401, 200},
		"required":                            {map[string]string{"DPOP": "required"}, 200, 401},
		"on, at localhost":                    {map[string]string{"LISTEN": "localhost:0"}, 200, 200},
		"on, beyond loopback without ORIGIN":  {map[string]string{"LISTEN": ":0", "DPOP_NONCES": "1"}, 401, 200},
		"on, behind another URL":              {map[string]string{"ORIGIN": "https://api.example.com/v1"}, 401, 200},
		"required, beyond loopback by ORIGIN": {map[string]string{"LISTEN": ":0", "ORIGIN": "https://api.example.com", "DPOP": "required"}, 401, 401},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, testserver.Audience(audience))
			test.env["ISSUER"] = as.Issuer()
			url := start(t, test.env) + "/items"
			client := newCaller(t, as)
			if status, challenges := client.get(url, url); status != test.bound {
				t.Errorf("a bound token: got %d %s, want %d", status, challenges, test.bound)
			}
			if status, _, body := get(t, url, as.Token(testserver.Scope("items:read"))); status != test.bearer {
				t.Errorf("a bearer token: got %d %s, want %d", status, body, test.bearer)
			}
			if origin := test.env["ORIGIN"]; origin != "" {
				if status, challenges := client.get(url, origin+"/items"); status != http.StatusOK {
					t.Errorf("a proof for the URL below ORIGIN: got %d %s, want 200", status, challenges)
				}
			}
		})
	}
}

func TestNoncesAreAskedForOnce(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := start(t, map[string]string{"ISSUER": as.Issuer(), "FRAMEWORK": framework, "DPOP_NONCES": "1"}) + "/items"
		client := newCaller(t, as)
		status, challenges := client.get(url, url)
		if status != http.StatusUnauthorized || !strings.Contains(challenges, `error="use_dpop_nonce"`) || client.nonce == "" {
			t.Fatalf("without a nonce: got %d, the nonce %q and %s, want 401 use_dpop_nonce", status, client.nonce, challenges)
		}
		if status, challenges = client.get(url, url); status != http.StatusOK {
			t.Errorf("with the nonce: got %d %s, want 200", status, challenges)
		}
		another := newCaller(t, as)
		another.nonce = "of-another-process-22ch"
		if status, challenges = another.get(url, url); status != http.StatusUnauthorized || !strings.Contains(challenges, `error="use_dpop_nonce"`) {
			t.Errorf("with an unknown nonce: got %d %s, want 401 use_dpop_nonce", status, challenges)
		}
	})
}

// TestCheckOfTheProgramFindsNothing runs apitest.CheckURL against the program,
// including the tests with bad proofs.
func TestCheckOfTheProgramFindsNothing(t *testing.T) {
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		url := start(t, map[string]string{"ISSUER": as.Issuer(), "FRAMEWORK": framework, "DPOP": "required", "DPOP_NONCES": "1"})
		apitest.CheckURL(t, as, url, func() *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/items", http.NoBody)
		}, apitest.RequireDPoP(), apitest.RequireScope("items:read"), apitest.RequireMetadata())
	})
}
