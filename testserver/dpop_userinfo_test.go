package testserver_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// atUserInfo sends a GET request to the UserInfo endpoint.
func atUserInfo(t testing.TB, s *testserver.Server, authorization string, proofs []string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint(testserver.EndpointUserInfo), nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	r.Header["Dpop"] = proofs
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return reply{status: resp.StatusCode, header: resp.Header}
}

func TestUserInfoRequiresAProofForABoundToken(t *testing.T) {
	s, key, other := testserver.New(t), testserver.GenerateKey("ES256", ""), testserver.GenerateKey("ES256", "")
	u := s.Endpoint(testserver.EndpointUserInfo)
	bound, plain := s.Token(testserver.BoundTo(key), testserver.Scope("openid")), s.Token(testserver.Scope("openid"))
	opaque := s.Token(testserver.BoundTo(key), testserver.Scope("openid"), testserver.OpaqueTokens())
	narrow := s.Token(testserver.BoundTo(key), testserver.Scope("orders"))
	malformed := s.Token(testserver.Claim("/cnf/jkt", 7), testserver.Scope("openid"))
	prove := func(key testserver.Key, token string, opts ...testserver.TokenOption) []string {
		return testserver.Proof(key, http.MethodGet, u, token, opts...)
	}
	for name, tt := range map[string]struct {
		authorization string
		proofs        []string
		status        int
		challenge     string // text in the challenge; "" means success
	}{
		"a proof":                           {"DPoP " + bound, prove(key, bound), 200, ""},
		"a proof, lower case":               {"dpop " + bound, prove(key, bound), 200, ""},
		"a proof for an opaque token":       {"DPoP " + opaque, prove(key, opaque), 200, ""},
		"a bearer token":                    {"Bearer " + plain, nil, 200, ""},
		"a bearer token with a proof":       {"Bearer " + plain, prove(key, plain), 200, ""},
		"a bound token as bearer":           {"Bearer " + bound, nil, 401, `DPoP realm="testserver", algs="ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519", error="invalid_token", error_description="the access token is bound to a DPoP key: use the scheme DPoP, and send a proof`},
		"a bound token as bearer, proven":   {"Bearer " + bound, prove(key, bound), 401, `error="invalid_token"`},
		"a bearer token under DPoP":         {"DPoP " + plain, prove(key, plain), 401, `error="invalid_token", error_description="the access token is not bound`},
		"no proof":                          {"DPoP " + bound, nil, 401, `error="invalid_dpop_proof", error_description="the request has no DPoP field: expected a proof`},
		"the key of another":                {"DPoP " + bound, prove(other, bound), 401, `error="invalid_dpop_proof", error_description="the key of the DPoP proof is not the key`},
		"a proof for another token":         {"DPoP " + bound, prove(key, opaque), 401, `error="invalid_dpop_proof", error_description="ath of the DPoP proof`},
		"a proof for another method":        {"DPoP " + bound, testserver.Proof(key, "POST", u, bound), 401, "expected GET"},
		"a proof for the token endpoint":    {"DPoP " + bound, testserver.Proof(key, "GET", s.Endpoint(testserver.EndpointToken), bound), 401, "expected " + u},
		"a malformed binding":               {"DPoP " + malformed, prove(key, malformed), 401, `error="invalid_dpop_proof"`},
		"a malformed binding as bearer":     {"Bearer " + malformed, nil, 401, `DPoP realm="testserver"`},
		"an invalid token":                  {"DPoP x", prove(key, "x"), 401, `DPoP realm="testserver", algs="ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519", error="invalid_token"`},
		"an empty token":                    {"DPoP ", nil, 400, `error="invalid_request", error_description="the access token is empty"`},
		"a token without openid":            {"DPoP " + narrow, prove(key, narrow), 403, `error="insufficient_scope", error_description="the access token does not have the scope openid", scope="openid"`},
		"an invalid token, as bearer token": {"Bearer x", nil, 401, `Bearer realm="testserver", error="invalid_token"`},
	} {
		r := atUserInfo(t, s, tt.authorization, tt.proofs)
		challenges := r.header.Values("WWW-Authenticate")
		if r.status != tt.status || len(challenges) != min(1, len(tt.challenge)) || !strings.Contains(strings.Join(challenges, " "), tt.challenge) {
			t.Errorf("%s: got %d %q, want %d %s", name, r.status, challenges, tt.status, tt.challenge)
		}
	}
	form := postProof(t, s.Client(), u, url.Values{"access_token": {bound}}, testserver.Proof(key, "POST", u, bound))
	if challenge := form.header.Get("WWW-Authenticate"); form.status != 401 || !strings.HasPrefix(challenge, "DPoP ") || !strings.Contains(challenge, `error="invalid_token"`) {
		t.Errorf("got %d %s for a bound token in a form, want it refused", form.status, challenge)
	}
	if r := postProof(t, s.Client(), u, nil, testserver.Proof(key, "POST", u, bound), "DPoP "+bound); r.status != 200 {
		t.Errorf("got %d %v for a POST request, want 200", r.status, r.header)
	}
	if got := atUserInfo(t, s, "", nil).header.Values("WWW-Authenticate"); len(got) != 2 || got[0] != `Bearer realm="testserver"` || !strings.HasPrefix(got[1], `DPoP realm="testserver", algs="ES256 `) {
		t.Errorf("got %q without a token, want a challenge for each scheme", got)
	}
}

func TestUserInfoRefusesEveryWrongProof(t *testing.T) {
	for _, nonces := range []bool{false, true} {
		var opts []testserver.Option
		if nonces {
			opts = append(opts, testserver.DPoPNonces())
		}
		s, key := testserver.New(t, opts...), testserver.GenerateKey("ES256", "")
		nonce := atUserInfo(t, s, "", nil).header.Get("DPoP-Nonce")
		for defect := range testserver.ProofDefects() {
			token := s.Token(testserver.BoundTo(key), testserver.With(defect), testserver.Scope("openid"))
			send := func() reply {
				proofs := testserver.Proof(key, http.MethodGet, s.Endpoint(testserver.EndpointUserInfo), token, testserver.Claim("nonce", nonce), testserver.With(defect))
				return atUserInfo(t, s, "DPoP "+token, proofs)
			}
			if defect == "dpop-replayed" {
				if r := send(); r.status != 200 {
					t.Errorf("got %d for the first use of a proof, want 200", r.status)
				}
			}
			accepted := !nonces && strings.HasPrefix(string(defect), "dpop-nonce") || nonces && slices.Contains([]testserver.Defect{"dpop-iat-old", "dpop-iat-future"}, defect)
			r := send()
			_, code := defect.Expect()
			switch {
			case accepted:
				if r.status != 200 {
					t.Errorf("%s: got %d %v, want 200", defect, r.status, r.header)
				}
			case r.status != 401 || !strings.Contains(r.header.Get("WWW-Authenticate"), `error="`+code+`"`) || r.header.Get("DPoP-Nonce") != nonce:
				t.Errorf("%s: got %d %v, want 401 %s", defect, r.status, r.header, code)
			}
		}
	}
}
