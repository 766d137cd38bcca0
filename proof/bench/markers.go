package bench

import (
	"fmt"
	"strings"
)

// Cut splits a document at two marker lines, whose texts are begin and end. The
// first part ends with the first marker line. The third part begins with the
// second marker line.
func Cut(document, begin, end string) (before, between, after string, err error) {
	before, rest, opened := strings.Cut(document, begin+"\n")
	between, after, closed := strings.Cut(rest, end+"\n")
	if !opened || !closed {
		return "", "", "", fmt.Errorf("the document has no place for the table: add the lines %q and %q", begin, end)
	}
	return before + begin + "\n", between, end + "\n" + after, nil
}
