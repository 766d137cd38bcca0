package testserver_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestDPoPNonces(t *testing.T) {
	for name, opt := range map[string]testserver.Option{"by an option": testserver.DPoPNonces(), "by a file": fromFile(`{"dpop_nonces":true}`)} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opt, testserver.Clock(atNoon))
			key := testserver.GenerateKey("ES256", "")
			forms := map[testserver.Endpoint]url.Values{
				testserver.EndpointToken: {"grant_type": {"client_credentials"}, "client_id": {"test-client"}, "client_secret": {"test-secret"}},
				testserver.EndpointPAR:   authorizationRequest(),
			}
			for ep, form := range forms {
				nonce := ""
				good := func(nonce string) bool {
					r := prove(t, s, key, ep, form, testserver.Claim("nonce", nonce))
					if r.status/100 != 2 {
						wantRefusal(t, r, "use_dpop_nonce", "repeat the request with a proof that contains the nonce")
					}
					return r.status/100 == 2
				}
				for range 3 {
					r := prove(t, s, key, ep, form)
					wantRefusal(t, r, "use_dpop_nonce", "the DPoP proof has no valid nonce")
					fresh := r.header.Get("DPoP-Nonce")
					if fresh == "" || fresh == nonce || !good(fresh) || nonce != "" && !good(nonce) || good("x"+fresh) {
						t.Errorf("%s: got %q after %q, want a new nonce each minute, and the one before still valid", ep, fresh, nonce)
					}
					if r := prove(t, s, noKey, ep, form); r.status/100 != 2 || r.header.Get("DPoP-Nonce") != fresh {
						t.Errorf("%s: got %d %v, want the nonce also without a proof", ep, r.status, r.header)
					}
					nonce = fresh
					s.Advance(time.Minute)
				}
				s.Advance(time.Minute)
				if good(nonce) {
					t.Errorf("%s: got a nonce of two minutes ago accepted", ep)
				}
				s.Advance(-4 * time.Minute)
			}
			// With a valid nonce, iat may be any time.
			nonce := prove(t, s, noKey, testserver.EndpointToken, nil).header.Get("DPoP-Nonce")
			r := prove(t, s, key, testserver.EndpointToken, forms[testserver.EndpointToken], testserver.Claim("nonce", nonce), testserver.Claim("iat", 1))
			wantBound(t, s, r, key)
		})
	}
	if r := prove(t, testserver.New(t), noKey, testserver.EndpointToken, nil); r.header.Get("DPoP-Nonce") != "" {
		t.Errorf("got %v without the option, want no nonce", r.header)
	}
}

// If the server refuses a request because the proof has no nonce, the code and
// the client's assertion do not count as used. The client can send them again.
func TestARefusedNonceUsesUpNothing(t *testing.T) {
	signer, key := newRobot(t, "ES256"), testserver.GenerateKey("ES256", "")
	s := testserver.New(t, testserver.DPoPNonces(), testserver.Clients(testserver.Client{ID: "signer", JWKS: signer.jwks, RedirectURIs: []string{callback}}))
	assertion := func(ep testserver.Endpoint) string {
		return signer.assert(t, map[string]any{"iss": "signer", "sub": "signer", "aud": s.Issuer(), "jti": string(ep), "exp": s.Now().Unix() + 60}, signer.key)
	}
	send := func(ep testserver.Endpoint, form url.Values) reply {
		form = values(form, "client_id", "signer", "client_assertion_type", assertionType, "client_assertion", assertion(ep))
		r := prove(t, s, key, ep, form)
		wantError(t, r, http.StatusBadRequest, "use_dpop_nonce")
		return prove(t, s, key, ep, form, testserver.Claim("nonce", r.header.Get("DPoP-Nonce")))
	}
	r := send(testserver.EndpointPAR, authorizationRequest())
	_, to := authorize(s, url.Values{"client_id": {"signer"}, "request_uri": {r.text("request_uri")}})
	wantBound(t, s, send(testserver.EndpointToken, codeRequest(to.Query().Get("code"))), key)
}

// A hook can remove the nonce and change the token_type of a response, for
// tests of clients.
func TestHooksChangeResponsesWithDPoP(t *testing.T) {
	s := testserver.New(t, testserver.DPoPNonces())
	defer s.OnToken(func(_ *testserver.TokenRequest, w *testserver.TokenResponse) error {
		w.Header.Del("DPoP-Nonce")
		w.Body["token_type"] = "bearer"
		return nil
	})()
	r := prove(t, s, noKey, testserver.EndpointToken, url.Values{"grant_type": {"client_credentials"}, "client_id": {"test-client"}, "client_secret": {"test-secret"}})
	if r.text("token_type") != "bearer" || r.header.Get("DPoP-Nonce") != "" {
		t.Errorf("got %v %v, want the hook's changes", r.body, r.header)
	}
}
