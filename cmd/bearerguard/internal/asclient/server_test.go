package asclient_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

const discovery = "/.well-known/openid-configuration"

// fake is an authorization server of handlers by their paths. Its metadata have an
// endpoint at each of them, and changes: nil takes a member out.
func fake(t *testing.T, changes map[string]any, handlers map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	metadata := map[string]any{"issuer": server.URL}
	for path, handler := range handlers {
		mux.HandleFunc(path, handler)
		metadata[strings.TrimPrefix(path, "/")+"_endpoint"] = server.URL + path
	}
	maps.Copy(metadata, changes)
	maps.DeleteFunc(metadata, func(_ string, v any) bool { return v == nil })
	mux.HandleFunc(discovery, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(metadata) })
	return server
}

// discover connects to a server as the client "job".
func discover(t *testing.T, issuer, secret string) *asclient.Client {
	t.Helper()
	client, err := asclient.Discover(t.Context(), asclient.Config{Issuer: issuer, ID: "job", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// answersJSON is an endpoint with one answer.
func answersJSON(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

// checkError holds that err is of a kind and has a text.
func checkError(t *testing.T, err error, kind asclient.Kind, text string) {
	t.Helper()
	failed, ok := errors.AsType[*asclient.Error](err)
	if !ok || failed.Kind != kind || !strings.Contains(err.Error(), text) {
		t.Errorf("got %#v, %v, want the kind %d and %q", failed, err, kind, text)
	}
}
