package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/doctor"
)

// api is an API at the path /v1, together with its authorization server at /as.
// The API has no faults until a test changes a field.
type api struct {
	base      string // scheme and host of the server
	challenge []string
	members   map[string]any // protected resource metadata
	server    map[string]any // metadata of the authorization server
	places    []string       // paths that serve the resource metadata
	serve     func(next http.Handler) http.Handler
	sent      []*http.Request
	hosts     []string // hosts of all requests, including those to other servers
}

const wellKnown = "/.well-known/oauth-protected-resource"

func newAPI(base string) *api {
	return &api{
		base:      base,
		challenge: []string{`Basic realm="x, y", Bearer realm="api", resource_metadata="` + base + wellKnown + `/v1", scope="read"`},
		members: map[string]any{
			"resource": base + "/v1", "authorization_servers": []string{base + "/as"},
			"scopes_supported": []string{"read", "write"}, "bearer_methods_supported": []string{"header"},
		},
		server: map[string]any{"issuer": base + "/as", "jwks_uri": base + "/as/keys"},
		places: []string{wellKnown + "/v1"},
	}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var next http.Handler = http.HandlerFunc(a.answer)
	if a.serve != nil {
		next = a.serve(next)
	}
	next.ServeHTTP(w, r)
}

func (a *api) answer(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/v1"):
		for _, line := range a.challenge {
			w.Header().Add("WWW-Authenticate", line)
		}
		w.WriteHeader(http.StatusUnauthorized)
	case slices.Contains(a.places, path):
		w.Header().Set("Access-Control-Allow-Origin", "*")
		writeJSON(w, a.members)
	case path == "/as/.well-known/openid-configuration":
		writeJSON(w, a.server)
	case path == "/as/keys":
		writeJSON(w, map[string]any{"keys": []any{}})
	default:
		http.NotFound(w, r)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

// RoundTrip imitates a network in which only this server exists.
func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	a.hosts = append(a.hosts, r.URL.Host)
	if !strings.HasPrefix(r.URL.String(), a.base+"/") {
		return nil, fmt.Errorf("%s is unknown", r.URL.Host)
	}
	w := httptest.NewRecorder()
	done := make(chan struct{})
	inner := r.Clone(r.Context())
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	a.sent = append(a.sent, inner)
	go func() {
		defer close(done)
		a.ServeHTTP(w, inner)
	}()
	select {
	case <-done:
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// examine runs the checks and returns the report and its findings. Each finding
// is one string with the result, the name and the problem of a check.
func examine(ctx context.Context, t *testing.T, a *api, path string) (findings []string, report doctor.Report) {
	t.Helper()
	report, err := doctor.Run(ctx, a, a.base+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if c.Finding() {
			findings = append(findings, string(c.Result)+" "+c.Name+": "+c.Problem)
			if c.Remedy == "" {
				t.Errorf("%s: got no remedy", c.Name)
			}
		} else if c.Problem != "" || c.Remedy != "" {
			t.Errorf("%s: got %+v, want no problem", c.Name, c)
		}
	}
	if len(findings) != report.Findings {
		t.Errorf("got %d findings, want %d", report.Findings, len(findings))
	}
	return findings, report
}
