package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// snippet matches a block of Go code in a document and the comment before the
// block. The comment contains the path of a file with the same code. This file
// is compiled and tested.
var snippet = regexp.MustCompile("(?s)(?:<!-- (\\S+) -->\n)?```go\n(.*?)```")

func TestSnippetsOfTheDocumentsCompile(t *testing.T) {
	found := 0
	for document, text := range documents(t) {
		for _, match := range snippet.FindAllStringSubmatch(text, -1) {
			found++
			file, code := match[1], flat(strings.TrimSuffix(match[2], "\n"))
			if file == "" {
				t.Errorf("%s: this snippet needs a comment before it that names its file, <!-- FILE -->:\n%s", document, match[2])
				continue
			}
			source, err := os.ReadFile(filepath.Join("..", "..", file))
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
		t.Errorf("got %d snippets, want the snippets of README.md", found)
	}
}

// documents returns README.md and the pages of docs, by their paths from the
// root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, path := range append(paths, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// Each page begins with an example. The example is either Go code that is
// compiled, or commands that the tests of cmd/bearerguard run or parse.
func TestPagesBeginWithAnExample(t *testing.T) {
	for name, text := range documents(t) {
		if filepath.Base(name) == "README.md" {
			continue
		}
		start, _, _ := strings.Cut(text, "\n## ")
		if !strings.Contains(start, "\n```go\n") && !strings.Contains(start, "\n```sh\n") {
			t.Errorf("%s: add a block of go or sh before the first section", name)
		}
	}
}

// Links between the documents lead to an existing file and section.
func TestLinksOfTheDocumentsExist(t *testing.T) {
	all := documents(t)
	link := regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)|<img src="([^"]*)"`)
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	block := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for name, text := range all {
		for _, match := range link.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
			target, section := match[1]+match[3], match[2]
			if strings.Contains(target, "://") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join("..", "..", path)); err != nil {
				t.Errorf("%s links %s: %v", name, target, err)
				continue
			}
			found := section == ""
			for _, h := range heading.FindAllStringSubmatch(all[path], -1) {
				found = found || strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == section
			}
			if !found {
				t.Errorf("%s links %s#%s, which does not exist", name, path, section)
			}
		}
	}
}

func TestReadmeIsShort(t *testing.T) {
	text := documents(t)["README.md"]
	if size, lines := len(text), strings.Count(text, "\n"); size > 9000 || lines > 170 {
		t.Errorf("README.md has %d bytes and %d lines, want 9000 and 170 at most: move details to a page in docs", size, lines)
	}
}

// flat removes the indentation of each line, because a document and a file may
// indent the same code differently.
func flat(code string) string {
	lines := strings.Split(code, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimLeft(line, "\t")
	}
	return strings.Join(lines, "\n")
}
