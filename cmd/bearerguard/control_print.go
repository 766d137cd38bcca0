package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/mattn/go-isatty"
)

// show prints text as it came, which is JSON, if that was asked for, and else rows.
func (c *caller) show(text []byte, header []string, rows [][]string) error {
	if c.json {
		return c.showJSON(text)
	}
	return c.table(header, rows)
}

func (c *caller) showJSON(text []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), "", "  "); err != nil {
		return failure("the answer is not JSON: %w", err)
	}
	b.WriteByte('\n')
	_, err := c.out.Write(b.Bytes())
	return err
}

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
		_, err := fmt.Fprint(c.out, text.String())
		return err
	}
	var aligned strings.Builder
	tw := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, text.String())
	_ = tw.Flush() // into memory
	head, rest, _ := strings.Cut(aligned.String(), "\n")
	if os.Getenv("NO_COLOR") == "" {
		head = "\x1b[1m" + head + "\x1b[0m"
	}
	_, err := fmt.Fprint(c.out, head, "\n", rest)
	return err
}

// plain is text that stays in its field and does nothing to a terminal.
func plain(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
