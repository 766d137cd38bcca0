package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// notes are the keywords that refuse nothing.
var notes = []string{"$schema", "$id", "title", "description", "default"}

// parts are the JSON Pointers of all keywords of a schema that refuse something.
func parts(schema any, at string) (all []string) {
	s, _ := schema.(object)
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		here := at + "/" + keyword
		if !slices.Contains(notes, keyword) && keyword != "$defs" {
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
					all = append(all, here+"/"+name) // the schema false
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

// without is a schema that lacks the part at a pointer.
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

// idle are the parts that refuse what another part refuses too, with the reason why
// they stay.
var idle = map[string]string{
	"/$defs/rule/type": "an editor offers members only of what must be an object",
	"/$defs/client/allOf/0/then/properties/auth_method/const": "the fault is the method, and not that there is no secret",
}

// A schema that lacks any of its parts is noticed by the files that the other
// tests try, so a schema that says too little cannot pass them.
func TestEachPartOfTheSchemaIsNeeded(t *testing.T) {
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
	right := map[string]bool{}
	for _, text := range texts {
		right[text] = validate(s, text) == nil
	}
	all := parts(schema(), "")
	for _, pointer := range all {
		broken, err := compile(without(t, pointer))
		if err != nil {
			continue // noticed at once
		}
		noticed := slices.ContainsFunc(texts, func(text string) bool { return (validate(broken, text) == nil) != right[text] })
		switch why, found := idle[pointer]; {
		case !noticed && !found:
			t.Errorf("%s: no file is judged otherwise without it", pointer)
		case noticed && found:
			t.Errorf("%s: a file is judged otherwise without it: it does more than %q", pointer, why)
		}
	}
	if len(all) < 150 {
		t.Errorf("got %d parts, want all of the schema", len(all))
	}
}
