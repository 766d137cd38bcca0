package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
)

// sample is a configuration file that is valid or invalid.
type sample struct {
	name, text string
	valid      bool
}

// samples returns configurations for each member: with the values in trials,
// and with the invalid values that the map refused contains for the member's
// type. It adds configurations for some other cases.
func samples() (all []sample) {
	for _, m := range members() {
		row := trials[m.path]
		add := func(value string, valid bool) {
			all = append(all, sample{m.path + " = " + value, file(m.path, value, row.siblings), valid})
		}
		for _, value := range row.valid {
			add(value, true)
		}
		for _, value := range row.invalid {
			add(value, false)
		}
		for _, value := range refused[m.kind] {
			add(value, false)
		}
	}
	for _, value := range refused["boolean"] {
		all = append(all, sample{"clients[].public beside a secret = " + value, file("clients[].public", value, nil), false})
	}
	for _, n := range new(catalogue.ClientTLS).Names() {
		all = append(all, sample{n.Member + " beside a secret", file("clients[]."+n.Member, `"192.0.2.1"`, nil), false})
	}
	for _, name := range privateMembers() {
		key := strings.Replace(publicKey, "{", `{"`+name+`":"eA",`, 1)
		all = append(all, sample{"a client key with " + name, file("clients[].jwks", `{"keys":[`+key+`]}`, nil), false})
	}
	return append(all, sample{"another member", `{"isuer":"https://a"}`, false}, sample{"an array", `[]`, false}, sample{"nothing", `{}`, true})
}

// refused maps types to values that are invalid for every member of the type.
var refused = map[string][]string{
	"string":  {`null`, `true`, `1`, `[]`, `{}`, `""`},
	"boolean": {`null`, `1`, `"true"`, `[]`, `{}`},
	"integer": {`null`, `true`, `"1"`, `[]`, `{}`, `-1`, `200.5`, `1e99`},
	"array":   {`null`, `true`, `1`, `"x"`, `{}`, `[null]`},
	"object":  {`null`, `true`, `1`, `"x"`, `[]`},
}

// strict returns the paths of objects in which the schema must refuse unknown
// members.
func strict() (paths []string) {
	all := members()
	for i, m := range all[:len(all)-1] {
		if m.kind == "object" && strings.HasPrefix(all[i+1].path, m.path+".") {
			paths = append(paths, m.path)
		}
	}
	return paths
}

// privateMembers returns the names of the private members of a key. It takes
// the names from the error that the reader of configuration files returns for a
// private key.
func privateMembers() []string {
	err := read(file("clients[].jwks", `{"keys":[`+privateKey+`]}`, nil))
	_, names, found := strings.Cut(fmt.Sprint(err), "leave out ")
	if !found {
		panic(fmt.Sprintf("got %v, want an error with the members to leave out", err))
	}
	return strings.Split(names, ", ")
}

// read returns the error that bearerguard config check reports for a file.
func read(text string) error {
	_, err := testserver.FormatConfig(strings.NewReader(text), false)
	return err
}

var load = sync.OnceValue(func() []byte {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "config.schema.json"))
	if err != nil {
		panic(err)
	}
	return text
})

// schema returns a new copy of the published schema.
func schema() (s object) {
	if err := json.Unmarshal(load(), &s); err != nil {
		panic(err)
	}
	return s
}

func compile(s object) (*jsonschema.Schema, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("config.schema.json")
}

func validate(s *jsonschema.Schema, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		panic(fmt.Errorf("%s: %w", text, err))
	}
	return s.Validate(doc)
}

func published(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := compile(schema())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachMemberHasValues(t *testing.T) {
	var paths []string
	for _, m := range members() {
		paths = append(paths, m.path)
		if _, found := trials[m.path]; !found && !strings.HasSuffix(m.path, "[]") {
			t.Errorf("%s has no row in trials: add one, and add the member to docs/config.schema.json", m.path)
		}
	}
	for path, row := range trials {
		if !slices.Contains(paths, path) || len(row.valid) == 0 {
			t.Errorf("%s: this row of trials is for an unknown member, or has no valid value", path)
		}
	}
}

func TestTheReaderAndTheSchemaAgreeOnEachMember(t *testing.T) {
	s, all := published(t), samples()
	for _, path := range strict() {
		all = append(all, sample{"another member of " + path, file(path+".isuer", `"x"`, nil), false})
	}
	for _, tt := range all {
		if err := read(tt.text); (err == nil) != tt.valid {
			t.Errorf("%s: got %v from the reader of %s, want valid = %v", tt.name, err, tt.text, tt.valid)
		}
		if err := validate(s, tt.text); (err == nil) != tt.valid {
			t.Errorf("%s: got %v from the schema of %s, want valid = %v", tt.name, err, tt.text, tt.valid)
		}
	}
	if len(all) < 600 {
		t.Errorf("got %d samples, want several for each member", len(all))
	}
}
