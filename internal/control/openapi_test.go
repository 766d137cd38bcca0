package control_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/internal/shapes"
)

// schema contains the members of a JSON schema that these tests use.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Enum       []string          `json:"enum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	AllOf      []schema          `json:"allOf"`
	Items      *schema           `json:"items"`
}

func schemas(t *testing.T) map[string]schema {
	t.Helper()
	var document struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(control.OpenAPI, &document); err != nil {
		t.Fatal(err)
	}
	return document.Components.Schemas
}

// enums returns the expected values of each schema that is an enumeration.
func enums() map[string][]string {
	return map[string][]string{
		"Endpoint":     catalogue.Names(append(catalogue.Endpoints(), catalogue.Any)),
		"Alg":          catalogue.Names(catalogue.Algs),
		"PublicAlg":    catalogue.Names(catalogue.PublicAlgs),
		"AssertionAlg": catalogue.Names(catalogue.AssertionAlgs),
		"Grant":        catalogue.Names(catalogue.Grants),
		"AuthMethod":   catalogue.Names(catalogue.AuthMethods),
		"Defect":       catalogue.Names(slices.Concat(catalogue.AllDefects(), catalogue.CertificateDefects, catalogue.ProofDefects, catalogue.ProofDefectsOnRequest, catalogue.SignalDefects)),
		"Provider":     shapes.Names(),
	}
}

func TestEnumerationsMatchTheCatalogue(t *testing.T) {
	found := schemas(t)
	for name, want := range enums() {
		if got := found[name].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	client := found["Client"]
	for _, f := range new(catalogue.ClientAlgs).Fields() {
		if got, want := resolved(client.Properties[f.Member], found).Enum, catalogue.Names(f.Allowed); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", f.Member, got, want)
		}
	}
	if got, want := strings.Count(string(control.OpenAPI), `"enum"`), len(enums()); got != want {
		t.Errorf("got %d enumerations, want %d: refer to a schema instead of repeating its list", got, want)
	}
}

// wireTypes returns the types that appear in request and response bodies,
// indexed by name.
func wireTypes() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, v := range []any{
		control.Mint{}, control.Minted{}, control.BadTokens{}, control.BadToken{}, control.Tokens{}, control.Token{}, control.Inspect{}, control.Inspected{},
		control.Revoke{}, control.Revoked{}, control.Logout{}, control.Transmit{}, control.Receipt{}, control.Keys{}, control.Key{}, control.Rotate{}, control.KeyID{}, control.Export{}, control.Import{},
		control.Fault{}, control.Injection{}, control.Faults{}, control.Requests{}, control.Request{}, control.Count{}, control.Clock{}, control.Advance{},
		control.Client{}, control.Clients{}, control.User{}, control.Users{}, control.NextLogin{}, control.Check{}, control.Checked{}, control.CheckResult{},
		control.Snapshot{}, control.Events{}, control.Event{}, control.Error{},
	} {
		t := reflect.TypeOf(v)
		types[t.Name()] = t
	}
	return types
}

func TestEveryWireTypeIsTested(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if _, ok := spec.Type.(*ast.StructType); ok {
					declared = append(declared, spec.Name.Name)
				}
			}
			return true
		})
	}
	slices.Sort(declared)
	if got := slices.Sorted(maps.Keys(wireTypes())); !slices.Equal(got, declared) {
		t.Errorf("got %q, want all structs of the package, %q", got, declared)
	}
}

// flatten returns the properties of a schema and the names of its required
// properties. Both results include the schemas in allOf.
func flatten(s schema, found map[string]schema) (properties map[string]schema, required []string) {
	properties, required = maps.Clone(s.Properties), slices.Clone(s.Required)
	if properties == nil {
		properties = map[string]schema{}
	}
	for _, part := range s.AllOf {
		more, names := flatten(resolved(part, found), found)
		maps.Copy(properties, more)
		required = append(required, names...)
	}
	slices.Sort(required)
	return properties, required
}

func resolved(s schema, found map[string]schema) schema {
	if s.Ref == "" {
		return s
	}
	return found[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
}

func TestSchemasMatchTheWireTypes(t *testing.T) {
	found := schemas(t)
	for name, wire := range wireTypes() {
		s, ok := found[name]
		if !ok {
			t.Errorf("the document has no schema %s, want one", name)
			continue
		}
		properties, required := flatten(s, found)
		var members, always []string
		for _, f := range reflect.VisibleFields(wire) {
			if f.Anonymous {
				continue
			}
			member, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			members = append(members, member)
			if options == "" {
				always = append(always, member)
			}
			p := resolved(properties[member], found)
			if want := kindOf(f.Type); want != "" && p.Type != want {
				t.Errorf("%s.%s: got the type %q, want %s", name, member, p.Type, want)
			}
			if got, want := properties[member].Ref, refOf(f.Type, found); want != "" && got != want {
				t.Errorf("%s.%s: got the schema %q, want %s", name, member, got, want)
			}
			if f.Type.Kind() != reflect.Slice || p.Items == nil {
				continue
			}
			if got, want := p.Items.Ref, refOf(f.Type.Elem(), found); want != "" && got != want {
				t.Errorf("%s.%s: got elements of %q, want %s", name, member, got, want)
			}
		}
		slices.Sort(members)
		slices.Sort(always)
		if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, members) {
			t.Errorf("%s: got the members %q, want %q", name, got, members)
		}
		if !slices.Equal(required, always) {
			t.Errorf("%s: got %q required, want %q", name, required, always)
		}
	}
}

// kindOf returns the JSON type of a Go type, or "" for a type with its own
// UnmarshalJSON.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return ""
	}
	return map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer",
		reflect.Slice: "array", reflect.Map: "object", reflect.Struct: "object",
	}[t.Kind()]
}

// refOf returns the reference to the schema of a type, or "" if the document
// has no schema for the type. It also returns "" for the type Alg. The document
// has several schemas for Alg, because not every member accepts every
// algorithm.
func refOf(t reflect.Type, found map[string]schema) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	hasSchema := strings.HasSuffix(t.PkgPath(), "/internal/control") || strings.HasSuffix(t.PkgPath(), "/internal/catalogue") && t != reflect.TypeFor[catalogue.Alg]()
	if _, ok := found[t.Name()]; ok && hasSchema {
		return "#/components/schemas/" + t.Name()
	}
	return ""
}
