package main

import (
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

var small = table{
	columns: []string{"new kid", "removed key"},
	rows:    []row{{"a long name v1.2.3", []string{"< 10 ms", "never (> 5 s)"}}, {"b", []string{"no (> 10 s)", "1.0 s"}}},
}

func TestTheTableIsPrinted(t *testing.T) {
	for name, test := range map[string]struct {
		print func(*strings.Builder)
		want  string
	}{
		"as text": {func(b *strings.Builder) { small.text(b) }, `
new kid
  a long name v1.2.3  < 10 ms
  b                   no (> 10 s)

removed key
  a long name v1.2.3  never (> 5 s)
  b                   1.0 s
`},
		"as Markdown": {func(b *strings.Builder) { small.markdown(b) }, `
| | new kid | removed key |
|---|---|---|
| a long name v1.2.3 | < 10 ms | never (> 5 s) |
| b | no (> 10 s) | 1.0 s |
`},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			test.print(&b)
			if got, want := b.String(), test.want[1:]; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTimesAreAsExactAsTheyWereMeasured(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "< 10 ms", 9999 * time.Microsecond: "< 10 ms", 10 * time.Millisecond: "10 ms", 14 * time.Millisecond: "10 ms", 94 * time.Millisecond: "90 ms",
		96 * time.Millisecond: "0.1 s", 1049 * time.Millisecond: "1.0 s", time.Second: "1 s", 10 * time.Second: "10 s",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestARivalIsNamedWithItsVersion(t *testing.T) {
	for _, r := range rival.Fetching()[1:] {
		if name := r.String(); !strings.Contains(name, " v") {
			t.Errorf("got %q, want a version in it", name)
		}
	}
}
