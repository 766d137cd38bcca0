package schema_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// node returns the schema of a member. If this schema refers to a definition,
// node merges the two. The member's own keywords take precedence.
func node(t *testing.T, path string) object {
	t.Helper()
	root := schema()
	at := root
	for step := range strings.SplitSeq(path, ".") {
		name, isElement := strings.CutSuffix(step, "[]")
		properties, _ := at["properties"].(object)
		if at, _ = properties[name].(object); isElement {
			at, _ = at["items"].(object)
		}
		if at == nil {
			t.Fatalf("docs/config.schema.json has no %s: add it", path)
		}
		at = resolved(root, at)
	}
	return at
}

func resolved(root, at object) object {
	ref, _ := at["$ref"].(string)
	name, found := strings.CutPrefix(ref, "#/$defs/")
	if !found {
		return at
	}
	merged := object{}
	for keyword, value := range root["$defs"].(object)[name].(object) {
		merged[keyword] = value
	}
	for keyword, value := range at {
		merged[keyword] = value
	}
	return merged
}

func TestTheSchemaDescribesEachMember(t *testing.T) {
	for _, m := range members() {
		text, _ := node(t, m.path)["description"].(string)
		if !strings.HasSuffix(m.path, "[]") && (!strings.HasSuffix(text, ".") || strings.ToUpper(text[:1]) != text[:1] || strings.Contains(text, ". ")) {
			t.Errorf("%s: got the description %q, want one sentence", m.path, text)
		}
	}
}

// choices reads a configuration with an unknown name, and returns the valid
// names that the error lists.
func choices(t *testing.T, text string) []string {
	t.Helper()
	err := read(text)
	_, names, found := strings.Cut(fmt.Sprint(err), "want one of ")
	if !found {
		t.Fatalf("%s: got %v, want an error that lists the names", text, err)
	}
	names, _, _ = strings.Cut(names, "\n")
	return strings.Split(names, ", ")
}

func TestTheNamesOfTheSchemaAreThoseOfTheReader(t *testing.T) {
	enums := map[string]int{}
	check := func(path, text string, schema object) {
		want := choices(t, text)
		var got []string
		list, _ := schema["enum"].([]any)
		for _, name := range list {
			got = append(got, name.(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got the names %q in docs/config.schema.json, want %q", path, got, want)
		}
		enums[fmt.Sprint(schema["title"])]++
	}
	for _, m := range members() {
		if n := node(t, m.path); n["enum"] != nil {
			check(m.path, file(m.path, `"?"`, nil), n)
		}
	}
	root := schema()
	keySet := root["$defs"].(object)["keySet"].(object)["properties"].(object)["keys"].(object)["items"].(object)["properties"].(object)
	endpoints := node(t, "endpoints")["propertyNames"].(object)
	check("endpoints", `{"endpoints":{"?":true}}`, resolved(root, endpoints))
	check("signing.keys[].kty", `{"signing":{"keys":[{"kty":"?"}]}}`, resolved(root, node(t, "signing.keys[]")["properties"].(object)["kty"].(object)))
	check("clients[].jwks.keys[].kty", `{"clients":[{"id":"a","jwks":{"keys":[{"kty":"?"}]}}]}`, resolved(root, keySet["kty"].(object)))
	for name, def := range root["$defs"].(object) {
		title := fmt.Sprint(def.(object)["title"])
		if def.(object)["enum"] != nil && enums[title] == 0 {
			t.Errorf("%s: no member of the schema has these names", name)
		}
	}
}

// A default in the schema must be the value that bearerguard config print
// prints for a missing member. If config print does not print the member, the
// default must be empty or missing.
func TestTheDefaultsOfTheSchemaAreThoseOfTheServer(t *testing.T) {
	text, err := testserver.FormatConfig(strings.NewReader(`{"clients":[{"id":"a","secret":"s"}],"users":[{"sub":"u"}]}`), true)
	if err != nil {
		t.Fatal(err)
	}
	var filled object
	if err := json.Unmarshal(text, &filled); err != nil {
		t.Fatal(err)
	}
	own := []string{"clients", "users", "endpoints"} // the printed values of these members depend on the configuration
	stated := 0
	for _, m := range members() {
		want, isFilled := at(filled, m.path)
		got, isStated := node(t, m.path)["default"]
		switch {
		case m.kind == "object" && m.path != "endpoints" || strings.Contains(m.path, "[]"):
		case isFilled && !slices.Contains(own, m.path) && !same(got, want):
			t.Errorf("%s: got the default %v in docs/config.schema.json, want %v", m.path, got, want)
		case isStated && (!isFilled || slices.Contains(own, m.path)) && !isEmpty(got):
			t.Errorf("%s: got the default %v in docs/config.schema.json, want an empty value or none: config print does not show a default", m.path, got)
		}
		if isStated {
			stated++
		}
	}
	if stated < 15 {
		t.Errorf("got only %d defaults, want one for each member that config print fills in", stated)
	}
}

func at(v any, path string) (any, bool) {
	for step := range strings.SplitSeq(path, ".") {
		o, _ := v.(object)
		var found bool
		if v, found = o[step]; !found {
			return nil, false
		}
	}
	return v, true
}

// same reports whether two values are equal. Strings that stand for the same
// duration, such as 60s and 1m, are equal, too.
func same(a, b any) bool {
	x, errX := time.ParseDuration(fmt.Sprint(a))
	y, errY := time.ParseDuration(fmt.Sprint(b))
	return reflect.DeepEqual(a, b) || errX == nil && errY == nil && x == y
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case object:
		return len(v) == 0
	}
	return v == false
}
