package testserver_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver"
)

// documentedMethods returns the methods of each path, as listed in the OpenAPI
// document that the server serves.
func documentedMethods(t *testing.T, c controlAPI) map[string][]string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(c.send("GET", control.OpenAPIPath, "").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	methods := map[string][]string{}
	for path, operations := range document.Paths {
		for method := range operations {
			methods[path] = append(methods[path], strings.ToUpper(method))
		}
		slices.Sort(methods[path])
	}
	return methods
}

func TestOpenAPIDocumentsEveryPath(t *testing.T) {
	c := newControlAPI(t)
	methods := documentedMethods(t, c)
	if got, want := slices.Sorted(maps.Keys(methods)), testserver.ControlPaths(c.Server); !slices.Equal(got, want) {
		t.Errorf("got the paths %q, want %q", got, want)
	}
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for path, want := range methods {
		// PATCH is not supported on any path, so the Allow field of the
		// response lists the supported methods.
		w := c.send("PATCH", parameter.ReplaceAllString(path, "x"), "")
		if got := w.Header().Get("Allow"); w.Code != http.StatusMethodNotAllowed || got != strings.Join(want, ", ") {
			t.Errorf("%s: got %d and the methods %s, want 405 and %q", path, w.Code, got, want)
		}
	}
}

func TestOpenAPIIsPublic(t *testing.T) {
	c := newControlAPI(t)
	noToken := func(r *http.Request) { r.Header.Del("Authorization") }
	for _, tt := range []struct {
		name, method, path string
		change             func(*http.Request)
		want               int
	}{
		{"without a token", "GET", "/openapi.json", noToken, 200},
		{"with another token", "GET", "/openapi.json", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 200},
		{"with another host", "GET", "/openapi.json", func(r *http.Request) { r.Host = "rebound.example.com" }, 403},
		{"another method", "POST", "/openapi.json", noToken, 405},
		{"a path below", "GET", "/openapi.json/v1/keys", noToken, 401},
		{"a path above", "GET", "/openapi.json/../v1/keys", noToken, 401},
		{"two slashes", "GET", "//openapi.json", noToken, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := c.send(tt.method, tt.path, "", tt.change)
			if w.Code != tt.want || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("got %d %s, want %d", w.Code, w.Header().Get("Content-Type"), tt.want)
			}
		})
	}
	var want bytes.Buffer
	if err := json.Compact(&want, control.OpenAPI); err != nil {
		t.Fatal(err)
	}
	if got := bytes.TrimSpace(c.send("GET", "/openapi.json", "").Body.Bytes()); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("got %d bytes, want the %d of the document", len(got), want.Len())
	}
}
