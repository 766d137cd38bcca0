package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// apiProgram is the path of the program examples/api, which TestMain builds.
var apiProgram string

func TestMain(m *testing.M) {
	os.Exit(program.Main(m, filepath.Join("..", ".."), "./examples/api", &apiProgram))
}

// startAPI starts the API and returns its URL. The API accepts the tokens of
// the server as.
func startAPI(t *testing.T, as *testserver.Server, env ...string) string {
	t.Helper()
	return program.Start(t, apiProgram, append([]string{"ISSUER=" + as.Issuer(), "AUDIENCE=api"}, env...)...)
}

// lookup returns a function that replaces os.Getenv. The function returns the
// variables that bearerguard exec would set, with the given changes.
func lookup(as *testserver.Server, changes map[string]string) func(string) string {
	env := map[string]string{}
	for _, line := range as.Env() {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	maps.Copy(env, changes)
	return func(name string) string { return env[name] }
}

// service runs the program and returns its status and output. The test fails if
// the output contains a token or the secret.
func service(t *testing.T, as *testserver.Server, changes map[string]string) (status int, printed string) {
	t.Helper()
	return serviceOver(t, as, changes, func(c config) http.RoundTripper { return c.bind(as.Client().Transport) })
}

// serviceOver does the same as service, but the caller chooses the transport.
func serviceOver(t *testing.T, as *testserver.Server, changes map[string]string, transport func(config) http.RoundTripper) (status int, printed string) {
	t.Helper()
	var issued []string
	defer as.OnToken(func(_ *testserver.TokenRequest, resp *testserver.TokenResponse) error {
		token, _ := resp.Body["access_token"].(string)
		issued = append(issued, token)
		return nil
	})()
	cfg, err := fromEnv(lookup(as, changes))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	status = work(t.Context(), cfg, transport(cfg), &out)
	for _, hidden := range append(issued, as.DefaultClient().Secret) {
		if hidden != "" && strings.Contains(out.String(), hidden) {
			t.Errorf("a token or the secret was printed:\n%s", out.String())
		}
	}
	return status, out.String()
}

func TestOneTokenIsUsedForAllCalls(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"over http":     nil,
		"over https":    {testserver.TLS()},
		"with resource": {testserver.Audience("other")},
		"opaque tokens": {testserver.OpaqueTokens()},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, opts...)
			changes := map[string]string{"CALLS": "3", "EVERY": "0s"}
			env := []string{"INTROSPECTION_CLIENT_ID=test-client", "INTROSPECTION_CLIENT_SECRET=test-secret", "SSL_CERT_FILE=" + write(t, as.CACertPEM())}
			if name == "with resource" {
				changes["OAUTH_RESOURCE"] = "https://api.example.com"
				env = append(env, "AUDIENCE=https://api.example.com")
			}
			changes["API_URL"] = startAPI(t, as, env...)
			status, printed := service(t, as, changes)
			if got := strings.Count(printed, "GET /items: 200"); status != 0 || got != 3 || !strings.Contains(printed, "anvil") {
				t.Errorf("got status %d and %d answers, want 0 and 3:\n%s", status, got, printed)
			}
			if got := as.Count(testserver.EndpointToken); got != 1 {
				t.Errorf("got %d tokens, want 1", got)
			}
		})
	}
}

func TestTheEnvironmentOfBearerguardExecIsEnough(t *testing.T) {
	as := testserver.New(t)
	if cfg, err := fromEnv(lookup(as, nil)); err != nil || cfg.calls != 1 {
		t.Errorf("got %d calls and %v, want 1 call and no error", cfg.calls, err)
	}
}

func TestRun(t *testing.T) {
	as := testserver.New(t)
	url := startAPI(t, as)
	for name, test := range map[string]struct {
		changes map[string]string
		status  int
	}{
		"one call by default":    {nil, 0},
		"a wrong secret":         {map[string]string{"OAUTH_CLIENT_SECRET": "wrong"}, 1},
		"an insufficient scope":  {map[string]string{"OAUTH_SCOPE": "other"}, 1},
		"an invalid environment": {map[string]string{"CALLS": "0", "EVERY": "soon", "OAUTH_CLIENT_ID": ""}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			changes := map[string]string{"API_URL": url}
			maps.Copy(changes, test.changes)
			if status := run(t.Context(), lookup(as, changes), &stdout, &stderr); status != test.status {
				t.Errorf("got status %d, want %d\n%s%s", status, test.status, &stdout, &stderr)
			}
			if status := test.status; status == 2 && strings.Count(stderr.String(), "\n") != 3 {
				t.Errorf("got %q, want each of 3 faults on a line", &stderr)
			}
		})
	}
}

// write writes text into a new file and returns its path.
func write(t *testing.T, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// files writes a certificate and its key and returns the paths.
func files(t *testing.T, certificate tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	inPEM := func(kind string, der []byte) string {
		return write(t, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return inPEM("CERTIFICATE", certificate.Leaf.Raw), inPEM("PRIVATE KEY", key)
}
