package asclient_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

func TestIntrospectReturnsAllMembers(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		active bool
		exp    any
	}{
		"active":     {`{"active":true,"exp":17672256000000000001}`, true, json.Number("17672256000000000001")},
		"not active": {`{"active":false}`, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/introspection": jsonAnswer(200, tt.answer)}).URL, "s")
			active, members, err := client.Introspect(t.Context(), "t", "")
			if err != nil || active != tt.active || members["active"] != tt.active || members["exp"] != tt.exp {
				t.Errorf("got %t, %v, %v, want %t and %v", active, members, err, tt.active, tt.exp)
			}
		})
	}
}

func TestATokenIsSentWithItsHint(t *testing.T) {
	rec := &recorder{text: `{"active":true}`}
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/introspection": rec.handle, "/revocation": rec.handle}).URL, "s")
	for hint, want := range map[string]string{"": "token=t", "refresh_token": "token=t&token_type_hint=refresh_token"} {
		t.Run(fmt.Sprintf("the hint is %q", hint), func(t *testing.T) {
			if _, _, err := client.Introspect(t.Context(), "t", hint); err != nil || rec.form.Encode() != want {
				t.Errorf("got %q, %v, want the introspection request %q", rec.form.Encode(), err, want)
			}
			rec.form = nil
			if err := client.Revoke(t.Context(), "t", hint); err != nil || rec.form.Encode() != want {
				t.Errorf("got %q, %v, want the revocation request %q", rec.form.Encode(), err, want)
			}
		})
	}
}

func TestRevokeAcceptsAnEmptyAnswer(t *testing.T) {
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/revocation": func(http.ResponseWriter, *http.Request) {}}).URL, "s")
	if err := client.Revoke(t.Context(), "t", ""); err != nil {
		t.Error(err)
	}
}

func TestUserInfoSendsTheTokenToItsEndpoint(t *testing.T) {
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/userinfo": func(w http.ResponseWriter, r *http.Request) {
		jsonAnswer(200, fmt.Sprintf(`{"sub":%q}`, r.Method+" "+r.Header.Get("Authorization")))(w, r)
	}}).URL, "")
	members, err := client.UserInfo(t.Context(), "t")
	if err != nil || members["sub"] != "GET Bearer t" {
		t.Errorf("got %v, %v, want the token in a GET request", members, err)
	}
}

func TestAnInvalidIntrospectionAnswerIsRefused(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`{"active":true}`))
	}
	brokenOff := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"active":true}`))
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		kind    asclient.Kind
		text    string
	}{
		"without active":         {jsonAnswer(200, `{"sub":"alice"}`), asclient.InvalidAnswer, "the member active of the answer is missing or not a boolean"},
		"active is a string":     {jsonAnswer(200, `{"active":"true"}`), asclient.InvalidAnswer, "the member active of the answer is missing or not a boolean"},
		"an array":               {jsonAnswer(200, `[{"active":true}]`), asclient.InvalidAnswer, "is not a JSON object"},
		"truncated JSON":         {jsonAnswer(200, `{"active":true`), asclient.InvalidAnswer, "is not a JSON object"},
		"an HTML page":           {page, asclient.InvalidAnswer, "is not a JSON object"},
		"a body that breaks off": {brokenOff, asclient.Unreachable, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/introspection": tt.handler}).URL, "s")
			active, members, err := client.Introspect(t.Context(), "t", "")
			checkError(t, err, tt.kind, "introspection failed: ")
			checkError(t, err, tt.kind, tt.text)
			if active || members != nil {
				t.Errorf("got %t, %v with the error", active, members)
			}
		})
	}
}
