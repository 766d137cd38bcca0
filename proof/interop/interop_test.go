package interop_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

const (
	audience = "https://api.example.com"

	// The library fetches an issuer's keys at most once every 5 s. The rest of
	// the 30 s is for slow machines.
	rotationTimeout = 30 * time.Second
	pollInterval    = 100 * time.Millisecond
)

var (
	frameworks = []string{"http", "echo", "echo5", "gin"}
	profiles   = []string{"", "rfc9068"}
	algorithms = []string{"RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"}
)

func TestExampleAPIAgainstOIDCProvider(t *testing.T) {
	as := startAuthServer(t)
	program := buildAPI(t)
	for _, framework := range frameworks {
		for _, profile := range profiles {
			t.Run(framework+", profile "+cmp.Or(profile, "default"), func(t *testing.T) {
				api := startAPI(t, program, "FRAMEWORK="+framework, "PROFILE="+profile, "ISSUER="+as.Issuer, "AUDIENCE="+audience)
				r := &run{T: t, as: as, api: api}
				defer r.print()
				r.open()
				r.accepted()
				r.refused()
				r.rotated()
			})
		}
	}
}

// run tests a running API. Its methods add each call to a table.
type run struct {
	*testing.T
	as    *authServer
	api   *api
	table strings.Builder
}

func (r *run) open() {
	r.poll(rotationTimeout, call{what: "healthy after the keys are loaded", route: "GET /healthz", status: 200, body: `{"status":"ok"}`})
	r.check(call{what: "an open route", route: "GET /public", status: 200, body: `{"status":"ok"}`})
}

func (r *run) accepted() {
	for _, alg := range algorithms {
		r.check(r.acceptedCalls(alg, "")...)
	}
	everything := r.token("RS256", "items:read items:write admin")
	r.check(
		call{what: "every scope", route: "GET /admin", token: everything, status: 200, body: `{"status":"ok"}`},
		call{what: "every scope", route: "POST /items", token: everything, status: 200, body: `{"status":"ok"}`},
	)
}

func (r *run) acceptedCalls(alg, when string) []call {
	token := r.token(alg, "items:read items:write")
	me := fmt.Sprintf(`{"sub":%q,"client_id":%[1]q,"iss":%q,"scopes":["items:read","items:write"]}`, r.as.ClientID, r.as.Issuer)
	return []call{
		{what: alg + when, route: "GET /me", token: token, status: 200, body: me},
		{what: alg + when, route: "GET /items", token: token, status: 200, body: items},
	}
}

func (r *run) refused() {
	read := r.token("ES256", "items:read")
	header, rest, _ := strings.Cut(read, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	for _, c := range []call{
		{what: "no token", status: 401},
		{what: "for another audience", token: r.as.token(r.T, "https://other.example.com", "RS256", "items:read"), status: 401, err: "invalid_token"},
		{what: "scope added by the client", token: header + "." + r.addScope(payload) + "." + signature, status: 401, err: "invalid_token"},
		{what: "another signature", token: header + "." + payload + "." + changeFirst(signature), status: 401, err: "invalid_token"},
		{what: "opaque, without introspection", token: r.opaque("items:read"), status: 401, err: "invalid_token"},
		{what: "without the scope", token: r.token("ES256", "items:write"), status: 403, err: "insufficient_scope", scope: "items:read"},
	} {
		c.route = "GET /items"
		r.check(c)
	}
	r.check(call{what: "with one scope of three", route: "GET /admin", token: read, status: 403, err: "insufficient_scope", scope: "items:read items:write admin"})
}

// rotated tests a key rotation. It does not restore the old keys, so all later
// tests use the new keys.
func (r *run) rotated() {
	old := call{what: "the old key, before rotation", route: "GET /me", token: r.token("ES256", ""), status: 200}
	old.body = fmt.Sprintf(`{"sub":%q,"client_id":%[1]q,"iss":%q,"scopes":[]}`, r.as.ClientID, r.as.Issuer)
	r.check(old)

	r.as.rotate(r.T)
	for i, alg := range algorithms {
		calls := r.acceptedCalls(alg, ", the new key")
		if i == 0 { // waits for the first new key; the API then has all new keys
			r.poll(rotationTimeout, calls[0])
			calls = calls[1:]
		}
		r.check(calls...)
	}
	r.check(call{what: "the old key, withdrawn", route: "GET /me", token: old.token, status: 401, err: "invalid_token"})
}

func (r *run) token(alg, scope string) string {
	r.Helper()
	return r.as.token(r.T, audience, alg, scope)
}

func (r *run) opaque(scope string) string {
	r.Helper()
	return r.as.opaque(r.T, audience, scope, "")
}

func (r *run) check(calls ...call) {
	r.Helper()
	for _, c := range calls {
		wrong := r.api.fault(r.T, c)
		r.note(c, wrong)
	}
}

// poll repeats the call until the answer is as expected or the time limit has
// passed. It then makes the call once more and checks the answer.
func (r *run) poll(limit time.Duration, c call) {
	r.Helper()
	began := time.Now()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for r.api.fault(r.T, c) != "" && time.Since(began) < limit {
		<-tick.C
	}
	if waited := time.Since(began).Round(pollInterval); waited > 0 {
		c.what += fmt.Sprintf(", after %v", waited)
	}
	r.check(c)
}

func (r *run) note(c call, wrong string) {
	r.Helper()
	verdict := strings.TrimSpace(fmt.Sprint(c.status, " ", c.err))
	if wrong != "" {
		verdict = "WRONG"
		r.Errorf("%s, %s: %s", c.what, c.route, wrong)
	}
	fmt.Fprintf(&r.table, "%s\t%s\t%s\n", c.what, c.route, verdict)
}

func (r *run) print() {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "token\troute\tanswer over HTTP/1.1 and HTTP/2\n%s", r.table.String())
	if err := w.Flush(); err != nil {
		r.Error(err)
	}
	r.Logf("%s\n%s", r.Name(), text.String())
}

// addScope adds the scope admin to the base64url-encoded claims of a JWT.
func (r *run) addScope(payload string) string {
	var claims map[string]any
	decode(r.T, "."+payload, 1, &claims)
	claims["scope"] = "items:read admin"
	text, err := json.Marshal(claims)
	if err != nil {
		r.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// changeFirst changes the first character of a base64url text. This always
// changes the decoded bytes, because the first character has no unused bits.
// The last character may have unused bits.
func changeFirst(text string) string {
	if text[0] == 'A' {
		return "B" + text[1:]
	}
	return "A" + text[1:]
}
