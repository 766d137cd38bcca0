package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

// brokenOff sends fewer bytes than its Content-Length announces.
func brokenOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "10")
	_, _ = w.Write([]byte("{"))
}

func TestErrorKinds(t *testing.T) {
	refusal := func(status int) http.HandlerFunc {
		return answer(status, `{"error":"e","error_description":"this is why"}`)
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   control.Kind
		text   string
	}{
		"400 is an invalid request":                         {refusal(400), control.Invalid, "this is why"},
		"404 is a missing object":                           {refusal(404), control.Absent, "this is why"},
		"504 is a timeout":                                  {refusal(504), control.Absent, "this is why"},
		"502 is a silent receiver":                          {refusal(502), control.Unreachable, "this is why"},
		"401 is a refusal":                                  {refusal(401), control.Refused, "the control API refused the request: this is why"},
		"409 is a refusal":                                  {refusal(409), control.Refused, "the control API refused the request: this is why"},
		"500 is a refusal":                                  {refusal(500), control.Refused, "the control API refused the request: this is why"},
		"an error without a code comes from another server": {answer(400, `{"error_description":"x"}`), control.Unknown, "the answer with status 400 does not come from a control API"},
		"a page with 404 comes from another server":         {answer(404, "<p>"), control.Unknown, "the answer with status 404 does not come from a control API"},
		"204 is not success":                                {answer(204, ""), control.Unknown, "the answer with status 204 does not come from a control API"},
		"a page with 200 comes from another server":         {answer(200, "<p>"), control.Unknown, "the answer does not come from a control API: "},
		"an answer of another type is refused":              {answer(200, `{"keys":1}`), control.Unknown, "the answer does not come from a control API: "},
		"an answer that breaks off is refused":              {brokenOff, control.Unreachable, "the connection broke before the answer of the control API was complete: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := control.ListKeys().Do(t.Context(), newClient(t, tt.answer))
			checkError(t, err, tt.want, tt.text)
		})
	}
}

// checkError fails the test unless err is an error of the given kind and its
// message begins with the given text.
func checkError(t *testing.T, err error, kind control.Kind, text string) {
	t.Helper()
	failed, ok := errors.AsType[*control.Error](err)
	if !ok || failed.Kind != kind || !strings.HasPrefix(err.Error(), text) {
		t.Errorf("got %#v, %v, want the kind %d and %q", failed, err, kind, text)
	}
}

func TestAStoppedServerIsUnreachable(t *testing.T) {
	server := httptest.NewServer(nil)
	client, err := control.New(server.URL, token)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	_, err = control.Reset().Do(t.Context(), client)
	checkError(t, err, control.Unreachable, "the control API cannot be reached: dial tcp ")
	if strings.Contains(err.Error(), "/v1/reset") {
		t.Errorf("got the URL in %v", err)
	}
}

func TestARequestThatIsCanceledIsUnreachable(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := newClient(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done() // no answer: the client must return when its context ends
	})
	_, _, err := control.AwaitRequests("token", 1, 0).Do(ctx, client)
	checkError(t, err, control.Unreachable, "the control API cannot be reached: context canceled")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestARequestThatCannotBeSentIsInvalid(t *testing.T) {
	client := newClient(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	t.Run("because its body is not JSON", func(t *testing.T) {
		_, _, err := control.ImportKey(wire.Import{Key: json.RawMessage("{")}).Do(t.Context(), client)
		checkError(t, err, control.Invalid, "json: ")
	})
	t.Run("because its path is not escaped", func(t *testing.T) {
		_, err := client.Call(t.Context(), http.MethodGet, "/%zz", nil, nil)
		checkError(t, err, control.Invalid, control.ErrURL.Error())
	})
}
