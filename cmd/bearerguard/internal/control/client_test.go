package control_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

const token = "the-token"

// newClient returns a client of an API that the given handler serves.
func newClient(t *testing.T, handler http.HandlerFunc) *control.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := control.New(server.URL, token)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}
}

func TestNewNeedsAURLAndAToken(t *testing.T) {
	for name, tt := range map[string]struct {
		base, token string
		want        error
	}{
		"an http URL is accepted":              {"http://127.0.0.1:9001", token, nil},
		"an https URL is accepted":             {"https://127.0.0.1:9001", token, nil},
		"a host and a port are not a URL":      {"127.0.0.1:9001", token, control.ErrURL},
		"a path is not a URL":                  {"/v1", token, control.ErrURL},
		"an empty text is not a URL":           {"", token, control.ErrURL},
		"a URL of another scheme is refused":   {"ftp://127.0.0.1", token, control.ErrURL},
		"a URL with a user is refused":         {"http://u:p@127.0.0.1", token, control.ErrURL},
		"a URL that cannot be read is refused": {"http://127.0.0.1:x", token, control.ErrURL},
		"an empty token is refused":            {"http://127.0.0.1:9001", "", control.ErrNoToken},
		"an invalid URL is reported first":     {"x", "", control.ErrURL},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := control.New(tt.base, tt.token)
			if !errors.Is(err, tt.want) || (client == nil) != (tt.want != nil) {
				t.Errorf("got %v, %v, want %v", client, err, tt.want)
			}
		})
	}
}

func TestCallSendsTheTokenAndJSON(t *testing.T) {
	client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		var in wire.KeyID
		err := json.NewDecoder(r.Body).Decode(&in)
		fmt.Fprintf(w, `{"kid":%q,"more":[1]}`, fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Header.Get("Authorization"), " ", r.Header.Get("Content-Type"), " ", in.ID, " ", err))
	})
	var out wire.Key
	text, err := client.Call(t.Context(), http.MethodPut, "/v1/x%2Fy?z=1", wire.KeyID{ID: "k"}, &out)
	const want = "PUT /v1/x%2Fy?z=1 Bearer the-token application/json k <nil>"
	if err != nil || out.ID != want {
		t.Errorf("got %q, %v, want %q", out.ID, err, want)
	}
	if got, want := string(text), `{"kid":"`+want+`","more":[1]}`; got != want {
		t.Errorf("got the text %s, want %s", got, want)
	}
}

func TestAnAnswerThatIsNotParsedMayBeAnything(t *testing.T) {
	client := newClient(t, answer(http.StatusOK, "not JSON"))
	if text, err := client.Call(t.Context(), http.MethodGet, "/", nil, nil); err != nil || string(text) != "not JSON" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestTheTokenDoesNotFollowARedirect(t *testing.T) {
	requested := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requested = true }))
	defer elsewhere.Close()
	client := newClient(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect).ServeHTTP)
	_, err := client.Call(t.Context(), http.MethodGet, "/v1/keys", nil, nil)
	failed, ok := errors.AsType[*control.Error](err)
	if !ok || failed.Kind != control.Unknown || requested {
		t.Errorf("got %v, and a request to the other server: %t", err, requested)
	}
}
