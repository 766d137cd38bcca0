package bench_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

const audience = "https://api.example.com"

var (
	scopes     = []string{"orders:read", "orders:write", "invoices:read", "openid", "profile", "email"}
	algorithms = []testserver.Alg{testserver.RS256, testserver.ES256, testserver.EdDSA}
)

// verify checks a token and that it has the first of scopes.
type verify func(token string) error

// verifiers are the ways under comparison; all but the last check claims.
var verifiers = []struct {
	name string
	make func(context.Context, *testserver.Server) (verify, error)
}{
	{"bearerguard", newBearerguard},
	{"bearerguard-again", newRemembering},
	{"golang-jwt", newGolangJWT},
	{"raw", newRawCrypto},
}

// rejected are bad tokens; raw crypto sees only what is wrong with a signature.
var rejected = []testserver.Defect{testserver.Expired, testserver.WrongIssuer, testserver.BadSignature}

// server issues tokens of nine claims and six scopes under alg.
func server(tb testing.TB, alg testserver.Alg) *testserver.Server {
	tb.Helper()
	return testserver.New(tb, testserver.SigningAlg(alg), testserver.Audience(audience), testserver.Scope(scopes...),
		testserver.AccessTTL(time.Hour))
}

// each runs f for every algorithm and every way to verify, with a verifier that
// has accepted a good token already, so that its keys are there.
func each[B interface {
	testing.TB
	Run(string, func(B)) bool
}](b B, f func(b B, as *testserver.Server, by string, v verify)) {
	for _, alg := range algorithms {
		for _, way := range verifiers {
			b.Run(fmt.Sprintf("alg=%s/by=%s", alg, way.name), func(b B) {
				as := server(b, alg)
				v := must(way.make(b.Context(), as))(b)
				if err := v(as.Token()); err != nil {
					b.Fatalf("a good token: got %v, want no error", err)
				}
				f(b, as, way.name, v)
			})
		}
	}
}

// BenchmarkVerify measures one good token.
func BenchmarkVerify(b *testing.B) {
	each(b, func(b *testing.B, as *testserver.Server, _ string, v verify) {
		token := as.Token()
		b.ReportAllocs()
		for b.Loop() {
			_ = v(token)
		}
	})
}

// BenchmarkVerifyOverRaw measures good tokens and raw crypto in turns, so that
// whatever else the machine does slows both: x-raw is how many times as long
// the verifier takes as the signature alone, by the medians, which a single
// interruption does not move.
func BenchmarkVerifyOverRaw(b *testing.B) {
	each(b, func(b *testing.B, as *testserver.Server, _ string, v verify) {
		raw, token := must(newRawCrypto(b.Context(), as))(b), as.Token()
		var spent, floor []time.Duration
		for b.Loop() {
			begin := time.Now()
			_ = raw(token)
			middle := time.Now()
			_ = v(token)
			spent = append(spent, time.Since(middle))
			floor = append(floor, middle.Sub(begin))
		}
		b.ReportMetric(median(spent)/median(floor), "x-raw")
		b.ReportMetric(0, "ns/op") // of both together, which nobody wants to know
	})
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkReject measures one bad token.
func BenchmarkReject(b *testing.B) {
	for _, defect := range rejected {
		b.Run("why="+string(defect), func(b *testing.B) {
			each(b, func(b *testing.B, as *testserver.Server, by string, v verify) {
				token := as.Token(testserver.With(defect))
				if accepts := v(token) == nil; accepts != (by == "raw" && defect != testserver.BadSignature) {
					b.Fatalf("got accepted %t", accepts)
				}
				b.ReportAllocs()
				for b.Loop() {
					_ = v(token)
				}
			})
		})
	}
}

func TestTheTokenIsTheOneThatIsPromised(t *testing.T) {
	for _, alg := range algorithms {
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(server(t, alg).Token(), ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		scope, _ := claims["scope"].(string)
		if got := len(strings.Fields(scope)); len(claims) != 9 || got != 6 {
			t.Errorf("%s: got %d claims and %d scopes, want 9 and 6", alg, len(claims), got)
		}
	}
}

func TestEveryVerifierSeesWhatItsBenchmarksSend(t *testing.T) {
	each(t, func(t *testing.T, as *testserver.Server, by string, v verify) {
		for _, defect := range rejected {
			err := v(as.Token(testserver.With(defect)))
			if blind := by == "raw" && defect != testserver.BadSignature; (err == nil) != blind {
				t.Errorf("%s: got error %v, want accepted %t", defect, err, blind)
			}
		}
		if err := v(as.Token(testserver.Scope("profile"))); (err == nil) != (by == "raw") {
			t.Errorf("without the scope: got error %v, want accepted %t", err, by == "raw")
		}
	})
}
