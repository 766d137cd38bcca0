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

// oracle is an introspection endpoint without a network.
type oracle struct {
	mu     sync.Mutex
	says   func(token string) string // the answer, or its status if that is a number
	tokens []string                  // that it was asked about
	delay  time.Duration
}

// knows is an oracle to whom every token but those it is told of is inactive.
func knows(answers map[string]string) *oracle {
	return &oracle{says: func(token string) string {
		if answer, ok := answers[token]; ok {
			return answer
		}
		return `{"active":false}`
	}}
}

// always is an oracle that says the same of every token.
func always(answer string) *oracle { return &oracle{says: func(string) string { return answer }} }

func (o *oracle) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	token := r.PostForm.Get("token")
	o.mu.Lock()
	o.tokens = append(o.tokens, token)
	answer, delay := o.says(token), o.delay
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

func (o *oracle) becomes(says func(token string) string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.says = says
}

func (o *oracle) asked() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tokens)
}

// heard demands the tokens that the oracle was asked about.
func (o *oracle) heard(t *testing.T, want ...string) {
	t.Helper()
	if got := o.asked(); !slices.Equal(got, want) {
		t.Errorf("the issuer was asked about %d tokens %.60q, want %d %.60q", len(got), got, len(want), want)
	}
}

func (o *oracle) client(t testing.TB) *introspect.Client {
	t.Helper()
	c, err := introspect.New(introspect.Config{
		Endpoint: opaqueEndpoint, Auth: introspect.Basic("api", "secret"), Client: &http.Client{Transport: o}, Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// local is an issuer whose JWTs are verified without asking anybody, with the
// maker of its tokens.
func local(issuer string) (middleware.Issuer, forge.Maker) {
	key := testserver.Key{ID: "s", Alg: "HS256", Secret: []byte(strings.Repeat(issuer, 4)[:32])}
	return middleware.Issuer{URL: issuer, Keys: jwks.Secret("s", key.Secret), Algorithms: []string{"HS256"}},
		forge.Maker{Key: key, Issuer: issuer, Audience: "api", Now: now}
}

// asks makes a verifier whose one issuer is asked about opaque tokens.
func asks(t testing.TB, o *oracle, changes ...func(*middleware.Config)) (*setup, forge.Maker) {
	t.Helper()
	issuer, m := local(opaqueIssuer)
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

// active is an answer with the claims of RFC 9068, changed by pairs.
func active(m forge.Maker, pairs ...string) string {
	return m.Claims(append([]string{"active", "true"}, pairs...)...)
}

const handle = "2YotnFZFEjr1zCsicMWpAA"

func refusedFor(t *testing.T, s *setup, token string, want error) {
	t.Helper()
	if got, err := s.verify(token); got != nil || !errors.Is(err, want) {
		t.Errorf("got %v, %v, want %v", got != nil, err, want)
	}
}

func passes(t *testing.T, s *setup, token string) *middleware.Token {
	t.Helper()
	got, err := s.verify(token)
	if err != nil {
		t.Errorf("got %v, want the token accepted", err)
		return &middleware.Token{}
	}
	return got
}
