package testserver_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestRefreshTokensOfPublicClientsAreBoundToTheKey(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path)
	key, other := testserver.GenerateKey("ES256", ""), testserver.GenerateKey("EdDSA", "")
	first := wantBound(t, one, prove(t, one, key, testserver.EndpointToken, codeRequest(codeFor(t, one))), key)
	device := postProof(t, one.Client(), one.Endpoint(testserver.EndpointDeviceAuthorization), url.Values{"client_id": {"test-public"}}, nil)
	one.Login(t, device.text("verification_uri_complete"))
	ofDevice := wantBound(t, one, prove(t, one, key, testserver.EndpointToken, url.Values{
		"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {device.text("device_code")},
	}), key)
	minted, err := one.Mint(testserver.ForClient("test-public"), testserver.Scope("orders"), testserver.BoundTo(key))
	if err != nil {
		t.Fatal(err)
	}
	closeServer(t, one)

	two := startPersisted(t, path)
	for name, refresh := range map[string]string{"of a code": first.text("refresh_token"), "of a device": ofDevice.text("refresh_token"), "of Mint": minted.Refresh} {
		t.Run(name, func(t *testing.T) {
			use := func(key testserver.Key) reply {
				return prove(t, two, key, testserver.EndpointToken, refreshRequest(refresh))
			}
			for range 2 {
				wantRefusal(t, use(noKey), "invalid_dpop_proof", "bound to the DPoP key of the first token request")
				wantRefusal(t, use(other), "invalid_grant", "bound to another DPoP key")
				refresh = wantBound(t, two, use(key), key).text("refresh_token")
			}
		})
	}
}

func TestRefreshTokensOfConfidentialClientsAreNotBound(t *testing.T) {
	s := testserver.New(t)
	key, other := testserver.GenerateKey("ES256", ""), testserver.GenerateKey("ES256", "")
	own := []string{"client_id", "test-client", "client_secret", "test-secret"}
	r := prove(t, s, key, testserver.EndpointToken, codeRequest(codeFor(t, s, "client_id", "test-client"), own...))
	wantBound(t, s, r, key)
	for _, next := range []testserver.Key{other, noKey, key} {
		r = prove(t, s, next, testserver.EndpointToken, refreshRequest(r.text("refresh_token"), own...))
		wantBound(t, s, r, next)
	}
}

// If a public client uses an unbound refresh token with a proof, the refresh
// token in the response is bound to the key of the proof.
func TestAProofBindsTheNextRefreshToken(t *testing.T) {
	s := testserver.New(t, testserver.RotateRefresh(time.Minute))
	key := testserver.GenerateKey("ES256", "")
	first := tokens(t, s)
	second := wantBound(t, s, prove(t, s, key, testserver.EndpointToken, refreshRequest(first.text("refresh_token"))), key)
	for _, refresh := range []string{second.text("refresh_token"), first.text("refresh_token")} { // the grace period still covers the first token
		wantRefusal(t, prove(t, s, noKey, testserver.EndpointToken, refreshRequest(refresh)), "invalid_dpop_proof", "bound to the DPoP key")
	}
	wantBound(t, s, prove(t, s, key, testserver.EndpointToken, refreshRequest(first.text("refresh_token"))), key)
	wantBound(t, s, prove(t, s, key, testserver.EndpointToken, refreshRequest(second.text("refresh_token"))), key)
}

// A refresh without a proof returns an unbound refresh token. If the client
// retries with a proof within the grace period, the returned token becomes
// bound to the key of the proof.
func TestARetryWithAProofBindsTheRefreshToken(t *testing.T) {
	s := testserver.New(t, testserver.RotateRefresh(time.Minute))
	key := testserver.GenerateKey("ES256", "")
	first := tokens(t, s).text("refresh_token")
	wantBound(t, s, prove(t, s, noKey, testserver.EndpointToken, refreshRequest(first)), noKey)
	second := wantBound(t, s, prove(t, s, key, testserver.EndpointToken, refreshRequest(first)), key).text("refresh_token")
	for _, refresh := range []string{first, second} {
		wantRefusal(t, prove(t, s, noKey, testserver.EndpointToken, refreshRequest(refresh)), "invalid_dpop_proof", "bound to the DPoP key")
	}
	wantBound(t, s, prove(t, s, key, testserver.EndpointToken, refreshRequest(second)), key)
}

