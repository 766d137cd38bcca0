package cases

import (
	"slices"
	"strings"
	"testing"
)

// hostile returns rows with strings that would break a header field or a log
// entry if they were not escaped. The tests search all answers and the log for
// the canary.
func hostile(t tokens) []group {
	const (
		breakout = `canary\", error=\"none\r\nSet-Cookie: canary=1\r\n\r\n`
		escapes  = `canary\u001b[31m\u0000\u0007\u2028\ud83d\ude00`
	)
	on := func(header, claims string) request { return at("/read", "Bearer "+t.Token(header, claims)) }
	claims := func(pairs ...string) request { return on(t.Header(), t.Claims(pairs...)) }
	header := func(pairs ...string) request { return on(t.Header(pairs...), t.Claims()) }
	var (
		signature = badToken("token signature is not valid")
		issuer    = badToken("token issuer is not accepted")
		mangled   = badToken("token is malformed")
	)
	e02 := group{"E02", "no byte of a token appears in an answer or in the log", nil}
	for name, text := range map[string]string{"quotes and line breaks": breakout, "control bytes": escapes} {
		text = `"` + text + `"`
		e02.rows = append(e02.rows,
			row{name: name + " in iss", request: claims("iss", text), want: issuer},
			row{name: name + " in aud", request: claims("aud", text), want: badToken("token audience is not accepted")},
			row{name: name + " in scope", request: claims("scope", text), want: lacking("read")},
			row{name: name + " in the subject of an expired token", request: claims("sub", text, "exp", "1"), want: badToken("token is expired")},
			row{name: name + " in exp", request: claims("exp", text), want: mangled},
			row{name: name + " in a claim's name", request: claims("canary", text, "iss", `"x"`), want: issuer},
			row{name: name + " in kid", request: header("kid", text), want: mangled},
			row{name: name + " in typ", request: header("typ", text), want: badToken("token is not an access token")},
			row{name: name + " in alg", request: header("alg", text), want: signature},
		)
	}
	slices.SortFunc(e02.rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return []group{e02,
		{"E03", "the log contains no text of a client", []row{
			{name: "an unknown kid", request: header("kid", `"canary"`), want: signature},
			{name: "a kid with a log entry", request: header("kid", `"x level=INFO msg=canary"`), want: signature},
			{name: "a scheme", request: at("/read", `canary"realm="x`), want: noAuth("read")},
			{name: "a token that is not a JWT", request: at("/read", "Bearer canary"), want: badToken("token is not valid")},
			{name: "a malformed token", request: at("/read", `Bearer canary", error="none`), want: malformed},
			{name: "a path", request: at("/read?canary=%0d%0aSet-Cookie:canary"), want: noAuth("read")},
			{name: "a host", request: at("/read").with("X-Forwarded-Host", "canary.example"), want: noAuth("read")},
		}},
	}
}

// checkLog searches the log of the verifier, the servers and the programs
// around the adapters for the canary and for parts of signatures.
func (l *lab) checkLog(t *testing.T, groups []group) {
	t.Helper()
	log := l.log.String()
	for _, text := range []string{`msg="request refused"`, `msg="error handler" refused=true`, `msg=logger refused=true`} {
		if !strings.Contains(log, text) {
			t.Errorf("the log has no entry with %s, so the search proves nothing", text)
		}
	}
	if i := strings.Index(log, canary); i >= 0 {
		t.Errorf("E03: the log contains text that a client sent: %q", log[max(0, i-200):min(len(log), i+200)])
	}
	const window = 8 // length of the pieces searched for; shorter pieces may match by chance
	secret := make(map[string]string)
	for _, g := range groups {
		for _, r := range g.rows {
			for _, f := range r.fields {
				if parts := strings.Split(f.value, "."); len(parts) == 3 {
					for i := range len(parts[2]) - window + 1 {
						secret[parts[2][i:i+window]] = g.id + "/" + r.name
					}
				}
			}
		}
	}
	if len(secret) == 0 {
		t.Error("no row has a signature")
	}
	for i := range len(log) - window + 1 {
		if row, found := secret[log[i:i+window]]; found {
			t.Fatalf("E04: %s: part of the signature was logged: %q", row, log[max(0, i-200):min(len(log), i+200)])
		}
	}
}
