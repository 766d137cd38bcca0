package middleware_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

// The token and the proof in the figures of RFC 9449 are accepted once, if they
// arrive when the proof was made. The proof is refused if it is sent again, too
// early, too late, for a different request, or with a different token.
func TestProofsOfRFC9449(t *testing.T) {
	var rfc struct {
		TokenRequests                       []string
		BoundToken, AccessToken, Proof, JKT string
	}
	text, err := os.ReadFile("testdata/rfc9449.json")
	if err == nil {
		err = json.Unmarshal(text, &rfc)
	}
	if err != nil || len(rfc.TokenRequests) != 2 {
		t.Fatalf("got %v and %d proofs for token requests, want 2", err, len(rfc.TokenRequests))
	}
	const made = 1562262618
	when := made
	stub := stubAnswering(fmt.Sprintf(`{"active":true,"aud":"api","exp":%d,"token_type":"DPoP","cnf":{"jkt":%q}}`, made+3600, rfc.JKT))
	issuer, _ := localIssuer(opaqueIssuer)
	issuer.Introspection = stub.client(t)
	v := newVerifier(t, middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{issuer}, Logger: quiet, Now: func() time.Time { return time.Unix(int64(when), 0) },
		Origins: []string{"https://resource.example.org"}, Resource: "https://resource.example.org", DPoP: new(dpop.Policy),
	})
	send := func(token, proof, method, url string) error {
		_, err := v.Verify(t.Context(), middleware.Credentials{Token: token, Scheme: "DPoP", Method: method, URL: url, Proofs: []string{proof}})
		return err
	}
	const url = "/protectedresource"
	wants(t, send(rfc.AccessToken, rfc.Proof, "POST", url), middleware.ErrProofRequest)
	wants(t, send(rfc.AccessToken, rfc.Proof, "GET", "/token"), middleware.ErrProofRequest)
	wants(t, send(rfc.AccessToken+"x", rfc.Proof, "GET", url), middleware.ErrProofRequest)
	for _, proof := range rfc.TokenRequests {
		wants(t, send(rfc.AccessToken, proof, "POST", "https://server.example.com/token"), middleware.ErrProofRequest)
	}
	for at, want := range map[int]error{made - 46: middleware.ErrProofTime, made + 91: middleware.ErrProofTime} {
		when = at
		wants(t, send(rfc.AccessToken, rfc.Proof, "GET", url), want)
	}
	when = made
	wants(t, send(rfc.AccessToken, rfc.Proof, "GET", url), nil)
	wants(t, send(rfc.AccessToken, rfc.Proof, "GET", url), middleware.ErrReplay)
	wants(t, send(rfc.BoundToken, rfc.Proof, "GET", url), middleware.ErrIssuer)
}
