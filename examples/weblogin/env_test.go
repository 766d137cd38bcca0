package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// lookup returns a function that replaces os.Getenv. The function returns the
// variables of a minimal environment for the site, with the given changes.
func lookup(changes map[string]string) func(string) string {
	env := map[string]string{
		"LISTEN": "127.0.0.1:0", "OAUTH_ISSUER": "https://login.example.com", "OAUTH_CLIENT_ID": "web", "OAUTH_CLIENT_SECRET": "hush",
	}
	maps.Copy(env, changes)
	return func(name string) string { return env[name] }
}

var aKey = base64.StdEncoding.EncodeToString(make([]byte, keyBytes))

// github contains the variables for GitHub that the package comment lists.
var github = map[string]string{
	"OIDC": "off", "OAUTH_ISSUER": "", "OAUTH_SUBJECT": "id", "OAUTH_SCOPE": "read:user",
	"OAUTH_AUTHORIZATION_ENDPOINT": "https://github.com/login/oauth/authorize",
	"OAUTH_TOKEN_ENDPOINT":         "https://github.com/login/oauth/access_token",
	"OAUTH_USERINFO_ENDPOINT":      "https://api.github.com/user",
}

func TestFromEnv(t *testing.T) {
	for name, test := range map[string]struct {
		changes map[string]string
		fault   string // text in the error; "" if no error is expected
	}{
		"issuer and client":               {nil, ""},
		"a public client":                 {map[string]string{"OAUTH_CLIENT_SECRET": ""}, ""},
		"a server without OpenID Connect": {github, ""},
		"persistent sessions":             {map[string]string{"SESSION_DIR": "x", "SESSION_KEY": aKey}, ""},
		"a slash after the base URL":      {map[string]string{"BASE_URL": "https://www.example.com/"}, ""},
		"plain http beyond loopback":      {map[string]string{"API_URL": "http://api.internal"}, "API_URL"},
		"plain http, if allowed":          {map[string]string{"API_URL": "http://api.internal", "INSECURE_HTTP": "1"}, ""},
		"bound tokens":                    {map[string]string{"DPOP": "1"}, ""},
		"an invalid DPOP":                 {map[string]string{"DPOP": "yes"}, "DPOP must be empty or 1"},
		"no issuer":                       {map[string]string{"OAUTH_ISSUER": ""}, "OAUTH_ISSUER is required"},
		"no client":                       {map[string]string{"OAUTH_CLIENT_ID": ""}, "OAUTH_CLIENT_ID is required"},
		"an http base URL":                {map[string]string{"BASE_URL": "http://www.example.com"}, "BASE_URL"},
		"a base URL with a path":          {map[string]string{"BASE_URL": "https://www.example.com/app"}, "must not have a path"},
		"a file URL":                      {map[string]string{"API_URL": "file:///x"}, "API_URL"},
		"credentials in a URL":            {map[string]string{"OAUTH_ISSUER": "https://a:hush@login.example.com"}, "OAUTH_ISSUER"},
		"a base URL with a query":         {map[string]string{"BASE_URL": "https://www.example.com?x"}, "must not have a query"},
		"an invalid LISTEN":               {map[string]string{"LISTEN": "8081"}, "LISTEN"},
		"an invalid OIDC":                 {map[string]string{"OIDC": "maybe"}, "OIDC"},
		"a short key":                     {map[string]string{"SESSION_KEY": "aGVsbG8="}, "SESSION_KEY must be 32 bytes"},
		"a directory without a key":       {map[string]string{"SESSION_DIR": "x"}, "SESSION_DIR needs SESSION_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fromEnv(lookup(test.changes))
			switch {
			case test.fault == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "hush")):
				t.Errorf("got %v, want an error about %s without a secret", err, test.fault)
			}
		})
	}
}

func TestIssuerAndEndpointsAreNotNormalized(t *testing.T) {
	cfg, err := fromEnv(lookup(map[string]string{
		"OIDC": "off", "OAUTH_ISSUER": "https://login.example.com/",
		"OAUTH_AUTHORIZATION_ENDPOINT": "https://login.example.com/authorize/?tenant=a", "OAUTH_TOKEN_ENDPOINT": "https://login.example.com/token/",
	}))
	if err != nil || cfg.issuer != "https://login.example.com/" {
		t.Errorf("got issuer %q and %v, want the issuer with the trailing slash", cfg.issuer, err)
	}
	if got := cfg.endpoints; got.Authorization != "https://login.example.com/authorize/?tenant=a" || got.Token != "https://login.example.com/token/" {
		t.Errorf("got %q and %q, want them unchanged", got.Authorization, got.Token)
	}
}

func TestRunServesUntilItsContextEnds(t *testing.T) {
	as := testserver.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	stdout, write := io.Pipe()
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, lookup(map[string]string{"OAUTH_ISSUER": as.Issuer()}), write, &stderr)
		_ = write.Close()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ready := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ready {
		t.Fatalf("got first line %q, %v\n%s", line, err, &stderr)
	}
	resp, err := http.Get(address)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v, want 200", resp, err)
	} else {
		resp.Body.Close()
	}
	cancel()
	if got := <-status; got != 0 {
		t.Errorf("got status %d, want 0\n%s", got, &stderr)
	}
}

func TestRunFailsAtTheStart(t *testing.T) {
	as := testserver.New(t)
	as.Inject(testserver.EndpointASMetadata, testserver.Body("application/json", []byte(`{"issuer":"https://attacker.example","jwks_uri":"https://attacker.example/jwks"}`)))
	plain := testserver.New(t, testserver.Metadata(func(doc map[string]any) {
		doc["revocation_endpoint"] = "http://login.example.com/revoke"
	}))
	for name, test := range map[string]struct {
		changes map[string]string
		status  int
	}{
		"an invalid environment":     {map[string]string{"LISTEN": "x", "OAUTH_CLIENT_ID": ""}, 2},
		"another issuer's metadata":  {map[string]string{"OIDC": "off", "OAUTH_ISSUER": as.Issuer()}, 1},
		"an endpoint without https":  {map[string]string{"OAUTH_ISSUER": plain.Issuer()}, 1},
		"a server without metadata":  {map[string]string{"OAUTH_ISSUER": as.Issuer() + "/elsewhere"}, 1},
		"an address in use":          {map[string]string{"LISTEN": strings.TrimPrefix(as.Issuer(), "http://")}, 1},
		"a directory that is a file": {map[string]string{"SESSION_DIR": "env.go", "SESSION_KEY": aKey}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), lookup(test.changes), &stdout, &stderr); got != test.status {
				t.Errorf("got status %d, want %d\n%s", got, test.status, &stderr)
			}
			if stdout.Len() != 0 || stderr.Len() == 0 || strings.Contains(stderr.String(), "hush") {
				t.Errorf("got %q and %q, want only the reason, on standard error", &stdout, &stderr)
			}
		})
	}
}
