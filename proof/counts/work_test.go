package counts_test

import (
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// workload is a sequence of tokens and the counts that each token must cause.
type workload struct {
	name   string
	cache  int // Config.TokenCache
	token  func(m forge.Maker, n int) string
	repeat bool  // verify the first token each time, instead of a new one
	reason error // why each token is refused; nil if it is accepted
	want   counts
}

// workloads lists all workloads. All accepted tokens of a workload have the
// same header. The verifier caches parsed headers, and therefore parses this
// header only for the first token. This is why the counts of these workloads
// omit the step "header".
var workloads = []workload{
	{
		name: "tokens without a cache", cache: -1, token: distinct,
		want: counts{"split": 1, "walk": 1, "signature": 1, "signed hash": 1},
	},
	{
		name: "tokens that are new", token: distinct,
		want: counts{"token hash": 1, "split": 1, "walk": 1, "signature": 1, "signed hash": 1},
	},
	{
		name: "a token that is repeated", token: same, repeat: true,
		want: counts{"token hash": 1},
	},
	{
		// The verifier reads the claims once and each of the two arrays once.
		// After the verification, it reads the scope array again.
		name: "tokens with arrays", cache: -1,
		token: func(m forge.Maker, _ int) string {
			return m.Token(m.Header(), m.Claims("aud", `["api","b"]`, "scope", `["a","b"]`))
		},
		want: counts{"split": 1, "walk": 4, "signature": 1, "signed hash": 1},
	},
	{
		name:   "an expired token",
		token:  func(m forge.Maker, _ int) string { return m.Token(m.Header(), m.Claims("exp", "1")) },
		reason: middleware.ErrExpired,
		want:   counts{"token hash": 1, "split": 1, "header": 1, "walk": 2},
	},
	{
		name: "a token signed by an attacker", reason: middleware.ErrSignature,
		token: func(m forge.Maker, n int) string {
			m.Key.Private = attackerKey.Private
			return same(m, n)
		},
		want: counts{"token hash": 1, "split": 1, "header": 1, "walk": 2, "signature": 1, "signed hash": 1},
	},
	{
		name: "garbage", reason: middleware.ErrOpaque,
		token: func(forge.Maker, int) string { return strings.Repeat("A", 8000) },
		want:  counts{},
	},
	{
		name: "a token that is too long", reason: middleware.ErrTooLong,
		token: func(m forge.Maker, n int) string { return strings.Repeat(same(m, n), 80) },
		want:  counts{},
	},
}

var attackerKey = testserver.GenerateKey("ES256", "")

func same(m forge.Maker, _ int) string { return m.Good() }

func distinct(m forge.Maker, n int) string {
	return m.Token(m.Header(), m.Claims("jti", strconv.Quote(strconv.Itoa(n))))
}

// TestWork runs the workloads and checks the errors of Verify. TestCounts runs
// TestWork in a separate process, whose environment contains the number of
// tokens. When the process has ended, TestCounts reads its coverage profile.
func TestWork(t *testing.T) {
	times, err := strconv.Atoi(os.Getenv(timesName))
	if err != nil {
		times = 2
	}
	for _, w := range workloads {
		t.Run(w.name, func(t *testing.T) { w.run(t, times) })
	}
}

func (w workload) run(t *testing.T, times int) {
	as := testserver.New(t)
	m := forge.Maker{Key: testserver.GenerateKey("ES256", "k"), Issuer: as.Issuer(), Audience: "api", Now: time.Now()}
	as.Publish(m.Key)
	set, err := jwks.Parse(as.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", TokenCache: w.cache, Logger: slog.New(slog.DiscardHandler),
		Issuers: []middleware.Issuer{{URL: m.Issuer, Keys: set}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var token string
	for n := range times {
		if n == 0 || !w.repeat { // signing again would give a different token, because ECDSA signatures are random
			token = w.token(m, n)
		}
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: token}); !errors.Is(err, w.reason) {
			t.Fatalf("token %d: got %v, want %v", n, err, w.reason)
		}
	}
}
