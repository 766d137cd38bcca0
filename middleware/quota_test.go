package middleware_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// A client that sends too many proofs must not fill the store for all others.
// It gets 503 without a challenge, since its token and proof are good, until a
// new period begins.
func TestAClientOverItsQuotaAffectsNoOther(t *testing.T) {
	signing := testserver.GenerateKey("ES256", "a")
	publisher := testserver.New(t, testserver.InMemory())
	publisher.Publish(signing)
	keys, err := jwks.Parse(publisher.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	busy, other := testserver.GenerateKey("ES256", ""), testserver.GenerateKey("ES256", "")
	busyBound, otherBound := jktOf(t, publisher.Token(testserver.BoundTo(busy))), jktOf(t, publisher.Token(testserver.BoundTo(other)))
	t.Run("D16/one client over its quota", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			v := newVerifier(t, middleware.Config{
				Audience: "api", Origins: []string{"https://api.example.com"}, Resource: "https://api.example.com", Logger: quiet,
				Issuers: []middleware.Issuer{{URL: "https://as.example.com", Keys: keys}}, DPoP: new(dpop.Policy),
			})
			send := func(key testserver.Key, jkt string) (http.Header, error) {
				m := forge.Maker{Key: signing, Issuer: "https://as.example.com", Audience: "api", Now: time.Now()}
				token := m.Token(m.Header(), m.Claims("cnf", `{"jkt":"`+jkt+`"}`))
				r := request(t, "DPoP "+token)
				r.Header["Dpop"] = testserver.Proof(key, r.Method, r.URL.String(), token)
				h := make(http.Header)
				_, err := v.Authorize(h, r)
				return h, err
			}
			passes := func(what string, key testserver.Key, jkt string) {
				t.Helper()
				if _, err := send(key, jkt); err != nil {
					t.Errorf("%s: got %v, want the request accepted", what, err)
				}
			}
			passes("the first proof", busy, busyBound)
			v.SpendProofs(busyBound, middleware.MaxProofs-2)
			passes("the last proof within the quota", busy, busyBound)
			h, err := send(busy, busyBound)
			if !errors.Is(err, middleware.ErrUnavailable) || h.Get("Retry-After") == "" || h.Get("Www-Authenticate") != "" {
				t.Errorf("got %v and %v over the quota, want 503 with Retry-After and without a challenge", err, h)
			}
			passes("another client", other, otherBound)
			time.Sleep(3 * time.Minute)
			passes("the next period", busy, busyBound)
		})
	})
}

// jktOf returns the thumbprint in a token that testserver bound to a key.
func jktOf(t *testing.T, token string) string {
	t.Helper()
	var claims struct{ CNF struct{ JKT string } }
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims.CNF.JKT
}
