package rival_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

const scope = "orders:read"

func start(t *testing.T, alg testserver.Alg) (*testserver.Server, rival.Settings) {
	t.Helper()
	as := testserver.New(t, testserver.SigningAlg(alg), testserver.Audience(rival.Audience), testserver.Scope("openid", scope))
	return as, rival.SettingsFor(as, scope)
}

func TestEveryRivalTellsGoodTokensFromBad(t *testing.T) {
	everyone := append(rival.Fetching(), rival.BearerguardUncached(), rival.GolangJWTStrict(), rival.Okta(), rival.JWTAuth())
	for _, alg := range []testserver.Alg{"RS256", "ES256", "EdDSA"} {
		for _, r := range everyone {
			if r.String() == rival.Okta().String() && alg != "RS256" {
				continue // the library supports only RS256
			}
			for _, ttl := range []time.Duration{0, time.Minute} {
				t.Run(string(alg)+"/"+r.String()+"/ttl="+ttl.String(), func(t *testing.T) {
					as, s := start(t, alg)
					s.TTL = ttl
					v, err := r.Open(t.Context(), s)
					if err != nil {
						t.Fatal(err)
					}
					for range 2 { // the second result may be from a cache
						if err := v.Verify(t.Context(), as.Token()); err != nil {
							t.Errorf("a good token: got %v, want no error", err)
						}
					}
					for _, defect := range []testserver.Defect{
						testserver.BadSignature, testserver.ForeignKeySameKid, testserver.UnknownKid, testserver.AlgNone,
						testserver.Expired, testserver.WrongIssuer, testserver.WrongAudience,
					} {
						if r.String() == rival.JWTAuth().String() && defect == testserver.UnknownKid {
							continue // jwtauth has a single static key and ignores kid
						}
						if v.Verify(t.Context(), as.Token(testserver.With(defect))) == nil {
							t.Errorf("%s: got no error, want one", defect)
						}
					}
					if v.Verify(t.Context(), as.Token(testserver.Scope("openid"))) == nil {
						t.Error("without the scope: got no error, want one")
					}
				})
			}
		}
	}
}

func TestRawCryptoSeesTheSignatureAlone(t *testing.T) {
	for _, alg := range []testserver.Alg{"RS256", "ES256", "EdDSA"} {
		as, s := start(t, alg)
		v, err := rival.RawCrypto().Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for token, good := range map[string]bool{
			as.Token(): true, as.Token(testserver.With(testserver.Expired)): true, as.Token(testserver.With(testserver.BadSignature)): false,
		} {
			if err := v.Verify(t.Context(), token); (err == nil) != good {
				t.Errorf("%s: got %v, want accepted %t", alg, err, good)
			}
		}
	}
	if _, err := rival.RawCrypto().Open(t.Context(), rival.Settings{Key: "none"}); err == nil {
		t.Error("a key of an unknown type: got no error, want one")
	}
}
