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

// work is tokens that come one after the other, and what each of them costs.
type work struct {
	name   string
	cache  int // Config.TokenCache
	token  func(m forge.Maker, n int) string
	again  bool  // it is the first of them each time
	reason error // why each is refused, nil if it is not
	want   counts
}

// A header is read once for all tokens that have it, if those are good.
var works = []work{
	{
		name: "tokens that are not remembered", cache: -1, token: distinct,
		want: counts{"split": 1, "walk": 1, "signature": 1, "signed hash": 1},
	},
	{
		name: "tokens that come for the first time", token: distinct,
		want: counts{"token hash": 1, "split": 1, "walk": 1, "signature": 1, "signed hash": 1},
	},
	{
		name: "a token that comes again", token: same, again: true,
		want: counts{"token hash": 1},
	},
	{
		// One for the claims, one for each array, and another for the scopes of what is verified.
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
		name: "a token that a stranger signed", reason: middleware.ErrSignature,
		token: func(m forge.Maker, n int) string {
			m.Key.Private = stranger.Private
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

var stranger = testserver.GenerateKey("ES256", "")

func same(m forge.Maker, _ int) string { return m.Good() }

func distinct(m forge.Maker, n int) string {
	return m.Token(m.Header(), m.Claims("jti", strconv.Quote(strconv.Itoa(n))))
}

// TestWork does the work and holds the verdicts. TestCounts, which counts what
// it does, sets how many tokens come.
func TestWork(t *testing.T) {
	times, err := strconv.Atoi(os.Getenv(timesName))
	if err != nil {
		times = 2
	}
	for _, w := range works {
		t.Run(w.name, func(t *testing.T) { w.do(t, times) })
	}
}

func (w work) do(t *testing.T, times int) {
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
		if n == 0 || !w.again { // signed once more by ECDSA, it would be another one
			token = w.token(m, n)
		}
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: token}); !errors.Is(err, w.reason) {
			t.Fatalf("token %d: got %v, want %v", n, err, w.reason)
		}
	}
}
