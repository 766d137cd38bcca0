package middleware

import "context"

// Check is one step of the pipeline, as it went for one token.
type Check struct {
	Name    string // such as "expiry"
	Reached bool   // whether an earlier check had not already refused
	Err     error  // why it refused, nil if it passed or was not reached; quotes nothing of the token
}

// Explain takes a token through the pipeline of [Verifier.Verify] and returns
// every check in its order, for people who wonder why a token is refused. It
// asks for keys and calls Revoked as Verify does, but does not observe and
// logs nothing but a panic. A Verifier that NewVerifier did not make reaches no
// check. Show the result to operators, not to callers: it tells a forger
// which part to mend.
func (v *Verifier) Explain(ctx context.Context, credentials Credentials) []Check {
	checks := make([]Check, len(pipeline))
	for i := range pipeline {
		checks[i].Name = pipeline[i].name
	}
	a := &attempt{ctx: ctx, token: credentials.Token}
	a.trace = func(i int, err error) { checks[i].Reached, checks[i].Err = true, err }
	_ = v.decide(a, nil, func() error { return v.verify(a) })
	return checks
}
