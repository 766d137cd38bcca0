package house_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// oddEnglish lists patterns that native writers rarely use, each with better
// words.
var oddEnglish = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\b(is|are) no [a-z]+\b`), "is not a, no such, unknown"},
	{regexp.MustCompile(`(?i)\bis none\b`), "is not, is missing"},
	{regexp.MustCompile(`(?i)\b(can|could)(not)? be had\b`), "is available, is unavailable"},
	{regexp.MustCompile(`(?i)\bbut for\b`), "except"},
	{regexp.MustCompile(`(?i)\b(is|are) told\b`), "receives, is shown"},
	{regexp.MustCompile(`(?i)\bthere twice\b`), "repeated"},
	{regexp.MustCompile(`(?i)\bmetadata (name|are|were|say)\b`), "metadata is singular"},
}

// plainEnglish matches correct phrases that a pattern of oddEnglish also
// matches.
var plainEnglish = regexp.MustCompile(`(?i)\bthere (is|are) (no|none)\b|\b(is|are) no (longer|more|such)\b|\balg is none\b`)

// commentColumns is the maximum width of comments in Go files. A tab counts as
// four columns.
const commentColumns = 80

func TestTextsReadAsEnglish(t *testing.T) {
	for name, text := range tracked(t, "*.go", "*.md") {
		if filepath.Base(name) == "english_test.go" {
			continue
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			line = plainEnglish.ReplaceAll(line, nil)
			for _, odd := range oddEnglish {
				if found := odd.pattern.Find(line); found != nil {
					t.Errorf("%s:%d: %q: write %s", name, i+1, found, odd.instead)
				}
			}
		}
	}
}

// Three kinds of lines may be wider than commentColumns: lines that cannot be
// broken at a space, such as URLs; indented code in comments; and the expected
// output of an example.
func TestCommentsAreWrapped(t *testing.T) {
	comment := regexp.MustCompile(`^\t*// +(- )?([^-\s]|-\S)\S* `) // the first word after the spaces and the dash of a list item
	output := regexp.MustCompile(`^\t*// (Output|Unordered output):`)
	for name, text := range tracked(t, "*.go") {
		inOutput := false
		for i, line := range strings.Split(string(text), "\n") {
			inOutput = output.MatchString(line) || inOutput && strings.HasPrefix(strings.TrimLeft(line, "\t"), "//")
			width := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
			if width > commentColumns && !inOutput && comment.MatchString(line) && !strings.Contains(line, "//nolint") {
				t.Errorf("%s:%d: the comment has %d columns, want %d at most", name, i+1, width, commentColumns)
			}
		}
	}
}

// tracked returns the files that are tracked by git and match patterns of git
// ls-files. It maps each path to the content of the file.
func tracked(t *testing.T, patterns ...string) map[string][]byte {
	t.Helper()
	root := filepath.Join("..", "..")
	list := exec.CommandContext(t.Context(), "git", append([]string{"ls-files", "-z", "--"}, patterns...)...)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted in the work tree, but still in the index
		}
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	if len(files) < 10 {
		t.Fatalf("got only %d files for %q, want all tracked files", len(files), patterns)
	}
	return files
}
