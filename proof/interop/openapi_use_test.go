package interop_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// before is a map. The keys are operations whose examples refer to results of
// other operations. The values list these other operations. The test first
// sends one example of each of them.
var before = map[string][]string{
	"GET /v1/clients/{id}":    {"POST /v1/clients"},
	"DELETE /v1/clients/{id}": {"POST /v1/clients"},
	"DELETE /v1/users/{sub}":  {"POST /v1/users"},
	"DELETE /v1/faults/{id}":  {"POST /v1/faults"},
	"POST /v1/keys/retire":    {"POST /v1/keys/import"},
	"POST /v1/keys/publish":   {"POST /v1/keys/import", "POST /v1/keys/retire"},
	"POST /v1/keys/export":    {"POST /v1/keys/import"},
}

// exampleToken matches a JWT in an example.
var exampleToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*`)

// try sends an example of an operation to the authorization server of d. It
// first sends the other operations to whose results the example refers.
func (d described) try(o operation, example string) exchange {
	d.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer api.Close()
	for _, earlier := range before[o.String()] {
		i := slices.IndexFunc(d.operations, func(o operation) bool { return o.String() == earlier })
		for _, body := range d.operations[i].bodies {
			if body != "" && !strings.Contains(body, `"public"`) {
				d.send(d.operations[i].method, d.operations[i].target(), body)
				break
			}
		}
	}
	resp, err := d.as.Client().Get(d.as.Endpoint(testserver.EndpointDiscovery)) // sends one request, because some examples count requests or wait for one
	if err != nil {
		d.Fatal(err)
	}
	resp.Body.Close()
	body := exampleToken.ReplaceAllString(o.bodies[example], d.as.Token())
	return d.send(o.method, o.target(), strings.ReplaceAll(body, "http://localhost:8080", api.URL))
}

func TestTheControlAPIIsDescribedAsOpenAPI(t *testing.T) {
	d := newDescribed(t)
	if _, faults := d.validator.ValidateDocument(); len(faults) > 0 {
		t.Errorf("got %v, want a document that follows OpenAPI 3.1", faults)
	}
	for _, o := range d.operations {
		for example := range o.bodies {
			t.Run(o.String()+" "+example, func(t *testing.T) {
				d := d.fresh(t)
				e := d.try(o, example)
				if e.status != http.StatusOK {
					t.Fatalf("got %d %s, want 200", e.status, e.answer)
				}
				for _, err := range slices.Concat(d.requestFaults(e), d.answerFaults(e)) {
					t.Error(err)
				}
				d.assertChangesRefused(e)
			})
		}
	}
}

// assertChangesRefused changes an answer in several ways and checks that each
// changed answer violates the document.
func (d described) assertChangesRefused(e exchange) {
	d.Helper()
	if e.target == "/openapi.json" {
		return // the document has no schema for itself
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(e.answer, &answer); err != nil {
		d.Fatal(err)
	}
	for name, value := range answer {
		other := `{"a": 1}`
		if strings.HasPrefix(string(value), "{") {
			other = `"a"`
		}
		answer[name] = json.RawMessage(other)
		changed := e
		changed.answer, _ = json.Marshal(answer)
		if len(d.answerFaults(changed)) == 0 {
			d.Errorf("the document allows the answer with %s: %s, want an error", name, other)
		}
		answer[name] = value
	}
	changed := e
	changed.answer = []byte(`[]`)
	if len(d.answerFaults(changed)) == 0 {
		d.Error("the document allows an array as the answer, want an error")
	}
	changed.answer, changed.status = e.answer, http.StatusTeapot
	if len(d.answerFaults(changed)) == 0 {
		d.Error("the document allows another status, want an error")
	}
	if len(answer) == 0 || strings.HasPrefix(e.target, "/v1/clients") || strings.HasPrefix(e.target, "/v1/users") {
		return // no member is required
	}
	changed.answer, changed.status = []byte(`{}`), http.StatusOK
	if len(d.answerFaults(changed)) == 0 {
		d.Error("the document allows an empty object as the answer, want an error")
	}
}

func TestRefusalsOfTheControlAPIAreDescribed(t *testing.T) {
	d := newDescribed(t)
	want := func(e exchange, status int) {
		t.Helper()
		if e.status != status {
			t.Errorf("%s %s: got %d %s, want %d", e.method, e.target, e.status, e.answer, status)
		}
		for _, err := range d.answerFaults(e) {
			t.Errorf("%s %s: %v", e.method, e.target, err)
		}
		e.answer = []byte(`{"error": "invalid_request"}`)
		if len(d.answerFaults(e)) == 0 {
			t.Errorf("%s %s: the document allows a %d without a description, want an error", e.method, e.target, status)
		}
	}
	for _, o := range d.operations {
		want(d.send(o.method, o.target(), "", func(r *http.Request) { r.Host = "rebound.example.com" }), http.StatusForbidden)
		if o.open {
			continue
		}
		want(d.send(o.method, o.target(), "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }), http.StatusUnauthorized)
		if strings.Contains(o.path, "{") {
			want(d.send(o.method, o.target(), ""), http.StatusNotFound)
		}
		if len(o.query) > 0 {
			e := d.send(o.method, o.path+"?endpoint=nowhere", "")
			want(e, http.StatusBadRequest)
			if len(d.requestFaults(e)) == 0 {
				t.Errorf("%s: the document allows an unknown endpoint, want an error", o)
			}
		}
		asks := false
		for example, body := range o.bodies {
			if body == "" {
				continue
			}
			asks = true
			misspelt := strings.Replace(strings.Replace(body, "{", `{"misspelt": 1, `, 1), ", }", "}", 1)
			e := d.send(o.method, o.target(), misspelt)
			want(e, http.StatusBadRequest)
			if len(d.requestFaults(e)) == 0 {
				t.Errorf("%s: the document allows an unknown member in %q, want an error", o, example)
			}
		}
		if asks {
			want(d.send(o.method, o.target(), `"`+strings.Repeat("x", 1<<20)+`"`), http.StatusRequestEntityTooLarge)
		}
	}
	for _, tt := range []struct {
		method, target, body string
		status               int
	}{
		{"POST", "/v1/tokens/revoke", `{"token": "x"}`, http.StatusNotFound},
		{"POST", "/v1/keys/retire", `{"kid": "x"}`, http.StatusNotFound},
		{"POST", "/v1/keys/publish", `{"kid": "x"}`, http.StatusNotFound},
		{"POST", "/v1/keys/export", `{"kid": "x"}`, http.StatusNotFound},
		{"POST", "/v1/logins/next", `{"sub": "x"}`, http.StatusNotFound},
		{"GET", "/v1/requests/wait?n=100&timeout=1ms", "", http.StatusGatewayTimeout},
	} {
		want(d.send(tt.method, tt.target, tt.body), tt.status)
	}
}

var block = regexp.MustCompile("(?s)```sh\n(.*?)```")

// The commands in docs/control.md must use every operation. The requests of
// these commands and the answers to them must be valid according to the OpenAPI
// document.
func TestThePageOfTheControlAPIFollowsTheDocument(t *testing.T) {
	d := newDescribed(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "control.md"))
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer api.Close()
	script := ""
	for _, b := range block.FindAllStringSubmatch(string(text), -1) {
		script += strings.ReplaceAll(b[1], "http://localhost:8080", api.URL)
	}
	seen := map[string]bool{}
	var mu sync.Mutex
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e := d.send(r.Method, r.URL.RequestURI(), string(body), func(sent *http.Request) { sent.Header = r.Header.Clone() })
		for _, err := range slices.Concat(d.requestFaults(e), d.answerFaults(e)) {
			t.Errorf("%s %s: %v", e.method, e.target, err)
		}
		for _, o := range d.operations {
			if o.method == r.Method && matches(o.path, r.URL.Path) {
				seen[o.String()] = true
			}
		}
		w.WriteHeader(e.status)
		_, _ = w.Write(e.answer)
	}))
	defer between.Close()

	cmd := exec.CommandContext(t.Context(), "sh", "-eu")
	cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(script)
	cmd.Env = slices.Concat(os.Environ(), d.as.Env(), []string{"OAUTH_CONTROL_URL=" + between.URL, "OAUTH_CONTROL_TOKEN=" + controlToken})
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the commands of docs/control.md: %v\n%s", err, out)
	}
	for _, o := range d.operations {
		if !seen[o.String()] {
			t.Errorf("docs/control.md has no command for %s", o)
		}
	}
}

// matches reports whether a path matches a template.
func matches(template, path string) bool {
	pattern := regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`)
	return regexp.MustCompile(fmt.Sprintf("^%s$", pattern)).MatchString(path)
}
