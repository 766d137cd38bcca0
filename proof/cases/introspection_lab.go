package cases

import (
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// introspectionLab is a lab whose verifier introspects opaque tokens at an
// authorization server.
type introspectionLab struct {
	*lab
	as *testserver.Server
}

// setup configures an introspectionLab.
type setup struct {
	introspect.Config
	verifier middleware.Config
	client   *introspect.Client // nil means a client built from Config
}

// newIntrospectionLab builds a lab that does not cache introspection responses,
// unless a change sets MaxTTL. Without a cache, each request with an opaque
// token causes an introspection request.
func newIntrospectionLab(t *testing.T, frameworks []Framework, as *testserver.Server, changes ...func(*setup)) *introspectionLab {
	t.Helper()
	l := &lab{
		tokens: tokens{Maker: forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: audience, Now: time.Now()}},
		log:    new(logBuffer),
	}
	l.verifier = newIntrospectingVerifier(t, as, newLogger(l.log), changes...)
	l.open(t, frameworks)
	return &introspectionLab{l, as}
}

func newIntrospectingVerifier(t *testing.T, as *testserver.Server, logger *slog.Logger, changes ...func(*setup)) *middleware.Verifier {
	t.Helper()
	s := setup{
		Config: introspect.Config{
			Issuer: as.Issuer(), Auth: introspect.Basic(as.DefaultClient().ID, as.DefaultClient().Secret),
			Client: as.Client(), MaxTTL: -1, Logger: logger,
		},
		verifier: middleware.Config{Audience: audience, Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: logger},
	}
	for _, change := range changes {
		change(&s)
	}
	var err error
	if s.client == nil {
		if s.client, err = introspect.New(s.Config); err != nil {
			t.Fatal(err)
		}
	}
	s.verifier.Issuers[0].Introspection = s.client
	v, err := middleware.NewVerifier(s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// cacheAnswers caches introspection responses for an hour, which is longer than
// any test takes.
func cacheAnswers(s *setup) { s.MaxTTL = time.Hour }

// introspectionMode returns a change that sets which tokens are introspected.
func introspectionMode(mode middleware.IntrospectionMode) func(*setup) {
	return func(s *setup) { s.verifier.Issuers[0].IntrospectionMode = mode }
}

// opaque issues a new opaque token for alice with scope read.
func (a *introspectionLab) opaque(options ...testserver.TokenOption) string {
	return a.as.Token(append([]testserver.TokenOption{testserver.OpaqueTokens(), testserver.Subject("alice"), testserver.Scope("read")}, options...)...)
}

// omitted is a value that removes a member from the result of
// introspectionResponse.
type omitted struct{}

// introspectionResponse returns the introspection response for an acceptable
// token. Some members of the response contain the canary. pairs contains names
// of members, each followed by its new value.
func introspectionResponse(pairs ...any) map[string]any {
	answer := map[string]any{
		"active": true, "sub": "alice", "aud": audience, "scope": "read", "client_id": "app", "exp": time.Now().Add(time.Hour).Unix(),
		"username": canary, canary: []any{canary, map[string]any{canary: nil}},
	}
	for i := 0; i < len(pairs); i += 2 {
		answer[pairs[i].(string)] = pairs[i+1]
	}
	maps.DeleteFunc(answer, func(_ string, v any) bool { return v == omitted{} })
	return answer
}

// assertAnswers sends a GET request to each target and checks the answer. It
// also checks that the handler ran only if the request was accepted.
func (a *introspectionLab) assertAnswers(t *testing.T, r request, want verdict) {
	t.Helper()
	for _, target := range a.targets {
		target.check(t, "GET", row{request: r, want: want})
	}
}

// assertIntrospections checks how many introspection requests the server
// received after a given point in its log.
func assertIntrospections(t *testing.T, since testserver.Mark, want int) {
	t.Helper()
	if got := since.Count(testserver.EndpointIntrospect); got != want {
		t.Errorf("got %d introspection requests, want %d", got, want)
	}
}

// concurrently runs a function for all targets at the same time and waits for
// all of them.
func (l *lab) concurrently(run func(i int, target *target)) {
	var all sync.WaitGroup
	for i, target := range l.targets {
		all.Go(func() { run(i, target) })
	}
	all.Wait()
}

// assertAnswer checks the answer to one request. Unlike check, it does not
// check whether the handler ran, because other requests may run handlers at the
// same time.
func (l *target) assertAnswer(t *testing.T, r request, want verdict) {
	t.Helper()
	if got, err := l.send(t, "GET", r).verdict(); err != nil || got != want {
		t.Errorf("%s: GET %s:\ngot  %+v, %v\nwant %+v", l.name, r.path, got, err, want)
	}
}
