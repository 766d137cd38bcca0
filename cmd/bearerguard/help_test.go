package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandOfTheServerIsExplained(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.HasSubCommands() {
			return
		}
		if cmd.Short == "" || !strings.Contains(cmd.Example, "bearerguard ") {
			t.Errorf("%s: got %q and the example %q, want both", cmd.CommandPath(), cmd.Short, cmd.Example)
		}
	}
	walk(newRoot(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}))
}

func TestTableOfAProgramIsTabs(t *testing.T) {
	var out strings.Builder
	c := caller{streams: streams{out: &out}}
	if err := c.table([]string{"A", "B"}, [][]string{{"1", "x\ty\x1b[31m"}, {"", "ü z"}}); err != nil {
		t.Fatal(err)
	}
	if want := "1\t\"x\\ty\\x1b[31m\"\n\tü z\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
