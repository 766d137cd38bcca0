package middleware

import "context"

// Check is one step of the pipeline, as it went for one token.
type Check struct {
	Name    string // such as "expiry"
	Reached bool   // whether an earlier check had not already refused
	Err     error  // why it refused, nil if it passed or was not reached; quotes nothing of the token
}

// Explain takes a token through the pipeline of [Verifier.Verify] and returns
// every check in its order that is for a token of its kind, for people who wonder why a token is refused. It
// asks for keys and calls Revoked as Verify does, but recalls no token, does not observe and
// logs nothing but a panic. A Verifier that NewVerifier did not make reaches no
// check. Show the result to operators, not to callers: it tells a forger
// which part to mend.
func (v *Verifier) Explain(ctx context.Context, credentials Credentials) []Check {
	outcomes := make([]Check, len(pipeline))
	a := &attempt{ctx: ctx, token: credentials.Token}
	a.trace = func(i int, err error) { outcomes[i].Reached, outcomes[i].Err = true, err }
	_ = v.decide(a, nil, func() error { return v.verify(a) })
	var checks []Check
	for i, step := range pipeline {
		if outcomes[i].Name = step.name; outcomes[i].Reached || step.when == nil || step.when(a) {
			checks = append(checks, outcomes[i])
		}
	}
	return checks
}
