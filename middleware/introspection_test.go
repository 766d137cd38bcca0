package middleware_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	opaqueIssuer   = "https://as.example.com"
	opaqueEndpoint = opaqueIssuer + "/introspect"
)

// introspectionStub imitates an introspection endpoint. It is the transport of
// the client, so that no network is needed.
type introspectionStub struct {
	mu     sync.Mutex
	answer func(token string) string // returns the body of the answer, or a status code as text
	tokens []string                  // the tokens that the stub has received
	delay  time.Duration
}

// stubFor returns a stub with an answer for each of the given tokens; all other
// tokens are inactive.
func stubFor(answers map[string]string) *introspectionStub {
	return &introspectionStub{answer: func(token string) string {
		if answer, ok := answers[token]; ok {
			return answer
		}
		return `{"active":false}`
	}}
}

// stubAnswering returns a stub with the same answer for every token.
func stubAnswering(answer string) *introspectionStub {
	return &introspectionStub{answer: func(string) string { return answer }}
}

func (o *introspectionStub) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	token := r.PostForm.Get("token")
	o.mu.Lock()
	o.tokens = append(o.tokens, token)
	answer, delay := o.answer(token), o.delay
	o.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	status, err := strconv.Atoi(answer)
	if err != nil {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(answer)), ContentLength: -1,
	}, nil
}

func (o *introspectionStub) replace(answer func(token string) string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = answer
}

func (o *introspectionStub) received() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tokens)
}

// assertReceived checks which tokens the stub has received.
func (o *introspectionStub) assertReceived(t *testing.T, want ...string) {
	t.Helper()
	if got := o.received(); !slices.Equal(got, want) {
		t.Errorf("the issuer received %d tokens %.60q, want %d %.60q", len(got), got, len(want), want)
	}
}

func (o *introspectionStub) client(t testing.TB) *introspect.Client {
	t.Helper()
	c, err := introspect.New(introspect.Config{
		Endpoint: opaqueEndpoint, Auth: introspect.Basic("api", "secret"), Client: &http.Client{Transport: o}, Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// localIssuer returns an issuer whose JWTs are verified locally, and a Maker
// that makes JWTs of this issuer.
func localIssuer(issuer string) (middleware.Issuer, forge.Maker) {
	key := testserver.Key{ID: "s", Alg: "HS256", Secret: []byte(strings.Repeat(issuer, 4)[:32])}
	return middleware.Issuer{URL: issuer, Keys: jwks.Secret("s", key.Secret), Algorithms: []string{"HS256"}},
		forge.Maker{Key: key, Issuer: issuer, Audience: "api", Now: now}
}

// introspectingSetup returns a setup whose only issuer introspects opaque
// tokens, and a Maker that makes JWTs of this issuer.
func introspectingSetup(t testing.TB, o *introspectionStub, changes ...func(*middleware.Config)) (*setup, forge.Maker) {
	t.Helper()
	issuer, m := localIssuer(opaqueIssuer)
	issuer.Introspection = o.client(t)
	config := middleware.Config{Audience: "api", Issuers: []middleware.Issuer{issuer}, Logger: quiet, Now: clock}
	for _, change := range changes {
		change(&config)
	}
	return &setup{v: newVerifier(t, config), Maker: m}, m
}

func mode(m middleware.IntrospectionMode) func(*middleware.Config) {
	return func(c *middleware.Config) {
		i := &c.Issuers[0]
		if i.IntrospectionMode = m; m == middleware.IntrospectAll {
			i.Keys, i.Algorithms = nil, nil
		}
	}
}

// active returns an introspection answer for an active token. The answer
// contains the claims that RFC 9068 requires. pairs contains names and values
// of claims, which replace these claims.
func active(m forge.Maker, pairs ...string) string {
	return m.Claims(append([]string{"active", "true"}, pairs...)...)
}

const handle = "2YotnFZFEjr1zCsicMWpAA"

func assertRefused(t *testing.T, s *setup, token string, want error) {
	t.Helper()
	if got, err := s.verify(token); got != nil || !errors.Is(err, want) {
		t.Errorf("got %v, %v, want %v", got != nil, err, want)
	}
}

func assertPasses(t *testing.T, s *setup, token string) *middleware.Token {
	t.Helper()
	got, err := s.verify(token)
	if err != nil {
		t.Errorf("got %v, want nil", err)
		return &middleware.Token{}
	}
	return got
}
