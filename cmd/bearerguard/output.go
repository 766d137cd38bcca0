package main

import (
	"encoding/json"
	"io"
	"os"
)

// printJSON writes v for people and programs alike.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return failure("standard output: %w", err)
	}
	return nil
}

// terminal reports whether somebody looks at w.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// paint puts texts into colours, if there is somebody to see them.
type paint bool

// paintFor asks nobody who set NO_COLOR (https://no-color.org) or has a
// terminal that cannot.
func paintFor(w io.Writer) paint {
	return paint(terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func (p paint) in(colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p paint) good(text string) string  { return p.in("32", text) }
func (p paint) bad(text string) string   { return p.in("31", text) }
func (p paint) faint(text string) string { return p.in("2", text) }
