package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// show prints text as it came, which is JSON, if that was asked for, and else rows.
func (c *caller) show(text []byte, header []string, rows [][]string) error {
	if c.json {
		return c.showJSON(text)
	}
	return c.table(header, rows)
}

// showJSON prints an answer with all of its members, those included that this
// program does not know.
func (c *caller) showJSON(text []byte) error { return printJSON(c.out, json.RawMessage(text)) }

// table prints aligned columns under a header on a terminal, and elsewhere fields
// separated by tabs, for programs.
func (c *caller) table(header []string, rows [][]string) error {
	terminal := isTerminal(c.out)
	if terminal {
		rows = append([][]string{header}, rows...)
	}
	var text strings.Builder
	for _, row := range rows {
		for i, field := range row {
			if i > 0 {
				text.WriteByte('\t')
			}
			text.WriteString(plain(field))
		}
		text.WriteByte('\n')
	}
	if !terminal {
		return printText(c.out, text.String())
	}
	var aligned strings.Builder
	tw := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, text.String())
	_ = tw.Flush() // into memory
	head, rest, _ := strings.Cut(aligned.String(), "\n")
	return printText(c.out, paintFor(c.out).bold(head)+"\n"+rest)
}

// plain is text that stays in its field and does nothing to a terminal.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
