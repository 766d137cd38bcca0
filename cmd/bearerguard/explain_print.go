package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

var marks = map[middleware.Outcome]string{middleware.Passed: "✓", middleware.Refused: "✗", middleware.NotReached: "–"}

// print writes one line for each check, followed by the verdict. On a terminal,
// more lines follow a failed check. For a refused token, the provider and the
// hints come last.
func (e explanation) print(w io.Writer, table bool, p paint) error {
	var b strings.Builder
	for _, c := range e.Checks {
		text, colour := c.About, p.good
		switch c.Result {
		case middleware.Refused:
			text, colour = c.Reason, p.bad
		case middleware.NotReached:
			colour = p.faint
		case middleware.Passed:
		}
		if !table {
			fmt.Fprintln(&b, strings.TrimRight(strings.Join([]string{marks[c.Result], c.Name, text, c.Expected, c.Found}, "\t"), "\t"))
			continue
		}
		fmt.Fprintf(&b, " %s %-16s %s\n", colour(marks[c.Result]), c.Name, colour(text))
		if c.Result == middleware.Refused {
			for _, line := range [...][2]string{{"want", c.Expected}, {"got", c.Found}} {
				if line[1] != "" {
					fmt.Fprintf(&b, "   %16s %s\n", line[0], line[1])
				}
			}
		}
	}
	switch {
	case e.Accepted:
		fmt.Fprintln(&b, p.good("accepted"))
	case e.Code == "":
		fmt.Fprintln(&b, p.bad(fmt.Sprintf("refused with %d: %s", e.Status, e.Reason)))
	default:
		fmt.Fprintln(&b, p.bad(fmt.Sprintf("refused with %d %s: %s", e.Status, e.Code, e.Reason)))
	}
	if e.Provider != nil && !e.Accepted {
		fmt.Fprintf(&b, "the token seems to come from %s: see %s\n", e.Provider.Title, e.Provider.Preset)
	}
	for _, hint := range e.Hints {
		fmt.Fprintln(&b, "hint: "+hint)
	}
	return printText(w, b.String())
}
