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

// asking is a lab whose verifier asks an authorization server about opaque
// tokens.
type asking struct {
	*lab
	as *testserver.Server
}

// setup is what an asking lab is made from.
type setup struct {
	introspect.Config
	verifier middleware.Config
	asker    *introspect.Client // nil makes one from Config
}

// newAsking builds a lab that keeps no answer: each request is a question.
func newAsking(t *testing.T, frameworks []Framework, as *testserver.Server, changes ...func(*setup)) *asking {
	t.Helper()
	l := &lab{
		tokens: tokens{Maker: forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: audience, Now: time.Now()}},
		log:    new(journal),
	}
	l.verifier = askingVerifier(t, as, newLogger(l.log), changes...)
	l.open(t, frameworks)
	return &asking{l, as}
}

func askingVerifier(t *testing.T, as *testserver.Server, logger *slog.Logger, changes ...func(*setup)) *middleware.Verifier {
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
	if s.asker == nil {
		if s.asker, err = introspect.New(s.Config); err != nil {
			t.Fatal(err)
		}
	}
	s.verifier.Issuers[0].Introspection = s.asker
	v, err := middleware.NewVerifier(s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keeping keeps answers for an hour, which is longer than any test takes.
func keeping(s *setup) { s.MaxTTL = time.Hour }

// asksAbout sets which tokens are asked about.
func asksAbout(mode middleware.IntrospectionMode) func(*setup) {
	return func(s *setup) { s.verifier.Issuers[0].IntrospectionMode = mode }
}

// opaque returns a token of the authorization server's for alice with scope
// read, which no other token is like.
func (a *asking) opaque(options ...testserver.TokenOption) string {
	return a.as.Token(append([]testserver.TokenOption{testserver.OpaqueTokens(), testserver.Subject("alice"), testserver.Scope("read")}, options...)...)
}

// gone takes a member out of an answer.
type gone struct{}

// said is an answer about a token that is right, changed by pairs of a member's
// name and its value. Its text is a stranger's.
func said(pairs ...any) map[string]any {
	answer := map[string]any{
		"active": true, "sub": "alice", "aud": audience, "scope": "read", "client_id": "app", "exp": time.Now().Add(time.Hour).Unix(),
		"username": canary, canary: []any{canary, map[string]any{canary: nil}},
	}
	for i := 0; i < len(pairs); i += 2 {
		answer[pairs[i].(string)] = pairs[i+1]
	}
	maps.DeleteFunc(answer, func(_ string, v any) bool { return v == gone{} })
	return answer
}

// sends checks the answer to one request over each line.
func (a *asking) sends(t *testing.T, r request, want verdict) {
	t.Helper()
	for _, line := range a.lines {
		line.check(t, "GET", row{request: r, want: want})
	}
}

// asked checks how many questions there have been since a mark.
func asked(t *testing.T, since testserver.Mark, want int) {
	t.Helper()
	if got := since.Count(testserver.EndpointIntrospect); got != want {
		t.Errorf("got %d questions, want %d", got, want)
	}
}

// atOnce runs a test for each line, all lines at the same time. What fails ends
// its line's part alone.
func (l *lab) atOnce(run func(i int, line *line)) {
	var all sync.WaitGroup
	for i, line := range l.lines {
		all.Go(func() { run(i, line) })
	}
	all.Wait()
}

// gives checks the answer to one request where others are under way, so that it
// cannot be told whose handlers ran.
func (l *line) gives(t *testing.T, r request, want verdict) {
	t.Helper()
	if got, err := l.send(t, "GET", r).verdict(); err != nil || got != want {
		t.Errorf("%s: GET %s:\ngot  %+v, %v\nwant %+v", l.name, r.path, got, err, want)
	}
}
