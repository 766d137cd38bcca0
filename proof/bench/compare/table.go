package main

import (
	"fmt"
	"strings"
)

// table contains measured values. String returns it as Markdown, which is also
// readable in a terminal.
type table struct {
	columns []string // titles of all columns except the first, which contains the names
	rows    []row
	notes   string
}

type row struct {
	name  string
	cells []string
}

func (t *table) add(name string, cells ...string) { t.rows = append(t.rows, row{name, cells}) }

// String returns the table with aligned columns.
func (t table) String() string {
	width := make([]int, len(t.columns)+1)
	for _, r := range append(t.rows, row{"", t.columns}) {
		width[0] = max(width[0], len([]rune(r.name)))
		for i, c := range r.cells {
			width[i+1] = max(width[i+1], len([]rune(c)))
		}
	}
	var b strings.Builder
	line := func(r row) {
		fmt.Fprintf(&b, "| %-*s |", width[0], r.name)
		for i, c := range r.cells {
			fmt.Fprintf(&b, " %*s |", width[i+1], c)
		}
		b.WriteByte('\n')
	}
	line(row{"", t.columns})
	b.WriteString("|" + strings.Repeat("-", width[0]+2) + "|")
	for _, w := range width[1:] {
		b.WriteString(strings.Repeat("-", w+1) + ":|")
	}
	b.WriteByte('\n')
	for _, r := range t.rows {
		line(r)
	}
	if t.notes != "" {
		fmt.Fprintf(&b, "\n%s\n", t.notes)
	}
	return b.String()
}

const none = "–"

// micro formats nanoseconds as microseconds, times1 formats a ratio, and whole
// formats a count.
func micro(ns float64) string { return digits(ns / 1000) }
func times1(r float64) string { return digits(r) + " ×" }
func whole(n float64) string  { return fmt.Sprintf("%.0f", n) }

// digits formats a number with about three significant digits.
func digits(f float64) string {
	switch {
	case f < 0.1 && f > -0.1:
		return fmt.Sprintf("%.3f", f)
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	case f < 100:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}
