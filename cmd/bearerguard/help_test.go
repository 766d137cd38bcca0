package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/spf13/cobra"
)

func TestEveryCommandHasAShortTextAndAnExample(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.HasSubCommands() || cmd.Parent().Name() == "completion" { // cobra writes the texts of "completion"
			return
		}
		if cmd.Short == "" || !strings.Contains(cmd.Example, "bearerguard ") {
			t.Errorf("%s: got %q and the example %q, want both", cmd.CommandPath(), cmd.Short, cmd.Example)
		}
	}
	walk(newRoot(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}))
}

// The table of docs/cli.md must list every command. If it does not, this test
// prints the correct table.
func TestThePageListsEveryCommand(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- commands: from bearerguard --help -->\n")
	got, _, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		t.Fatal("docs/cli.md has no table of commands")
	}
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if !cmd.HasSubCommands() {
			_, use, _ := strings.Cut(cmd.UseLine(), " ")
			use = strings.ReplaceAll(strings.TrimSuffix(use, " [flags]"), "|", "\\|")
			b.WriteString("| `" + use + "` | " + strings.ReplaceAll(cmd.Short, "|", "\\|") + " |\n")
		}
	}
	walk(newRoot(streams{}))
	if want := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableWithoutATerminalHasTabs(t *testing.T) {
	var out strings.Builder
	c := caller{streams: streams{out: &out}}
	if err := c.table([]string{"A", "B"}, [][]string{{"1", "x\ty\x1b[31m"}, {"", "ü z"}}); err != nil {
		t.Fatal(err)
	}
	if want := "1\t\"x\\ty\\x1b[31m\"\n\tü z\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// shellWords matches the words of a shell line. It supports the quoting that
// the documents use.
var shellWords = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)

func TestCommandsInTheDocumentsExist(t *testing.T) {
	found := 0
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range append(pages, filepath.Join("..", "..", "README.md")) {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```(?:sh|yaml|console)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			for _, line := range regexp.MustCompile(`(?m)(?:^|[^/])\bbearerguard ([^#|)&\n]*)`).FindAllStringSubmatch(block[1], -1) {
				found++
				args := shellWords.FindAllString(strings.TrimRight(line[1], ` \`), -1)
				root := newRoot(streams{})
				cmd, rest, err := root.Find(cli.Protect(root, args))
				if err == nil {
					err = cmd.ParseFlags(rest)
				}
				if err != nil {
					t.Errorf("%s: bearerguard %s: %v", document, line[1], err)
				}
			}
		}
	}
	if found < 40 {
		t.Errorf("got %d commands, want those of docs/cli.md and the other pages", found)
	}
}
