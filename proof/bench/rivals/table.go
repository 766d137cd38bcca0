package rivals

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"text/template"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

// row is the row of the table about one check of apitest.Check.
type row struct {
	Name  string
	Want  string
	Why   string
	Cells []string // one for each API

	kind   kind
	single bool // the row is about the status of one request, not about all answers
}

// accepted is the wanted result in rows about good tokens.
const accepted = "2xx"

// badToken reports whether a row is about a token that must be refused because
// of its contents or its signature. It returns false if the token must be
// refused because of its scopes or its place in the request.
func (r row) badToken() bool { return r.single && r.kind == verifying && r.Want != accepted }

// table contains the parts of docs/rivals.md that may differ from run to run.
type table struct {
	APIs []api
	Rows []row
}

// asExpected is the content of a cell if nothing is wrong.
const asExpected = "ok"

// measure runs apitest.Check on every API and returns the table of results.
func measure(ctx context.Context) (table, error) {
	single, open, err := probes(ctx)
	if err != nil {
		return table{}, err
	}
	t := table{APIs: apis(), Rows: append(single, general()...)}
	for _, a := range t.APIs {
		found, err := run(ctx, a.protection)
		if err == nil {
			err = t.fits(found, len(open.statuses))
		}
		if err != nil {
			return table{}, fmt.Errorf("%s: %w", a.Name, err)
		}
		for i := range t.Rows {
			row := &t.Rows[i]
			text := cell(found, *row, i)
			row.Cells = append(row.Cells, text+mark(a, *row, text))
		}
	}
	return t, nil
}

// probes runs apitest.Check on an unprotected API. It returns the outcome of
// this run, and a row for each single request of the check, in order. A request
// that must be refused appears among the findings of this run.
func probes(ctx context.Context) ([]row, outcome, error) {
	open, err := run(ctx, rival.Unprotected())
	if err != nil {
		return nil, outcome{}, err
	}
	rows := []row{
		{Name: "good-token", Want: accepted, Why: "A valid token is accepted (RFC 6750 §2.1)."},
		{Name: "lower-case-scheme", Want: accepted, Why: "The name of an authentication scheme is case-insensitive (RFC 9110 §11.1)."},
		{Name: "upper-case-scheme", Want: accepted, Why: "As above."},
	}
	for _, f := range open.findings {
		rows = append(rows, row{Name: f.name, Want: f.want, Why: f.why})
	}
	for i := range rows {
		rows[i].kind, rows[i].single = kindOf(rows[i].Name), true
	}
	return rows, open, nil
}

func kindOf(name string) kind {
	switch name {
	case "lower-case-scheme", "upper-case-scheme", "no-token", "other-scheme", "two-headers", "header-and-query", "query-only",
		"garbage-empty", "garbage-words":
		return carrying
	case "missing-scope", "look-alike-scope":
		return scoping
	}
	return verifying
}

// general returns rows for the findings that do not belong to one specific
// request.
func general() []row {
	return []row{
		{Name: "no-answer", Want: "an answer", Why: "A token, however bad, is answered (RFC 6750 §3.1)."},
		{Name: "server-error", Want: "no 5xx", Why: "A bad token is the client's fault (RFC 6750 §3.1, RFC 9110 §15.6)."},
		{Name: "challenge-missing", Want: "WWW-Authenticate: Bearer", Why: "A refusal includes a challenge (RFC 6750 §3, RFC 9110 §15.5.2).", kind: answering},
		{Name: "challenge-malformed", Want: "well-formed challenges", Why: "A challenge follows the grammar of RFC 9110 §11.6.1 and RFC 6750 §3.", kind: answering},
		{Name: "challenge-bare", Want: "a parameter", Why: "The scheme Bearer is followed by one or more parameters (RFC 6750 §3).", kind: answering},
		{Name: "error-without-token", Want: "no error attribute", Why: "A request without a token gets no error code (RFC 6750 §3.1).", kind: answering},
		{Name: "error-code", Want: "the code that goes with the status", Why: "invalid_token with 401, invalid_request with 400, insufficient_scope with 403 (RFC 6750 §3.1).", kind: answering},
		{Name: "scope-missing", Want: "scope in the challenge of a 403", Why: "The client learns which scope it lacks (RFC 6750 §3, §3.1).", kind: answering},
		{Name: "token-echoed", Want: "no part of a token in an answer", Why: "Answers are logged and cached (RFC 6750 §5.2, §5.3; RFC 9700 §4.3).", kind: answering},
		{Name: "url-fetched", Want: "no request to a URL in a token", Why: "An attacker who writes the token could choose the server to which the API connects (RFC 8725 §3.10)."},
		{Name: "jwks-stampede", Want: "at most 5 fetches of the JWKS", Why: "20 tokens with 20 unknown kids, and 20 of garbage, are sent (RFC 8725 §3.10)."},
		{Name: "http2-differs", Want: "the answers of HTTP/1.1", Why: "The version of HTTP changes nothing (RFC 9110 §2.5)."},
	}
}

// aboutChallenges lists the rows that apply only to an API that sends
// challenges.
var aboutChallenges = []string{"challenge-malformed", "challenge-bare", "error-without-token", "error-code", "scope-missing"}

// fits returns an error if a finding has no row in the table. It also returns
// an error if the API received more or fewer requests over HTTP/1.1 than
// expected.
func (t table) fits(found outcome, requests int) error {
	var errs []error
	for _, f := range found.findings {
		if !slices.ContainsFunc(t.Rows, func(r row) bool { return r.Name == f.name }) {
			errs = append(errs, fmt.Errorf("the table has no row for the finding %s", f.name))
		}
	}
	if len(found.statuses) != requests {
		errs = append(errs, fmt.Errorf("%d requests over HTTP/1.1, want the battery's %d", len(found.statuses), requests))
	}
	return errors.Join(errs...)
}

// cell returns the content of a cell. For a row about a single request, the
// cell contains the status if the status is wrong. For any other row, it
// contains what apitest.Check reports about the first answer that fails the
// check.
func cell(found outcome, r row, i int) string {
	f, wrong := found.find(r.Name)
	switch {
	case !r.single && wrong:
		return strings.ReplaceAll(f.got, "|", `\|`)
	case !found.challenged && slices.Contains(aboutChallenges, r.Name):
		return "no challenge"
	case !r.single:
		return asExpected
	case found.statuses[i] == 0:
		return "no answer"
	case wrong, found.statuses[i] >= http.StatusInternalServerError: // for a 5xx, apitest.Check reports server-error instead of the name of the row
		return fmt.Sprint(found.statuses[i])
	}
	return asExpected
}

// userMark marks the results that depend on code that the users of a library
// must write themselves.
const userMark = " †"

func mark(a api, of row, text string) string {
	own := slices.Contains(a.ownCode, of.kind)
	if of.kind == answering && strings.HasPrefix(text, "403 ") { // a 403 is sent by the code that checks the scope
		own = own || slices.Contains(a.ownCode, scoping)
	}
	if own {
		return userMark
	}
	return ""
}

//go:embed rivals.md.tmpl
var page string

// Page returns the content of docs/rivals.md.
func (t table) Page() (string, error) { return render(page, t) }

func render(text string, data any) (string, error) {
	tmpl, err := template.New("").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = tmpl.Execute(&b, data)
	return b.String(), err
}
