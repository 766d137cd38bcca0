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

	"github.com/bearerguard/bearerguard/testserver"
)

// sample is a file, and whether it is right.
type sample struct {
	name, text string
	right      bool
}

// samples are all that the members are tried with: the rows of tried, and what no
// member of a kind accepts.
func samples() (all []sample) {
	for _, m := range members() {
		row := tried[m.path]
		add := func(value string, right bool) {
			all = append(all, sample{m.path + " = " + value, file(m.path, value, row.siblings), right})
		}
		for _, value := range row.right {
			add(value, true)
		}
		for _, value := range row.wrong {
			add(value, false)
		}
		for _, value := range refused[m.kind] {
			add(value, false)
		}
	}
	for _, value := range refused["boolean"] {
		all = append(all, sample{"clients[].public beside a secret = " + value, file("clients[].public", value, nil), false})
	}
	for _, name := range privateMembers() {
		key := strings.Replace(publicKey, "{", `{"`+name+`":"eA",`, 1)
		all = append(all, sample{"a client's key with " + name, file("clients[].jwks", `{"keys":[`+key+`]}`, nil), false})
	}
	return append(all, sample{"another member", `{"isuer":"https://a"}`, false}, sample{"an array", `[]`, false}, sample{"nothing", `{}`, true})
}

// refused are the values that are wrong for every member of a kind.
var refused = map[string][]string{
	"string":  {`null`, `true`, `1`, `[]`, `{}`, `""`},
	"boolean": {`null`, `1`, `"true"`, `[]`, `{}`},
	"integer": {`null`, `true`, `"1"`, `[]`, `{}`, `-1`, `200.5`, `1e99`},
	"array":   {`null`, `true`, `1`, `"x"`, `{}`, `[null]`},
	"object":  {`null`, `true`, `1`, `"x"`, `[]`},
}

// strict are the objects whose members are listed.
func strict() (paths []string) {
	all := members()
	for i, m := range all[:len(all)-1] {
		if m.kind == "object" && strings.HasPrefix(all[i+1].path, m.path+".") {
			paths = append(paths, m.path)
		}
	}
	return paths
}

// privateMembers are those of keys that the reader asks to leave out.
func privateMembers() []string {
	err := read(file("clients[].jwks", `{"keys":[`+privateKey+`]}`, nil))
	_, names, found := strings.Cut(fmt.Sprint(err), "leave out ")
	if !found {
		panic(fmt.Sprintf("got %v, want the members to leave out", err))
	}
	return strings.Split(names, ", ")
}

// read is what bearerguard config check says.
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

// schema is the published one, a copy for each call.
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

func TestEachMemberIsTried(t *testing.T) {
	var paths []string
	for _, m := range members() {
		paths = append(paths, m.path)
		if _, found := tried[m.path]; !found && !strings.HasSuffix(m.path, "[]") {
			t.Errorf("%s is not tried: add a row to tried, and the member to docs/config.schema.json", m.path)
		}
	}
	for path, row := range tried {
		if !slices.Contains(paths, path) || len(row.right) == 0 {
			t.Errorf("%s: the row of tried is for no member, or has no value that is right", path)
		}
	}
}

func TestTheReaderAndTheSchemaAgreeOnEachMember(t *testing.T) {
	s, all := published(t), samples()
	for _, path := range strict() {
		all = append(all, sample{"another member of " + path, file(path+".isuer", `"x"`, nil), false})
	}
	for _, tt := range all {
		if err := read(tt.text); (err == nil) != tt.right {
			t.Errorf("%s: got %v from the reader of %s, want right to be %v", tt.name, err, tt.text, tt.right)
		}
		if err := validate(s, tt.text); (err == nil) != tt.right {
			t.Errorf("%s: got %v from the schema of %s, want right to be %v", tt.name, err, tt.text, tt.right)
		}
	}
	if len(all) < 600 {
		t.Errorf("got %d samples, want several for each member", len(all))
	}
}
