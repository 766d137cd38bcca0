package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Opaque tokens of GitHub and Google are accepted only if they were issued to
// the configured client. The Token contains their scopes.
func TestTokensOfServersWithoutIntrospection(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch sent := string(body) + r.Header.Get("Authorization"); {
		case strings.Contains(sent, "gho_ours"):
			_, _ = io.WriteString(w, `{"app":{"client_id":"app"},"scopes":["repo"],"user":{"login":"octocat","id":583231}}`)
		case strings.Contains(sent, "gho_theirs"):
			_, _ = io.WriteString(w, `{"app":{"client_id":"other"},"scopes":["repo"],"user":{"login":"octocat","id":583231}}`)
		case strings.Contains(sent, "gho_expired"):
			_, _ = io.WriteString(w, `{"app":{"client_id":"app"},"scopes":["repo"],"user":{"login":"octocat","id":583231},"expires_at":"2011-09-06T17:26:27Z"}`)
		case strings.Contains(sent, "ya29.ours"):
			_, _ = io.WriteString(w, `{"aud":"app","azp":"app","scope":"openid repo","exp":"99999999999","sub":"583231"}`)
		case strings.Contains(sent, "ya29.theirs"):
			_, _ = io.WriteString(w, `{"aud":"other","azp":"app","scope":"openid repo","exp":"99999999999","sub":"583231"}`)
		case strings.Contains(sent, "down"):
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(map[bool]int{true: http.StatusNotFound, false: http.StatusBadRequest}[len(body) > 0])
			_, _ = io.WriteString(w, `{"error":"invalid_token","message":"Not Found"}`)
		}
	}))
	defer server.Close()
	config := introspect.Config{Endpoint: server.URL, Logger: quiet}
	gitHub, err := introspect.GitHub(config, "app", "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	google, err := introspect.Google(config, "app", "other-of-ours")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, token, audience, need string
		client                      *introspect.Client
		want                        int
	}{
		{"a token of the app passes", "gho_ours", "app", "repo", gitHub, 200},
		{"a token without the scope does not", "gho_ours", "app", "admin:org", gitHub, 403},
		{"another audience's API refuses it", "gho_ours", "other-api", "repo", gitHub, 401},
		{"a token of another app does not", "gho_theirs", "app", "repo", gitHub, 401},
		{"a token that has expired does not", "gho_expired", "app", "repo", gitHub, 401},
		{"an invented token does not", "gho_invented", "app", "repo", gitHub, 401},
		{"an outage of GitHub", "gho_down", "app", "repo", gitHub, 503},
		{"a token of the client passes", "ya29.ours", "app", "repo", google, 200},
		{"the API of another client of ours refuses it", "ya29.ours", "other-of-ours", "repo", google, 401},
		{"a token of another client does not pass", "ya29.theirs", "app", "repo", google, 401},
		{"an invented token does not pass", "ya29.invented", "app", "repo", google, 401},
		{"an outage of Google", "ya29.down", "app", "repo", google, 503},
	} {
		t.Run("P48/"+tt.name, func(t *testing.T) {
			v := newVerifier(t, middleware.Config{Logger: quiet, Audience: tt.audience, Issuers: []middleware.Issuer{{
				URL: "https://issuer.example.com", Introspection: tt.client, IntrospectionMode: middleware.IntrospectAll,
			}}})
			request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			request.Header.Set("Authorization", "Bearer "+tt.token)
			got := http.StatusOK
			if _, err := v.Authorize(http.Header{}, request, scopes.All(tt.need)); err != nil {
				got = middleware.Refusal(err).StatusCode()
			}
			if got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
