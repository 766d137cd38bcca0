package performance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/proof/bench"
)

// Command compare writes the table between these two lines of
// docs/performance.md.
const (
	Begin = "<!-- make bench writes the text below -->"
	End   = "<!-- end of the written text -->"
)

// Command compare writes the table of requests with DPoP proofs between these
// two lines.
const (
	BeginProofs = "<!-- make bench writes the table of proofs -->"
	EndProofs   = "<!-- until the end of the table of proofs -->"
)

// Table is the table in docs/performance.md about tokens signed with RS256.
type Table struct {
	Rows  []Row
	Under string // the line below the table: date, machine, and how it was measured
}

// Row is the row of one library.
type Row struct {
	Name   string  // name of the library, with its version
	Ratio  float64 // time relative to raw crypto
	Allocs int     // allocations for one token
}

// Read returns the table of a page.
func Read(page string) (Table, error) {
	_, text, _, err := bench.Cut(page, Begin, End)
	if err != nil {
		return Table{}, err
	}
	var t Table
	var ratio, allocs int // columns
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case line == "" || strings.HasPrefix(line, "|-"):
		case !strings.HasPrefix(line, "|"):
			t.Under = line // the last non-table line
		case cells[0] == "":
			ratio, allocs = slices.Index(cells, "× raw"), slices.Index(cells, "allocs")
			if ratio < 0 || allocs < 0 {
				return Table{}, fmt.Errorf("got the columns %q, want the columns of RS256 first", cells)
			}
		default:
			r := Row{Name: cells[0]}
			if r.Ratio, err = strconv.ParseFloat(strings.TrimSuffix(cells[ratio], " ×"), 64); err != nil {
				return Table{}, fmt.Errorf("%s: %w", r.Name, err)
			}
			if r.Allocs, err = strconv.Atoi(cells[allocs]); err != nil {
				return Table{}, fmt.Errorf("%s: %w", r.Name, err)
			}
			t.Rows = append(t.Rows, r)
		}
	}
	return t, nil
}

// Row returns the row of a library. The name includes the version.
func (t Table) Row(name string) (Row, error) {
	i := slices.IndexFunc(t.Rows, func(r Row) bool { return r.Name == name })
	if i < 0 {
		return Row{}, fmt.Errorf("docs/performance.md has no row for %s; make bench measures it", name)
	}
	return t.Rows[i], nil
}
