package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// annotations lists the keywords that do not affect validation.
var annotations = []string{"$schema", "$id", "title", "description", "default"}

// parts returns the JSON Pointers to all keywords that can make a schema refuse
// a value. The at argument is the pointer to this schema.
func parts(schema any, at string) (all []string) {
	s, _ := schema.(object)
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		here := at + "/" + keyword
		if !slices.Contains(annotations, keyword) && keyword != "$defs" {
			all = append(all, here)
		}
		switch sub := s[keyword].(type) {
		case object:
			if keyword != "properties" && keyword != "$defs" {
				all = append(all, parts(sub, here)...)
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(sub)) {
				if _, isSchema := sub[name].(object); !isSchema {
					all = append(all, here+"/"+name) // this value is false, a schema that refuses every value
				}
				all = append(all, parts(sub[name], here+"/"+name)...)
			}
		case []any:
			for i, element := range sub {
				all = append(all, parts(element, fmt.Sprintf("%s/%d", here, i))...)
			}
		}
	}
	return all
}

// without returns the published schema without the part at the pointer.
func without(t *testing.T, pointer string) object {
	t.Helper()
	s := schema()
	steps := strings.Split(pointer, "/")[1:]
	var at any = s
	for _, step := range steps[:len(steps)-1] {
		switch inner := at.(type) {
		case object:
			at = inner[step]
		case []any:
			var i int
			if err := json.Unmarshal([]byte(step), &i); err != nil {
				t.Fatal(err)
			}
			at = inner[i]
		}
	}
	parent, ok := at.(object)
	if !ok {
		t.Fatalf("%s is not in the schema", pointer)
	}
	delete(parent, steps[len(steps)-1])
	return s
}

// redundant lists parts of the schema that could be removed, because another
// part refuses the same values. The map contains the reason why each part is in
// the schema.
var redundant = map[string]string{
	"/$defs/rule/type":   "an editor offers members only for a value that must be an object",
	"/$defs/client/type": "an editor offers members only for a value that must be an object",
}

// If a part of the schema is removed that is not in redundant, the result must
// change for at least one file of the other tests. These tests therefore notice
// a schema that is too permissive.
func TestEachPartOfTheSchemaIsNecessary(t *testing.T) {
	s := published(t)
	var texts []string
	for _, tt := range samples() {
		texts = append(texts, tt.text)
	}
	for _, path := range strict() {
		texts = append(texts, file(path+".isuer", `"x"`, nil))
	}
	texts = append(texts, clients()...)
	for _, claim := range []string{"sub", "/sub", "/sub/x"} {
		texts = append(texts, file("users[].access_claims", `{"`+claim+`":1}`, nil))
	}
	valid := map[string]bool{}
	for _, text := range texts {
		valid[text] = validate(s, text) == nil
	}
	all := parts(schema(), "")
	for _, pointer := range all {
		broken, err := compile(without(t, pointer))
		if err != nil {
			continue // the schema does not compile without this part
		}
		noticed := slices.ContainsFunc(texts, func(text string) bool { return (validate(broken, text) == nil) != valid[text] })
		switch why, found := redundant[pointer]; {
		case !noticed && !found:
			t.Errorf("%s: without this part, the result is the same for every file: add a file that needs it", pointer)
		case noticed && found:
			t.Errorf("%s: without this part, the result for a file changes: remove the part from redundant (%q)", pointer, why)
		}
	}
	if len(all) < 150 {
		t.Errorf("got only %d parts, want all parts of the schema", len(all))
	}
}
