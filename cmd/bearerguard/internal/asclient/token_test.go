package asclient_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

// recorder is an endpoint that answers every request with the same text, and
// records the last request.
type recorder struct {
	text          string
	authorization string
	form          url.Values
}

func (rec *recorder) handle(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	rec.authorization, rec.form = r.Header.Get("Authorization"), r.PostForm
	jsonAnswer(http.StatusOK, rec.text)(w, r)
}

func TestClientAuthenticationMethods(t *testing.T) {
	const basic = "Basic am9iOmElMkIlMjY=" // job:a%2B%26
	for name, tt := range map[string]struct {
		secret    string
		supported any
		header    string
		form      string
	}{
		"secret in the header by default":              {"a+&", nil, basic, ""},
		"secret in the header if both are supported":   {"a+&", []string{"client_secret_post", "client_secret_basic"}, basic, ""},
		"secret in the form if only that is supported": {"a+&", []string{"client_secret_post"}, "", "client_id=job&client_secret=a%2B%26"},
		"public client: only the client ID":            {"", nil, "", "client_id=job"},
		"public client: never the header":              {"", []string{"client_secret_basic"}, "", "client_id=job"},
	} {
		rec := &recorder{text: `{"access_token":"a","token_type":"Bearer","active":true}`}
		server := newServer(t, map[string]any{
			"token_endpoint_auth_methods_supported": tt.supported, "introspection_endpoint_auth_methods_supported": tt.supported, "revocation_endpoint_auth_methods_supported": tt.supported,
		}, map[string]http.HandlerFunc{"/token": rec.handle, "/introspection": rec.handle, "/revocation": rec.handle})
		client := discover(t, server.URL, tt.secret)
		for _, request := range []string{"token for a refresh token", "introspection", "revocation"} {
			t.Run(request+": "+name, func(t *testing.T) {
				*rec = recorder{text: rec.text}
				if err := requests[request].send(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				got := url.Values{}
				for _, member := range []string{"client_id", "client_secret"} {
					if v, ok := rec.form[member]; ok {
						got[member] = v
					}
				}
				if rec.authorization != tt.header || got.Encode() != tt.form {
					t.Errorf("got %q and %q, want %q and %q", rec.authorization, got.Encode(), tt.header, tt.form)
				}
			})
		}
	}
}

func TestClientCredentialsSendsScopesAndParameters(t *testing.T) {
	rec := &recorder{text: `{"access_token":"a","token_type":"Bearer","expires_in":60,"scope":"x"}`}
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/token": rec.handle}).URL, "s")
	got, err := client.ClientCredentials(t.Context(), []string{"x", "y"}, url.Values{"resource": {"a", "b"}})
	if want := (asclient.Tokens{Access: "a", Type: "Bearer", ExpiresIn: 60, Scope: "x"}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, want := rec.form.Encode(), "grant_type=client_credentials&resource=a&resource=b&scope=x+y"; got != want {
		t.Errorf("got the request %q, want %q", got, want)
	}
}

func TestClientCredentialsNeedsASecret(t *testing.T) {
	rec := &recorder{text: `{"access_token":"a"}`}
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/token": rec.handle}).URL, "")
	_, err := client.ClientCredentials(t.Context(), nil, nil)
	checkError(t, err, asclient.NoSecret, "the client secret is missing")
	if rec.form != nil {
		t.Errorf("got the request %q, want none", rec.form.Encode())
	}
}

func TestRefreshReturnsTheOldRefreshTokenUnlessThereIsANewOne(t *testing.T) {
	for name, tt := range map[string]struct{ answer, want string }{
		"with rotation":    {`{"access_token":"a","refresh_token":"new"}`, "new"},
		"without rotation": {`{"access_token":"a"}`, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{text: tt.answer}
			client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/token": rec.handle}).URL, "s")
			got, err := client.Refresh(t.Context(), "old")
			if err != nil || got.Access != "a" || got.Refresh != tt.want {
				t.Errorf("got %+v, %v, want the refresh token %q", got, err, tt.want)
			}
			if got, want := rec.form.Encode(), "grant_type=refresh_token&refresh_token=old"; got != want {
				t.Errorf("got the request %q, want %q", got, want)
			}
		})
	}
}

func TestAnAnswerWithoutAnAccessTokenIsRefused(t *testing.T) {
	client := discover(t, newServer(t, nil, map[string]http.HandlerFunc{"/token": jsonAnswer(200, `{"token_type":"Bearer"}`)}).URL, "s")
	for _, name := range []string{"token", "token for a refresh token"} {
		t.Run(name, func(t *testing.T) {
			checkError(t, requests[name].send(t.Context(), client), asclient.InvalidAnswer, "oauth2: ")
		})
	}
}
