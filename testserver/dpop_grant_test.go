package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestTheTokensOfEveryGrantAreBoundToTheKeyOfTheProof(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"JWTs": nil, "opaque tokens": {testserver.OpaqueTokens()}, "in memory": {testserver.InMemory()}, "with nonces": {testserver.DPoPNonces()},
	} {
		t.Run(name, func(t *testing.T) {
			robot, key := newRobot(t, "ES256"), testserver.GenerateKey("ES256", "")
			clients := []testserver.Client{
				{ID: "test-public", Public: true},
				{ID: "test-client", Secret: "test-secret"},
				{ID: "gateway", Secret: "gateway-secret", Grants: []testserver.Grant{testserver.TokenExchange}},
				{ID: "robot", JWKS: robot.jwks, Grants: []testserver.Grant{testserver.JWTBearer}},
			}
			s := testserver.New(t, append(opts, testserver.Users(testserver.User{Sub: "alice"}), testserver.Clients(clients...))...)
			post := func(ep testserver.Endpoint, form url.Values) reply {
				return postProof(t, s.Client(), s.Endpoint(ep), form, nil)
			}
			nonce := post(testserver.EndpointToken, nil).header.Get("DPoP-Nonce")
			send := func(request grantRequest, proofs []string) reply {
				return postProof(t, s.Client(), s.Endpoint(testserver.EndpointToken), request.form(), proofs, request.auth...)
			}
			requests := everyGrant(t, s, robot, post)
			for _, request := range requests {
				wantBound(t, s, send(request, nil), noKey)
				wantBound(t, s, send(request, proofFor(s, key, s.Endpoint(testserver.EndpointToken), testserver.Claim("nonce", nonce))), key)
			}
			var again []grantRequest
			for _, request := range requests { // the grants begin before the clients must send proofs
				form := request.form()
				again = append(again, grantRequest{func() url.Values { return form }, request.auth})
			}
			for _, c := range clients {
				c.RequireDPoP = true
				s.AddClient(c)
			}
			for _, request := range again {
				wantRefusal(t, send(request, nil), "invalid_dpop_proof", "send one in a DPoP field (RFC 9449 section 5.2)")
				wantBound(t, s, send(request, proofFor(s, key, s.Endpoint(testserver.EndpointToken), testserver.Claim("nonce", nonce))), key)
			}
		})
	}
}

func TestAWrongProofIsRefused(t *testing.T) {
	s, key := testserver.New(t), testserver.GenerateKey("ES256", "")
	form := url.Values{"grant_type": {"client_credentials"}}
	for defect := range testserver.ProofDefects() {
		if strings.HasPrefix(string(defect), "dpop-ath") || strings.HasPrefix(string(defect), "dpop-nonce") {
			continue // this test sends no ath, and the server requires no nonce
		}
		send := func() reply {
			proofs := testserver.Proof(key, http.MethodPost, s.Endpoint(testserver.EndpointToken), "", testserver.With(defect))
			return postProof(t, s.Client(), s.Endpoint(testserver.EndpointToken), form, proofs, testClient)
		}
		switch string(defect) {
		case "dpop-missing":
			wantBound(t, s, send(), noKey)
			continue
		case "dpop-other-key": // the key is not wrong: no token is bound to a key yet
			if r := send(); r.text("token_type") != "DPoP" {
				t.Errorf("got %v, want a token for the other key", r.body)
			}
			continue
		case "dpop-replayed":
			wantBound(t, s, send(), key)
		}
		r := send()
		wantError(t, r, http.StatusBadRequest, "invalid_dpop_proof")
		if !strings.Contains(r.text("error_description"), "expected") && !strings.Contains(r.text("error_description"), "clock of the server") {
			t.Errorf("%s: got %q, want a text that says what was expected", defect, r.text("error_description"))
		}
	}
	if e := s.Events(); len(e) == 0 || e[len(e)-1].Kind != "denied" || e[len(e)-1].Reason != "invalid_dpop_proof" {
		t.Errorf("got %v, want the refusal last", e)
	}
}

func TestAProofIsForOneRequest(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path, testserver.Clock(atNoon))
	key, other := testserver.GenerateKey("ES256", ""), testserver.GenerateKey("ES256", "")
	form := url.Values{"grant_type": {"client_credentials"}}
	u := one.Endpoint(testserver.EndpointToken)
	proof := proofFor(one, key, u, testserver.Claim("jti", "same"))
	// If the authentication of the client fails, the proof does not count as
	// used.
	wantError(t, postProof(t, one.Client(), u, form, proof, basic("test-client:wrong")), 401, "invalid_client")
	wantBound(t, one, postProof(t, one.Client(), u, form, proof, testClient), key)
	wantRefusal(t, postProof(t, one.Client(), u, form, proof, testClient), "invalid_dpop_proof", "the DPoP proof was used before: expected a new proof")
	wantBound(t, one, postProof(t, one.Client(), u, form, proofFor(one, other, u, testserver.Claim("jti", "same")), testClient), other)
	closeServer(t, one)
	two := startPersisted(t, path, testserver.Clock(atNoon))
	wantRefusal(t, postProof(t, two.Client(), u, form, proof, testClient), "invalid_dpop_proof", "the DPoP proof was used before")
	two.Advance(5*time.Minute + time.Second)
	wantRefusal(t, postProof(t, two.Client(), u, form, proof, testClient), "invalid_dpop_proof", "too far from the current time")
}

