package cases

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// problem is an ErrorBody function that tries to change the status and the
// challenge of a refusal. The attempt must have no effect.
func problem(r *http.Request, e *middleware.Error) (contentType string, body []byte) {
	body, _ = json.Marshal(map[string]string{"problem": string(e.Code)}) // strings can always be encoded
	e.Code, e.Description, e.Scope = middleware.CodeUnavailable, "changed", scopes.Of("changed")
	e.ACR, e.MaxAge = []string{"changed"}, 1<<40
	r.Header.Set("WWW-Authenticate", "changed")
	return "application/problem+json", body
}

// withErrorBody returns the verdict that is expected if the API uses the
// function problem as its ErrorBody.
func (v verdict) withErrorBody(t *testing.T) verdict {
	t.Helper()
	if v.passes() || v.stoppedByServer {
		return v
	}
	var body struct{ Error string }
	if err := json.Unmarshal([]byte(v.body), &body); err != nil {
		t.Fatal(err)
	}
	v.contentType, v.body = "application/problem+json", object("problem", body.Error)
	return v
}

func errorBodyChangesOnlyTheBody(t *testing.T, frameworks []Framework) {
	l := newLab(t, frameworks, func(a *API) { a.ErrorBody = problem })
	groups := slices.Concat(byRoute(l.tokens), stepUp(l.tokens), faults(l.tokens))
	for _, g := range groups {
		for i := range g.rows {
			g.rows[i].want = g.rows[i].want.withErrorBody(t)
		}
		g.why = "ErrorBody replaces only the content type and the body"
		l.run(t, g)
	}
	l.checkLog(t, groups)
}
