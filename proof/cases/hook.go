package cases

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// problem is an ErrorBody that also tries what it must not be able to do:
// change the status and the challenge.
func problem(r *http.Request, e *middleware.Error) (contentType string, body []byte) {
	body, _ = json.Marshal(map[string]string{"problem": string(e.Code)}) // strings
	e.Code, e.Description, e.Scope = middleware.CodeUnavailable, "changed", scopes.Of("changed")
	e.ACR, e.MaxAge = []string{"changed"}, 1<<40
	r.Header.Set("WWW-Authenticate", "changed")
	return "application/problem+json", body
}

// problematic is what a refusal becomes with that hook.
func (v verdict) problematic(t *testing.T) verdict {
	t.Helper()
	if v.passes() || v.below {
		return v
	}
	var body struct{ Error string }
	if err := json.Unmarshal([]byte(v.body), &body); err != nil {
		t.Fatal(err)
	}
	v.contentType, v.body = "application/problem+json", object("problem", body.Error)
	return v
}

func anErrorBodyChangesTheBodyAlone(t *testing.T, frameworks []Framework) {
	l := newLab(t, frameworks, func(a *API) { a.ErrorBody = problem })
	groups := slices.Concat(byRoute(l.tokens), stepUp(l.tokens), faults(l.tokens))
	for _, g := range groups {
		for i := range g.rows {
			g.rows[i].want = g.rows[i].want.problematic(t)
		}
		g.why = "ErrorBody replaces content type and body, and nothing else"
		l.run(t, g)
	}
	l.checkLog(t, groups)
}