func TestDPoPJKTBindsTheCode(t *testing.T) {
	s := testserver.New(t)
	key, other := testserver.GenerateKey("ES256", ""), testserver.GenerateKey("ES256", "")
	jkt := thumbprintOf(t, key)
	pushed := func(form url.Values, proofs []string) string {
		r := postProof(t, s.Client(), s.Endpoint(testserver.EndpointPAR), form, proofs)
		if r.status != http.StatusCreated {
			t.Fatalf("got %d %v, want a request_uri", r.status, r.body)
		}
		_, to := authorize(s, url.Values{"client_id": form["client_id"], "request_uri": {r.text("request_uri")}})
		return to.Query().Get("code")
	}
	proof := func(key testserver.Key) []string { return proofFor(s, key, s.Endpoint(testserver.EndpointPAR)) }
	for name, code := range map[string]string{
		"in the authorization request":       codeFor(t, s, "dpop_jkt", jkt),
		"in a pushed request":                pushed(authorizationRequest("dpop_jkt", jkt), nil),
		"by the proof of a pushed request":   pushed(authorizationRequest(), proof(key)),
		"by both":                            pushed(authorizationRequest("dpop_jkt", jkt), proof(key)),
		"in the authorization, confidential": codeFor(t, s, "dpop_jkt", jkt, "client_id", "test-client"),
	} {
		t.Run(name, func(t *testing.T) {
			form := codeRequest(code)
			if name == "in the authorization, confidential" {
				form = codeRequest(code, "client_id", "test-client", "client_secret", "test-secret")
			}
			wantRefusal(t, prove(t, s, noKey, testserver.EndpointToken, form), "invalid_dpop_proof", "the authorization request had dpop_jkt, and the token request has no proof")
			wantRefusal(t, prove(t, s, other, testserver.EndpointToken, form), "invalid_grant", "does not match dpop_jkt of the authorization request")
			wantBound(t, s, prove(t, s, key, testserver.EndpointToken, form), key)
		})
	}
	par := func(form url.Values, proofs []string) reply {
		return postProof(t, s.Client(), s.Endpoint(testserver.EndpointPAR), form, proofs)
	}
	wantRefusal(t, par(authorizationRequest("dpop_jkt", jkt), proof(other)), "invalid_request", "dpop_jkt does not match the key of the DPoP proof")
	wantRefusal(t, par(authorizationRequest(), proofFor(s, key, s.Endpoint(testserver.EndpointToken))), "invalid_dpop_proof", "expected "+s.Endpoint(testserver.EndpointPAR))
	used := proof(key)
	pushed(authorizationRequest(), used)
	wantRefusal(t, par(authorizationRequest(), used), "invalid_dpop_proof", "was used before")
	for _, wrong := range []string{"x", jkt + "=", jkt[:42] + "!"} {
		wantRefusal(t, par(authorizationRequest("dpop_jkt", wrong), nil), "invalid_request", "dpop_jkt is not the SHA-256 thumbprint")
		if _, to := authorize(s, authorizationRequest("dpop_jkt", wrong)); to.Query().Get("error") != "invalid_request" {
			t.Errorf("got %v, want invalid_request", to)
		}
	}
}

// The binding of a code to a DPoP key survives a restart of the server and a
// login on pages.
func TestTheBindingOfACodeIsKept(t *testing.T) {
	one, two := testserver.New(t, testserver.InMemory(), testserver.Seed("state")), testserver.New(t, testserver.InMemory(), testserver.Seed("state"))
	key, other := testserver.GenerateKey("ES256", ""), testserver.GenerateKey("ES256", "")
	code := codeFor(t, one, "dpop_jkt", thumbprintOf(t, key))
	state, err := testserver.Snapshot(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := testserver.Restore(two, state); err != nil {
		t.Fatal(err)
	}
	wantError(t, prove(t, two, other, testserver.EndpointToken, codeRequest(code)), 400, "invalid_grant")
	wantBound(t, two, prove(t, two, key, testserver.EndpointToken, codeRequest(code)), key)

	s := testserver.New(t, testserver.Interactive())
	to := s.Login(t, s.Endpoint(testserver.EndpointAuthorize)+"?"+authorizationRequest("dpop_jkt", thumbprintOf(t, key)).Encode())
	wantError(t, prove(t, s, other, testserver.EndpointToken, codeRequest(to.Query().Get("code"))), 400, "invalid_grant")
	wantBound(t, s, prove(t, s, key, testserver.EndpointToken, codeRequest(to.Query().Get("code"))), key)
}

// If a refresh cannot be saved, the refresh token is not bound to the key. The
// client can repeat the request with or without a proof.
func TestARefreshThatIsNotSavedBindsNothing(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path)
	key, refresh := testserver.GenerateKey("ES256", ""), tokens(t, s).text("refresh_token")
	unblock := blockSaving(t, path)
	wantError(t, prove(t, s, key, testserver.EndpointToken, refreshRequest(refresh)), 503, "temporarily_unavailable")
	unblock()
	wantBound(t, s, prove(t, s, noKey, testserver.EndpointToken, refreshRequest(refresh)), noKey)
}

// The same applies to a retry with a proof within the grace period.
func TestARetryThatIsNotSavedBindsNothing(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, testserver.RotateRefresh(time.Minute))
	key, first := testserver.GenerateKey("ES256", ""), tokens(t, s).text("refresh_token")
	second := wantBound(t, s, prove(t, s, noKey, testserver.EndpointToken, refreshRequest(first)), noKey).text("refresh_token")
	unblock := blockSaving(t, path)
	wantError(t, prove(t, s, key, testserver.EndpointToken, refreshRequest(first)), 503, "temporarily_unavailable")
	unblock()
	wantBound(t, s, prove(t, s, noKey, testserver.EndpointToken, refreshRequest(second)), noKey)
}

func TestAPolicyDoesNotChangeTheBinding(t *testing.T) {
	s := testserver.New(t, fromFile(`{"rules":[{"when":{"client":"test-public"},"claims":{"/cnf/jkt":"x"}}]}`))
	key := testserver.GenerateKey("ES256", "")
	wantBound(t, s, prove(t, s, key, testserver.EndpointToken, codeRequest(codeFor(t, s))), key)
}