// htu must be the URL that the client calls. If the server does not know the
// host of the request, perhaps because a proxy changed the host, the server
// accepts any of its own addresses in htu.
func TestHTUIsTheURLThatTheClientCalls(t *testing.T) {
	s := testserver.New(t, testserver.IssuerURL("https://issuer.test/tenant"), testserver.Hosts("https://browser.test", "https://alias.test"))
	key, form := testserver.GenerateKey("ES256", ""), url.Values{"grant_type": {"client_credentials"}}
	urls := []string{"https://issuer.test/tenant/token", "https://browser.test/tenant/token", "https://alias.test/tenant/token"}
	for _, called := range append(urls, "http://127.0.0.1:8080/tenant/token") {
		for _, htu := range append(urls, "http://127.0.0.1:8080/tenant/token") {
			r := httptest.NewRequest(http.MethodPost, called, strings.NewReader(form.Encode()))
			r.Header = http.Header{"Content-Type": {formType}, "Authorization": {testClient}, "Dpop": proofFor(s, key, htu)}
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			got := reply{status: rec.Code, header: rec.Header(), body: parse(rec.Body.Bytes())}
			own, proxied := slices.Contains(urls, htu), !slices.Contains(urls, called) // unknown host: a proxy changed it
			switch {
			case own && (htu == called || proxied):
				if got.text("token_type") != "DPoP" {
					t.Errorf("%s at %s: got %v, want it accepted", htu, called, got.body)
				}
			case proxied:
				wantRefusal(t, got, "invalid_dpop_proof", "htu of the DPoP proof is not the URL of the request: expected https://alias.test/tenant/token")
			default:
				wantRefusal(t, got, "invalid_dpop_proof", "htu of the DPoP proof is not the URL of the request: expected "+called)
			}
		}
	}
}

func TestATokenIsBoundToAKeyAndToACertificate(t *testing.T) {
	s := testserver.New(t, testserver.TLS(), testserver.Clients(testserver.Client{ID: "job", Secret: "s", TLS: testserver.ClientTLS{BoundTokens: true}}))
	key, form := testserver.GenerateKey("ES256", ""), url.Values{"grant_type": {"client_credentials"}}
	cert, alias := testserver.ClientCertificate(nil), s.MTLSEndpoint(testserver.EndpointToken)
	wantRefusal(t, postProof(t, s.MTLSClient(cert), alias, form, proofFor(s, key, s.Endpoint(testserver.EndpointToken)), basic("job:s")), "invalid_dpop_proof", "expected "+alias)
	r := postProof(t, s.MTLSClient(cert), alias, form, proofFor(s, key, alias), basic("job:s"))
	if r.text("token_type") != "DPoP" {
		t.Fatalf("got %v, want a token for the key and the certificate", r.body)
	}
	both := strings.TrimSuffix(boundTo(cert), "}") + `,"jkt":"` + thumbprintOf(t, key) + `"}`
	_, introspected := introspectionResponse(t, s, r.text("access_token"))
	for _, text := range []string{payload(t, r.text("access_token")), introspected} {
		wantAll(t, text, both)
	}
}

// A server that is Like a provider must issue bound tokens, and its
// introspection responses must show the key.
func TestTokensLikeThoseOfAProviderAreBoundToTheKey(t *testing.T) {
	key, form := testserver.GenerateKey("ES256", ""), url.Values{"grant_type": {"client_credentials"}, "client_id": {"test-client"}, "client_secret": {"test-secret"}}
	for _, shape := range shapes.All {
		t.Run(shape.Name, func(t *testing.T) {
			s := testserver.New(t, testserver.Like(shape.Name))
			r := prove(t, s, key, testserver.EndpointToken, form)
			_, introspected := introspectionResponse(t, s, r.text("access_token"))
			claimed := slices.ContainsFunc(shape.Claims, func(m shapes.Member) bool { return m.Name == "token_type" }) // the claim's value replaces DPoP
			if r.text("token_type") != "DPoP" || !strings.Contains(introspected, thumbprintOf(t, key)) || !claimed && !strings.Contains(introspected, `"token_type":"DPoP"`) {
				t.Errorf("got %v and %s, want a bound token", r.body, introspected)
			}
		})
	}
}
