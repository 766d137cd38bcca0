package rivals

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver"
)

// What every API is asked to demand: GET /orders needs a token for audience
// with scope in it.
const (
	audience = "https://api.example.com"
	scope    = "orders:read"
	path     = "/orders"
)

// rival is one library, or several that make up one API.
type rival struct {
	Name    string
	modules []string // paths in go.mod; none is this repository
	SetUp   string   // which part of the documentation the set-up follows
	Given   string   // what is configured, and what is not because that part has none of it
	ownCode []kind   // what the documentation leaves to its reader, so that it is written here
	newAPI  func(context.Context, *testserver.Server) (http.Handler, error)
}

// kind says which part of an API decides a row of the table.
type kind int

const (
	verifying kind = iota // what a token says, and who signed it
	carrying              // where in the request a token is read
	answering             // what a refusal looks like
	scoping               // what the scopes of a token allow
)

func rivals() []rival {
	return []rival{bearerguard(), auth0(), goOIDC(), echoJWT(), ginPlain(), ginOptions()}
}

//go:embed go.mod
var goMod string

// Versions are those of go.mod.
func (r rival) Versions() string {
	if len(r.modules) == 0 {
		return "this repository"
	}
	var found []string
	for line := range strings.Lines(goMod) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) >= 2 && slices.Contains(r.modules, fields[0]) {
			found = append(found, strings.TrimPrefix(fields[0], "github.com/")+" "+fields[1])
		}
	}
	return strings.Join(found, ", ")
}

// source is a link to a file of a module on GitHub, in the version of go.mod.
func source(text, module, file string) string {
	_, version, _ := strings.Cut(rival{modules: []string{module}}.Versions(), " ")
	repository := majorSuffix.ReplaceAllString(module, "")
	return fmt.Sprintf("[%s](https://%s/blob/%s/%s)", text, repository, version, file)
}

var majorSuffix = regexp.MustCompile(`/v[0-9]+$`)

// orders is the handler behind the library under test.
func orders(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) }

// hasScope is the plainest correct check of a scope claim (RFC 9068 §2.2.3).
func hasScope(claim any) bool {
	list, _ := claim.(string)
	return slices.Contains(strings.Fields(list), scope)
}

// bearer is the plainest way to read the token, for libraries that leave it to
// their users.
func bearer(r *http.Request) (string, bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}
