package asclient_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

func TestARefusalShowsOnlySafeTexts(t *testing.T) {
	const secret, token = "hush-hush", "the-token"
	refusal := func(code, description string) string {
		return `{"error":"` + code + `","error_description":"` + description + `"}`
	}
	for name, tt := range map[string]struct {
		answer string
		want   asclient.RefusalError
	}{
		"a code and its description":                   {refusal("invalid_client", "unknown client"), asclient.RefusalError{Status: 401, Code: "invalid_client", Description: "unknown client"}},
		"a description with the secret is left out":    {refusal("invalid_client", "no "+secret), asclient.RefusalError{Status: 401, Code: "invalid_client"}},
		"a description with the token is left out":     {refusal("invalid_token", "no "+token), asclient.RefusalError{Status: 401, Code: "invalid_token"}},
		"a description with control codes is left out": {refusal("invalid_client", `\u001b[2J`), asclient.RefusalError{Status: 401, Code: "invalid_client"}},
		"a description of 500 characters":              {refusal("x", strings.Repeat("y", 500)), asclient.RefusalError{Status: 401, Code: "x", Description: strings.Repeat("y", 500)}},
		"a longer description is left out":             {refusal("x", strings.Repeat("y", 501)), asclient.RefusalError{Status: 401, Code: "x"}},
		"a code that is the secret is left out":        {refusal(secret, ""), asclient.RefusalError{Status: 401}},
		"a body without an error is left out":          {`["canary"]`, asclient.RefusalError{Status: 401}},
		"a body that is not JSON is left out":          {`canary`, asclient.RefusalError{Status: 401}},
	} {
		client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/revocation": jsonAnswer(401, tt.answer), "/token": jsonAnswer(401, tt.answer)}).URL, secret)
		for request, send := range map[string]func() error{
			"revocation": func() error { return client.Revoke(t.Context(), token, "") },
			"refresh": func() error {
				_, err := client.Refresh(t.Context(), token)
				return err
			},
		} {
			t.Run(request+": "+name, func(t *testing.T) {
				err := send()
				checkError(t, err, asclient.Refused, ": the authorization server refuses with 401 Unauthorized")
				if got, ok := errors.AsType[*asclient.RefusalError](err); !ok || *got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
				for _, hidden := range []string{secret, token, "canary", "\x1b"} {
					if strings.Contains(err.Error(), hidden) {
						t.Errorf("got %q in %q", hidden, err)
					}
				}
			})
		}
	}
}

func TestTheCodeOfAChallengeIsShown(t *testing.T) {
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/userinfo": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="x", error="invalid_token", error_description="y"`)
		w.WriteHeader(http.StatusUnauthorized)
	}}).URL, "")
	_, err := client.UserInfo(t.Context(), "the-token")
	checkError(t, err, asclient.Refused, "UserInfo failed: the authorization server refuses with 401 Unauthorized: invalid_token")
}

func TestAStoppedServerIsUnreachable(t *testing.T) {
	server := newServer(t, nil, map[string]http.HandlerFunc{"/token": http.NotFound, "/introspection": http.NotFound, "/revocation": http.NotFound, "/userinfo": http.NotFound})
	client := discover(t, server.URL, "s")
	server.Close()
	for _, name := range []string{"token", "token for a refresh token", "introspection", "revocation", "userinfo"} {
		t.Run(name, func(t *testing.T) {
			checkError(t, requests[name].send(t.Context(), client), asclient.Unreachable, "connect")
		})
	}
}
