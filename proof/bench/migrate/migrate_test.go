package migrate_test

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/proof/bench/migrate"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

var update = flag.Bool("update", false, "write the table of docs/migrate.md instead of checking it")

const scope = "orders:read"

func serverOptions(sharedSecret bool) []testserver.Option {
	alg := testserver.Alg("RS256") // most of the READMEs assume RS256
	if sharedSecret {
		alg = "HS256"
	}
	return []testserver.Option{
		testserver.SigningAlg(alg), testserver.Audience("https://api.example.com"), testserver.Scope(scope),
	}
}

func settings(as *testserver.Server) migrate.Settings {
	key := as.SigningKey()
	return migrate.Settings{Issuer: as.Issuer(), JWKSURL: as.Endpoint(testserver.EndpointJWKS), Secret: key.Secret, KeyID: key.ID}
}

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode) // debug mode prints every route
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}

// served starts an authorization server and makes an API that accepts the
// server's tokens. It returns both.
func served(t *testing.T, m migrate.Migration, open migrate.API, faults ...testserver.Fault) (*testserver.Server, http.Handler) {
	t.Helper()
	as := testserver.New(t, serverOptions(m.SharedSecret)...)
	for _, f := range faults {
		as.Inject(testserver.EndpointJWKS, f)
	}
	api, err := open(t.Context(), settings(as))
	if err != nil {
		t.Fatal(err)
	}
	return as, api
}

func orders() *http.Request { return httptest.NewRequest(http.MethodGet, "/orders", http.NoBody) }

// check returns the results of apitest.Check, and one more result: how the API
// answers a good token while no keys are available.
func check(t *testing.T, m migrate.Migration, open migrate.API) []apitest.Result {
	t.Helper()
	as, api := served(t, m, open)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, as.Authorize(orders(), testserver.Claim("org_id", "alice"), testserver.Subject("alice")))
	if got, want := w.Body.String(), `{"orders_of":"alice"}`+"\n"; w.Code != http.StatusOK || got != want {
		t.Errorf("%s: a good token: got %d %q, want 200 %q", m.Library, w.Code, got, want)
	}
	var found []apitest.Result
	apitest.Check(findings{t}, as, api, orders, apitest.RequireScope(scope), apitest.Results(func(r []apitest.Result) { found = r }))

	as, api = served(t, m, open, testserver.Status(http.StatusServiceUnavailable))
	w = httptest.NewRecorder()
	api.ServeHTTP(w, as.Authorize(orders()))
	return append(found, apitest.Result{
		Name: "keys-unavailable", OK: m.SharedSecret || w.Code == http.StatusServiceUnavailable,
		Got: fmt.Sprint(w.Code), Want: "503",
	})
}

// findings is a testing.T that ignores Errorf, because the APIs before the
// migration fail some checks of apitest.
type findings struct{ *testing.T }

func (findings) Errorf(string, ...any) {}

// row is one check and its results before the migration.
type row struct {
	name  string
	cells []string // the answer of each library, or "" if the answer was right
	now   []string // the right answers, which all APIs give after the migration
}

func TestThePageSaysWhatChanges(t *testing.T) {
	var rows []row
	migrations := migrate.Migrations()
	for i, m := range migrations {
		for _, r := range check(t, m, m.After) {
			if !r.OK {
				t.Errorf("%s, after: %s: got %s, want %s", m.Library, r.Name, r.Got, r.Want)
			}
		}
		for j, r := range check(t, m, m.Before) {
			if i == 0 { // the names and their order are the same for all libraries
				rows = append(rows, row{name: r.Name, cells: make([]string, len(migrations))})
			}
			if rows[j].name != r.Name {
				t.Fatalf("%s: result %d: got %s, want %s", m.Library, j, r.Name, rows[j].name)
			}
			if now := shortWant(r.Want); !r.OK {
				rows[j].cells[i] = shortGot(r.Got)
				if !slices.Contains(rows[j].now, now) {
					rows[j].now = append(rows[j].now, now)
				}
			}
		}
	}

	page := filepath.Join("..", "..", "..", "docs", "migrate.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- go test ./migrate -update writes the text below -->\n\n", "\n<!-- end of the written text -->"
	head, rest, begins := strings.Cut(string(text), begin)
	was, tail, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("docs/migrate.md: got no table between %q and %q", begin, end)
	}
	switch got := table(migrations, rows); {
	case got == was:
	case *update && !t.Failed():
		if err := os.WriteFile(page, []byte(head+begin+got+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/migrate.md does not show the results; if the new ones are right, run go test -count=1 ./migrate -update. Got:\n%s\nin docs/migrate.md:\n%s", got, was)
	}
}

// shortWant shortens 401 with error="invalid_token" to 401 invalid_token.
func shortWant(want string) string {
	return strings.ReplaceAll(strings.ReplaceAll(want, " with error=", " "), `"`, "")
}

// shortGot shortens a result to its status. If the result is a number of
// fetches, shortGot returns "more" instead. This number varies from run to run,
// because some tokens share a fetch.
func shortGot(got string) string {
	status, _, _ := strings.Cut(got, " with")
	if strings.HasSuffix(got, "fetches of the JWKS") {
		return "more"
	}
	return status
}

func table(migrations []migrate.Migration, rows []row) string {
	var b strings.Builder
	b.WriteString("| sent, or looked for |")
	for _, m := range migrations {
		fmt.Fprintf(&b, " %s |", m.Library)
	}
	fmt.Fprintf(&b, " Bearerguard |\n|---|%s---|\n", strings.Repeat("---|", len(migrations)))
	for _, r := range rows {
		if r.now != nil {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.name, strings.Join(r.cells, " | "), strings.Join(r.now, " or "))
		}
	}
	return b.String()
}
