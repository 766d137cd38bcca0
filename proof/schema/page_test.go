package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The tables of docs/config.md show the schema. If a table differs, this test
// prints the correct table.
func TestTheTablesOfThePageShowTheSchema(t *testing.T) {
	rows, types, seen := [][]string{{"member", "type", "default", "what it is"}}, [][]string{{"type", "values"}}, []string{""}
	for _, m := range members() {
		n := node(t, m.path)
		of := n
		if m.kind == "array" {
			of = node(t, m.path+"[]")
		}
		if names, found := n["propertyNames"].(object); found && m.path == "endpoints" {
			of = resolved(schema(), names)
		}
		if title, _ := of["title"].(string); !slices.Contains(seen, title) {
			seen = append(seen, title)
			types = append(types, []string{title, values(t, title)})
		}
		if !strings.HasSuffix(m.path, "[]") {
			rows = append(rows, []string{"`" + m.path + "`", typeOf(m, n, of), byDefault(t, m.path, n), fmt.Sprint(n["description"])})
		}
	}
	slices.SortFunc(types[1:], func(a, b []string) int { return strings.Compare(strings.ToLower(a[0]), strings.ToLower(b[0])) })
	for name, rows := range map[string][][]string{"members": rows, "types": types} {
		_, rest, found := strings.Cut(page(t), "<!-- "+name+": from config.schema.json -->\n")
		got, _, ended := strings.Cut(rest, "<!-- end -->")
		if !found || !ended {
			t.Fatalf("docs/config.md has no table of %s", name)
		}
		var b strings.Builder
		for i, row := range rows {
			b.WriteString("| " + strings.Join(row, " | ") + " |\n")
			if i == 0 {
				b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
			}
		}
		if want := b.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// typeOf describes the type of the member m, whose schema is n. The argument of
// is the schema of the elements if m is an array, the schema of the names if m
// is "endpoints", and otherwise n.
func typeOf(m member, n, of object) string {
	one := m.kind
	if m.kind == "array" {
		one = fmt.Sprint(of["type"])
	}
	title, hasTitle := of["title"].(string)
	if hasTitle {
		one = title
	}
	plural := one + "s"
	if hasTitle {
		one, plural = "["+one+"](#types)", "["+plural+"](#types)"
	}
	switch {
	case m.path == "endpoints":
		return "a boolean for each " + one
	case m.kind == "array":
		return "array of " + plural
	case m.kind == "integer":
		return fmt.Sprintf("integer, %.0f to %.0f", n["minimum"], n["maximum"])
	}
	return one
}

func byDefault(t *testing.T, path string, n object) string {
	t.Helper()
	steps := strings.Split(path, ".")
	if parent := strings.Join(steps[:len(steps)-1], "."); parent != "" {
		required, _ := node(t, parent)["required"].([]any)
		if slices.Contains(required, any(steps[len(steps)-1])) {
			return "required"
		}
	}
	value, found := n["default"]
	if !found {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return "`" + string(text) + "`"
}

// values lists the names that are valid for a type in the schema. If the type
// does not consist of names, values returns the description of the type.
func values(t *testing.T, title string) string {
	t.Helper()
	for _, def := range schema()["$defs"].(object) {
		def := def.(object)
		if def["title"] != title {
			continue
		}
		list, _ := def["enum"].([]any)
		if len(list) == 0 {
			return fmt.Sprint(def["description"])
		}
		var names []string
		for _, name := range list {
			names = append(names, "`"+name.(string)+"`")
		}
		return strings.Join(names, ", ")
	}
	t.Fatalf("docs/config.schema.json has no definition with the title %q", title)
	return ""
}

var blocks = regexp.MustCompile("(?s)```json\n(.*?)```|<<'END'\n(.*?)\nEND\n")

func TestTheFilesOfThePageAreValid(t *testing.T) {
	found := blocks.FindAllStringSubmatch(page(t), -1)
	for _, b := range found {
		text := b[1] + b[2]
		if err := read(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := validate(published(t), text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if len(found) < 2 {
		t.Errorf("got %d files, want the files of docs/config.md", len(found))
	}
}
