package main

import (
	"encoding/json"
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// printJSON writes v as indented JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return outputError(e.Encode(v))
}

func printText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return outputError(err)
}

func outputError(err error) error {
	if err != nil {
		return failure("standard output: %w", err)
	}
	return nil
}

// isTerminal reports whether v is a terminal.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// paint specifies whether text is colored.
type paint bool

// paintFor returns true if w is a terminal that supports colors and the
// environment variable NO_COLOR is not set (https://no-color.org).
func paintFor(w io.Writer) paint {
	return paint(isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func (p paint) in(colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p paint) bold(text string) string  { return p.in("1", text) }
func (p paint) good(text string) string  { return p.in("32", text) }
func (p paint) bad(text string) string   { return p.in("31", text) }
func (p paint) faint(text string) string { return p.in("2", text) }
