package rivals_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/bench/performance"
	"github.com/bearerguard/bearerguard/proof/bench/rivals"
)

// bearerguard returns the cells of Bearerguard in a comparison.
func bearerguard(comparison string) (cells []string) {
	for line := range strings.Lines(comparison) {
		if f := strings.Split(line, " | "); len(f) > 5 {
			cells = append(cells, f[1])
		}
	}
	return cells[1:] // without the column title
}

func TestTheComparisonCounts(t *testing.T) {
	figures, err := performance.Read(read(t, "docs/performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := rivals.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	figures.Rows[1].Ratio, figures.Rows[1].Allocs = 12.345, 67
	for _, c := range []struct {
		row, cell string
		want      []string
	}{
		{"expired", "ok", []string{"0", "0", "yes", "yes"}},
		{"expired", "200", []string{"1", "1", "yes", "yes"}},
		{"expired", "403", []string{"0", "1", "yes", "yes"}},
		{"good-token", "401", []string{"0", "1", "yes", "yes"}},
		{"two-headers", "200", []string{"0", "1", "yes", "yes"}},
		{"two-headers", "200 †", []string{"0", "1 (1 †)", "yes", "yes"}},
		{"no-token", "ok †", []string{"0", "0", "yes", "yes"}},
		{"missing-scope", "200", []string{"0", "1", "yes", "yes"}},
		{"challenge-missing", "401 without WWW-Authenticate †", []string{"0", "0", "no †", "yes"}},
		{"jwks-stampede", "20 fetches of the JWKS", []string{"0", "0", "yes", "no"}},
	} {
		found.Set(c.row, "Bearerguard", c.cell)
		comparison, err := found.Comparison(figures)
		if err != nil {
			t.Fatal(err)
		}
		found.Set(c.row, "Bearerguard", "ok")
		if got, want := bearerguard(comparison), append(c.want, "12.35 ×", "67"); !slices.Equal(got, want) {
			t.Errorf("%s: %s: got %q, want %q", c.row, c.cell, got, want)
		}
	}
}

func TestAComparisonWithoutFiguresIsRefused(t *testing.T) {
	found, err := rivals.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := found.Comparison(performance.Table{}); err == nil {
		t.Error("got no error, want one that names the missing row")
	}
}
