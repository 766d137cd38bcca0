package bench

import (
	"fmt"
	"strings"
)

// Cut splits a document at two marks, each on a line of its own. The part
// before ends with the first mark, and the part after begins with the second
// one.
func Cut(document, begin, end string) (before, between, after string, err error) {
	before, rest, opened := strings.Cut(document, begin+"\n")
	between, after, closed := strings.Cut(rest, end+"\n")
	if !opened || !closed {
		return "", "", "", fmt.Errorf("the document has no place for the table: add the lines %q and %q", begin, end)
	}
	return before + begin + "\n", between, end + "\n" + after, nil
}
