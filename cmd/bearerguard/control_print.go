package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
)

// printOne performs an operation and prints the answer as one row, or as JSON.
func printOne[T any](cmd *cobra.Command, c *caller, op control.TypedOperation[T], header []string, row func(T) []string) error {
	return printRows(cmd, c, op, header, func(answer T) [][]string { return [][]string{row(answer)} })
}

// printList performs an operation whose answer contains a list. It prints each
// element of the list as a row, or the answer as JSON.
func printList[T, E any](cmd *cobra.Command, c *caller, op control.TypedOperation[T], header []string, list func(T) []E, row func(E) []string) error {
	return printRows(cmd, c, op, header, func(answer T) (rows [][]string) {
		for _, e := range list(answer) {
			rows = append(rows, row(e))
		}
		return rows
	})
}

func printRows[T any](cmd *cobra.Command, c *caller, op control.TypedOperation[T], header []string, rows func(T) [][]string) error {
	answer, text, err := doTyped(cmd.Context(), c, op)
	if err != nil || c.json {
		return printAnswer(c, text, err)
	}
	return c.table(header, rows(answer))
}

// printAnswer prints the JSON text of an answer. If err is not nil, it prints
// nothing and returns err.
func printAnswer(c *caller, text []byte, err error) error {
	if err != nil {
		return err
	}
	return c.showJSON(text)
}

// showJSON prints an answer with all of its members, including unknown ones.
func (c *caller) showJSON(text []byte) error { return printJSON(c.out, json.RawMessage(text)) }

// table prints rows. On a terminal, the columns are aligned under a header.
// Otherwise, fields are separated by tabs, so that programs can read them.
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
	_ = tw.Flush() // never fails, because it writes to memory
	head, rest, _ := strings.Cut(aligned.String(), "\n")
	return printText(c.out, paintFor(c.out).bold(head)+"\n"+rest)
}

// plain quotes text if it contains characters that would break its column or
// control the terminal.
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
