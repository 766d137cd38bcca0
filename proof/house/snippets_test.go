package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// snippet is a block of Go in a document, after a comment that names the file
// it stands in: that file is compiled, and run by a test.
var snippet = regexp.MustCompile("(?s)(?:<!-- (\\S+) -->\n)?```go\n(.*?)```")

func TestSnippetsOfTheDocumentsCompile(t *testing.T) {
	root := filepath.Join("..", "..")
	documents := []string{"README.md"}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range more {
		documents = append(documents, filepath.Join("docs", filepath.Base(path)))
	}
	found := 0
	for _, document := range documents {
		text, err := os.ReadFile(filepath.Join(root, document))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range snippet.FindAllStringSubmatch(string(text), -1) {
			found++
			file, code := match[1], flat(strings.TrimSuffix(match[2], "\n"))
			if file == "" {
				t.Errorf("%s: no comment names the file of this snippet:\n%s", document, match[2])
				continue
			}
			source, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Errorf("%s: %v", document, err)
				continue
			}
			if !strings.Contains(flat(string(source)), code) {
				t.Errorf("%s: this snippet is not in %s:\n%s", document, file, match[2])
			}
		}
	}
	if found < 7 {
		t.Errorf("got %d snippets, want those of README.md", found)
	}
}

// flat removes the indentation that a snippet loses in a document.
func flat(code string) string {
	lines := strings.Split(code, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimLeft(line, "\t")
	}
	return strings.Join(lines, "\n")
}
