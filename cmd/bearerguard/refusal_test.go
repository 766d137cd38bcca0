package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestARefusalShowsOnlyCodeAndDescription(t *testing.T) {
	const secret = "hush-hush-hush"
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	body := func(text string) testserver.Fault { return testserver.Body("application/json", []byte(text)) }
	for name, tt := range map[string]struct {
		fault testserver.Fault
		shown string
	}{
		"a code and its description":            {testserver.OAuthError("invalid_scope", "no such scope"), "the authorization server refuses with 400 Bad Request: invalid_scope (no such scope)"},
		"a description with the secret":         {testserver.OAuthError("invalid_client", "wrong secret "+secret), "invalid_client\n"},
		"a description with the token":          {testserver.OAuthError("invalid_request", "unknown token canary"), "invalid_request\n"},
		"a description that is long":            {testserver.OAuthError("invalid_request", strings.Repeat("x", 501)), "invalid_request\n"},
		"control characters":                    {testserver.OAuthError("invalid_request", "\x1b[2J"), "invalid_request\n"},
		"a status and a text":                   {testserver.Status(502), "the authorization server refuses with 502 Bad Gateway\n"},
		"a redirect":                            {testserver.RedirectTo("https://evil.example.com/"), "the authorization server refuses with 302 Found\n"},
		"a body that is not an object":          {body(`["canary"]`), ""},
		"a body that breaks off":                {body(`{"active":true,"canary":`), ""},
		"a page":                                {testserver.Body("text/html", []byte("<p>canary")), ""},
		"a connection that is lost":             {testserver.DropConnection(), ""},
		"an answer without the required member": {body(`{}`), ""},
	} {
		for command, ep := range map[string]testserver.Endpoint{
			"client-credentials": testserver.EndpointToken, "refresh": testserver.EndpointToken, "introspect": testserver.EndpointIntrospect, "userinfo": testserver.EndpointUserInfo,
		} {
			if name == "an answer without the required member" && command == "userinfo" {
				continue // the command userinfo requires no member
			}
			t.Run(command+" and "+name, func(t *testing.T) {
				as := testserver.New(t)
				as.Inject(ep, tt.fault)
				args := []string{"token", command, "--issuer", as.Issuer()}
				if command != "userinfo" {
					args = append(args, "--client-id", as.DefaultClient().ID, "--client-secret-file", file)
				}
				if command != "client-credentials" {
					args = append(args, "canary")
				}
				shown := tt.shown
				if command == "client-credentials" && strings.Contains(name, "token") {
					shown = "invalid_request" // client-credentials sends no token
				}
				if command == "userinfo" && strings.Contains(name, "secret") {
					shown = "invalid_client"
				}
				code, out, stderr := bearerguard(t, args...)
				if code != exitFailure || out != "" || !strings.Contains(stderr, shown) || strings.Contains(stderr, "\x1b") {
					t.Errorf("got exit code %d, %q and %q, want %q", code, out, stderr, shown)
				}
				if shown == tt.shown && (strings.Contains(stderr, "canary") || strings.Contains(stderr, secret)) {
					t.Errorf("got a secret in %q", stderr)
				}
			})
		}
	}
}
