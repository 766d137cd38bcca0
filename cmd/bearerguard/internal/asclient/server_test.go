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

// newServer starts an authorization server with a handler for each path. The
// metadata contains an endpoint for each path. changes contains members that
// replace those of the metadata. If the value of a member is nil, the metadata
// lacks this member.
func newServer(t *testing.T, changes map[string]any, handlers map[string]http.HandlerFunc) *httptest.Server {
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

// discover returns a client of the server at the given issuer. The client ID is
// "job".
func discover(t *testing.T, issuer, secret string) *asclient.Client {
	t.Helper()
	client, err := asclient.Discover(t.Context(), asclient.Config{Issuer: issuer, ID: "job", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// jsonAnswer returns a handler that always answers with this status and text.
func jsonAnswer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

// checkError fails the test unless err is an error of the given kind and its
// message contains the given text.
func checkError(t *testing.T, err error, kind asclient.Kind, text string) {
	t.Helper()
	failed, ok := errors.AsType[*asclient.Error](err)
	if !ok || failed.Kind != kind || !strings.Contains(err.Error(), text) {
		t.Errorf("got %#v, %v, want the kind %d and %q", failed, err, kind, text)
	}
}
