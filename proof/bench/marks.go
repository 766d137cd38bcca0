package bench

import (
	"fmt"
	"strings"
)

// Cut splits a document at two marks, which stand on lines of their own. What
// comes before ends with the first one, and what comes after begins with the
// second.
func Cut(document, begin, end string) (before, between, after string, err error) {
	before, rest, opened := strings.Cut(document, begin+"\n")
	between, after, closed := strings.Cut(rest, end+"\n")
	if !opened || !closed {
		return "", "", "", fmt.Errorf("no place for the table: want the lines %q and %q", begin, end)
	}
	return before + begin + "\n", between, end + "\n" + after, nil
}
