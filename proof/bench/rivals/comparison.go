package rivals

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/proof/bench/performance"
	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

// These lines in README.md surround the comparison, which a test writes.
const (
	Begin = "<!-- comparison -->"
	End   = "<!-- end of comparison -->"
)

// column is a library in the comparison.
type column struct {
	Title      string
	api        string // API with the documented set-up, by its name in docs/rivals.md
	allOptions string // the name of the API with parser options in addition, or ""
	timed      rival.Rival
}

func columns() []column {
	return []column{
		{"Bearerguard", "Bearerguard", "", rival.BearerguardUncached()},
		{"golang-jwt + keyfunc", "Gin, golang-jwt and keyfunc", "the same, with parser options", rival.GolangJWT()},
		{"coreos/go-oidc", "coreos/go-oidc", "", rival.GoOIDC()},
		{"auth0/go-jwt-middleware v3", "auth0/go-jwt-middleware v3", "", rival.Auth0v3()},
		{"echo-jwt + keyfunc", "labstack/echo-jwt with keyfunc", "", rival.GolangJWT()}, // times of golang-jwt, which echo-jwt calls
	}
}

//go:embed comparison.md.tmpl
var comparison string

// Comparison returns a summary of the table for README.md, with the times and
// allocations of docs/performance.md.
func (t table) Comparison(figures performance.Table) (string, error) {
	rows := []row{
		{Name: fmt.Sprintf("bad tokens that reach the handler, of %d", t.count(row.badToken))},
		{Name: fmt.Sprintf("requests answered with a wrong status, of %d", t.count(func(r row) bool { return r.single }))},
		{Name: "challenges in refusals (RFC 6750)"},
		{Name: "at most 5 fetches of the keys for 20 unknown key IDs"},
		{Name: "time to verify an RS256 token, relative to raw crypto"},
		{Name: "allocations to verify it"},
	}
	for _, c := range columns() {
		cells, err := t.sums(c.api)
		if err != nil {
			return "", err
		}
		if c.allOptions != "" {
			strict, err := t.sums(c.allOptions)
			if err != nil {
				return "", err
			}
			for i := range cells {
				if strict[i] != cells[i] {
					cells[i] += "; with every option: " + strict[i]
				}
			}
		}
		verified, err := figures.Row(c.timed.String())
		if err != nil {
			return "", err
		}
		cells = append(cells, fmt.Sprintf("%.2f ×", verified.Ratio), fmt.Sprint(verified.Allocs))
		for i := range rows {
			rows[i].Cells = append(rows[i].Cells, cells[i])
		}
	}
	return render(comparison, map[string]any{"Columns": columns(), "Rows": rows, "Measured": figures.Under})
}

// sums computes cells of the comparison from the rows of t, for the API with
// the given name.
func (t table) sums(name string) ([]string, error) {
	i := slices.IndexFunc(t.APIs, func(a api) bool { return a.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("docs/rivals.md has no column %s", name)
	}
	wrong := func(r row) bool { return r.single && !strings.HasPrefix(r.Cells[i], asExpected) }
	cells := []string{
		fmt.Sprint(t.count(func(r row) bool { return r.badToken() && r.Cells[i] == "200" })),
		fmt.Sprint(t.count(wrong)),
	}
	if byUser := t.count(func(r row) bool { return wrong(r) && strings.HasSuffix(r.Cells[i], userMark) }); byUser > 0 {
		cells[1] += fmt.Sprintf(" (%d%s)", byUser, userMark)
	}
	for _, name := range []string{"challenge-missing", "jwks-stampede"} {
		r := t.Rows[slices.IndexFunc(t.Rows, func(r row) bool { return r.Name == name })]
		answer := "no"
		switch {
		case strings.HasPrefix(r.Cells[i], asExpected):
			answer = "yes"
		case strings.HasPrefix(r.Cells[i], "403 "):
			answer = "all but 403"
		}
		if strings.HasSuffix(r.Cells[i], userMark) {
			answer += userMark
		}
		cells = append(cells, answer)
	}
	return cells, nil
}

func (t table) count(which func(row) bool) int {
	n := 0
	for _, r := range t.Rows {
		if which(r) {
			n++
		}
	}
	return n
}
