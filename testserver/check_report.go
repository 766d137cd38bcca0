package testserver

import (
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// finding is one thing wrong with the API, and the first probe that showed it.
type finding struct {
	kind      string
	probe     probe
	got, want string
	others    []string // names of further probes
}

// note adds a finding; further ones of its kind only add their probe, since a
// challenge that is wrong once is wrong everywhere.
func (c *check) note(p probe, kind, got, want string) {
	for i := range c.findings {
		if f := &c.findings[i]; f.kind == kind {
			if p.name != f.probe.name {
				f.others = append(f.others, p.name)
			}
			return
		}
	}
	c.findings = append(c.findings, finding{kind: kind, probe: p, got: got, want: want})
}

// report fails the test once for each finding.
func (c *check) report() {
	c.tb.Helper()
	if c.results != nil {
		c.results(c.list())
	}
	for _, f := range c.findings {
		why, fix := f.reasons()
		c.tb.Errorf("%s: %s: got %s, want %s\n\tsent: %s\n\twhy:  %s\n\tfix:  %s",
			c.what, f.kind, f.got, f.want, f.sent(), why, fix)
	}
}

func (f finding) reasons() (why, fix string) {
	if text, ok := general[f.kind]; ok {
		return text.why, text.fix
	}
	return f.probe.why, f.probe.fix
}

func (f finding) sent() string {
	var b strings.Builder
	b.WriteString(f.probe.sent)
	for _, token := range f.probe.tokens {
		fmt.Fprintf(&b, ", fingerprint %s", journal.Fingerprint(token))
	}
	if n := len(f.others); n > 0 {
		const shown = 6
		fmt.Fprintf(&b, "; the same for %s", strings.Join(f.others[:min(n, shown)], ", "))
		if n > shown {
			fmt.Fprintf(&b, " and %d more", n-shown)
		}
	}
	return b.String()
}

// general are the texts of the faults that any probe may show.
var general = map[string]struct{ why, fix string }{
	noAnswer: {
		"A token, however bad, is answered (RFC 6750 §3.1).",
		"Is the API running, and is the URL right? If so, find the panic or the wait; a refusal must depend on nothing that the token makes the API do. If the good token was not answered, nothing else was checked.",
	},
	serverError: {
		"A bad token is the client's fault, 401 (RFC 6750 §3.1); 5xx says that the API failed (RFC 9110 §15.6).",
		"Treat every error of reading a token as a refusal; keep 503 for keys that cannot be fetched.",
	},
	challengeMissing: {
		"A refusal must include WWW-Authenticate with a Bearer challenge (RFC 6750 §3, RFC 9110 §15.5.2).",
		"Set WWW-Authenticate: Bearer realm=\"…\" on every 400, 401 and 403 that is about the token.",
	},
	challengeMalformed: {
		"A challenge that clients cannot parse tells them nothing (RFC 9110 §11.6.1, §5.6.4; RFC 6750 §3).",
		"Write scheme, space, then name=\"value\" pairs with commas between; each name once; constant texts of printable ASCII without quotes.",
	},
	challengeBare: {
		"The scheme Bearer must be followed by one or more parameters (RFC 6750 §3).",
		"Add realm=\"…\".",
	},
	errorWithoutToken: {
		"A request without a token should get no error code: nothing was wrong with it but that (RFC 6750 §3.1).",
		"Leave error and error_description out if no token came.",
	},
	errorCode: {
		"The error attribute is invalid_token with 401, invalid_request with 400, insufficient_scope with 403 (RFC 6750 §3.1).",
		"Add error=\"…\" to the Bearer challenge; clients decide by it whether to get a new token.",
	},
	scopeMissing: {
		"A client can only ask for the scope that it lacks if the challenge names it (RFC 6750 §3, §3.1).",
		"Add scope=\"…\" to the challenge: what the route needs, not what the token has.",
	},
	scopeHeld: {
		"A client asks for the scope that the challenge names; with one that it has already it gets the same token and the same answer (RFC 6750 §3, §3.1).",
		"Name the role as a scope if it is one, or leave scope=\"…\" out where no scope is missing.",
	},
	tokenEchoed: {
		"Answers are logged, cached and shown; a token in one is disclosed (RFC 6750 §5.2, §5.3; RFC 9700 §4.3).",
		"Answer with constant texts; put neither the token nor the text of a parser's error into them.",
	},
	urlFetched: {
		"The API asked a URL that stands in a token: whoever writes one chooses what it connects to (RFC 8725 §3.10).",
		"Ignore jku and x5u: take keys from the configured issuer alone.",
	},
	jwksStampede: {
		"Every bad token makes the API fetch keys: whoever sends many takes the authorization server down; kid is input like any other (RFC 8725 §3.10).",
		"After an unknown kid fetch the JWKS once, then not again for some seconds, whatever the kid.",
	},
	http2Differs: {
		"What a token is worth does not depend on the version of HTTP (RFC 9110 §2.5, RFC 9113 §8.2.1).",
		"Write header fields without control characters, which HTTP/2 drops; look fields up by name, not in raw text.",
	},
}
