package middleware_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time that clock returns. Most tests of this package use it as the
// current time.
var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

var quiet = slog.New(slog.DiscardHandler)

// setup consists of an authorization server, a verifier for its tokens, and a
// maker of valid and faulty tokens.
type setup struct {
	as *testserver.Server
	v  *middleware.Verifier
	forge.Maker
}

// newSetup starts a server and returns a setup with a verifier for its tokens.
// The changes are applied to the configuration before NewVerifier checks it.
func newSetup(t *testing.T, changes ...func(*middleware.Config)) *setup {
	t.Helper()
	as := testserver.New(t, testserver.Clock(clock))
	config := middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
		Logger:   quiet,
		Now:      clock,
	}
	for _, change := range changes {
		change(&config)
	}
	return &setup{
		as:    as,
		v:     newVerifier(t, config),
		Maker: forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: "api", Now: now},
	}
}

// newVerifier returns a verifier. If BEARERGUARD_TEST_TOKEN_CACHE=off is set in
// the environment and config does not set TokenCache, the verifier has no token
// cache.
func newVerifier(t testing.TB, config middleware.Config) *middleware.Verifier {
	t.Helper()
	if config.TokenCache == 0 && os.Getenv("BEARERGUARD_TEST_TOKEN_CACHE") == "off" {
		config.TokenCache = -1
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// with returns a token maker that differs from the setup's token maker only in
// its signing key. The key is new. Unless the key is a secret, the server
// publishes it.
func (s *setup) with(alg testserver.Alg) forge.Maker {
	m := s.Maker
	m.Key = testserver.GenerateKey(alg, "")
	if m.Key.Secret == nil {
		s.as.Publish(m.Key)
	}
	return m
}

func (s *setup) verify(token string) (*middleware.Token, error) {
	return s.v.Verify(context.Background(), middleware.Credentials{Token: token})
}

// tokenCase is a token and the error with which it must be refused. If want is
// nil, the token must be accepted.
type tokenCase struct {
	name  string
	token string
	want  error
}

// check verifies each token. It checks that the error wraps the expected cause
// and has a description for the client. It verifies each token twice: the
// second time, the token can be in the cache.
func (s *setup) check(t *testing.T, row string, cases []tokenCase) {
	t.Helper()
	if len(cases) == 0 {
		t.Fatalf("row %s has no cases", row)
	}
	for _, c := range cases {
		t.Run(row+"/"+c.name, func(t *testing.T) {
			token, err := s.verify(c.token)
			again, errAgain := s.verify(c.token)
			if fmt.Sprint(err) != fmt.Sprint(errAgain) || (token == nil) != (again == nil) {
				t.Errorf("got %v for the first use and %v for the second use", err, errAgain)
			}
			if c.want == nil {
				if err != nil || token == nil {
					t.Fatalf("got error %v, want nil", err)
				}
				return
			}
			if token != nil {
				t.Errorf("got a token together with the error")
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			var refusal *middleware.Error
			if !errors.As(err, &refusal) || refusal.Description == "" {
				t.Fatalf("got %#v, want an *Error with a description", err)
			}
		})
	}
}

// remote returns a source that fetches the server's keys and does not depend on
// the configuration of the verifier.
func remote(t *testing.T, as *testserver.Server) *jwks.Remote {
	t.Helper()
	r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func request(t *testing.T, authorization ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/", io.NopCloser(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range authorization {
		r.Header.Add("Authorization", field)
	}
	return r
}

// denyList returns a function for Config.Revoked that reports the token with
// this ID as revoked.
func denyList(id string) func(context.Context, *middleware.Token) (bool, error) {
	return func(_ context.Context, t *middleware.Token) (bool, error) { return t.ID == id, nil }
}

func sha256Sum(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

var weakOnce = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) })

// weakRSA returns a key of 1024 bits. It needs GODEBUG=rsa1024min=0.
func weakRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := weakOnce()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// bodyOf returns the body that clients receive.
func bodyOf(e *middleware.Error) string {
	body, _ := e.MarshalJSON() // cannot fail, because the members are strings
	return string(body)
}
