package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// table holds the results: a row for each library and a column for each
// scenario.
type table struct {
	columns []string
	rows    []row
}

type row struct {
	name  string
	cells []string
}

// text prints the table for a terminal, one column after another, because the
// whole table is wider than a terminal.
func (t table) text(w io.Writer) {
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, column := range t.columns {
		if i > 0 {
			fmt.Fprintln(tabs)
		}
		fmt.Fprintln(tabs, column)
		for _, r := range t.rows {
			fmt.Fprintf(tabs, "  %s\t%s\n", r.name, r.cells[i])
		}
	}
	_ = tabs.Flush()
}

// markdown prints the table for a document.
func (t table) markdown(w io.Writer) {
	fmt.Fprintf(w, "| | %s |\n|---|%s\n", strings.Join(t.columns, " | "), strings.Repeat("---|", len(t.columns)))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s | %s |\n", r.name, strings.Join(r.cells, " | "))
	}
}

// short formats a duration. It shows nothing finer than 10 ms, because a token
// is sent only every 10 ms.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return "< 10 ms"
	case d < 95*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Round(10*time.Millisecond).Milliseconds())
	case d == d.Truncate(time.Second):
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
