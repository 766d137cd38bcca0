package hydra_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/program"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 15 * time.Second
	pollInterval = 50 * time.Millisecond

	secret   = "a secret: 100% of it"
	callback = "http://127.0.0.1:4711/callback"

	// No server listens at these URLs. A test takes the login or consent
	// challenge from the redirect and accepts it at the admin API.
	loginURL   = "http://127.0.0.1:4711/login"
	consentURL = "http://127.0.0.1:4711/consent"
)

// The paths of the programs, which TestMain builds.
var hydraFile, apiFile string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hydra")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	hydraFile = filepath.Join(dir, "hydra")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-tags", "sqlite,json1", "-o", hydraFile, "github.com/ory/hydra/v2")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build github.com/ory/hydra/v2, which needs gcc: %v\n%s", err, out)
		return 1
	}
	if apiFile, err = program.Build(context.Background(), filepath.Join("..", "..", ".."), "./examples/api", dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// hydra is a running Ory Hydra.
type hydra struct {
	public, admin string
	namesSession  bool // the access tokens of a login have sid
}

// startHydra runs Hydra with a database in memory until the test ends. If
// issuer is empty, the issuer is Hydra's address. Access tokens are JWTs,
// unless the client is configured otherwise. alg is the algorithm of the
// signing keys. If alg is RS256, Hydra itself generates the keys. This takes
// seconds, because the keys have 4096 bits.
func startHydra(t *testing.T, issuer, alg string) *hydra {
	t.Helper()
	public, admin := program.Address(t), program.Address(t)
	h := &hydra{public: "http://" + public, admin: "http://" + admin}
	if issuer == "" {
		issuer = h.public
	}
	config, err := json.Marshal(map[string]any{
		"dsn":     "memory",
		"secrets": map[string]any{"system": []string{"0123456789abcdef0123456789abcdef"}},
		"serve":   map[string]any{"public": listen(public), "admin": listen(admin)},
		"urls":    map[string]any{"self": map[string]any{"issuer": issuer}, "login": loginURL, "consent": consentURL},

		"oauth2":     map[string]any{"allowed_top_level_claims": []string{"sid"}},
		"strategies": map[string]any{"access_token": "jwt"},
		"sqa":        map[string]any{"opt_out": true}, // disables telemetry
		"log":        map[string]any{"level": "warn"},
	})
	file := filepath.Join(t.TempDir(), "hydra.json")
	if err == nil {
		err = os.WriteFile(file, config, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}

	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), hydraFile, "serve", "all", "--dev", "--config", file)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = []string{}, &output, &output, stopTimeout
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // Wait always returns an error after Cancel; the exit status below shows whether Hydra failed
	}()
	t.Cleanup(func() {
		<-exited
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("hydra: got exit status %d, want 0", code)
		}
		if t.Failed() {
			t.Logf("hydra wrote:\n%s", &output)
		}
	})
	await(t, exited, h.admin+"/health/ready", h.public+"/health/ready")
	if alg != "RS256" {
		h.generate(t, idTokenKeys, alg)
		h.generate(t, accessTokenKeys, alg)
	}
	await(t, exited, h.public+"/.well-known/jwks.json")
	return h
}

func listen(address string) map[string]any {
	host, port, _ := strings.Cut(address, ":")
	return map[string]any{"host": host, "port": json.Number(port)}
}

// await waits until all pages return status 200.
func await(t *testing.T, exited <-chan struct{}, pages ...string) {
	t.Helper()
	tick, limit := time.NewTicker(pollInterval), time.After(startTimeout)
	defer tick.Stop()
	for _, page := range pages {
		for !answers(t, page) {
			select {
			case <-tick.C:
			case <-exited:
				t.Fatal("hydra exited before it was ready")
			case <-limit:
				t.Fatalf("hydra was not ready within %v", startTimeout)
			}
		}
	}
}

func answers(t *testing.T, page string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// client registers a client with the given access token strategy: jwt or
// opaque.
func (h *hydra) client(t *testing.T, id, strategy string) {
	t.Helper()
	h.request(t, http.MethodPost, "/admin/clients", map[string]any{
		"client_id": id, "client_secret": secret, "access_token_strategy": strategy, "redirect_uris": []string{callback},
		"grant_types":    []string{"client_credentials", "authorization_code", "refresh_token"},
		"response_types": []string{"code"}, "scope": "openid offline_access items:read items:write",
		"audience": []string{audience, "https://other.example.com", id},
	}, nil)
}

// The paths of the key sets in the admin API.
const (
	idTokenKeys     = "/admin/keys/hydra.openid.id-token"
	accessTokenKeys = "/admin/keys/hydra.jwt.access-token"
)

// generate adds a key to a set. From then on Hydra signs with the new key.
func (h *hydra) generate(t *testing.T, set, alg string) {
	t.Helper()
	h.request(t, http.MethodPost, set, map[string]any{"alg": alg, "use": "sig", "kid": ""}, nil)
}

// withdraw deletes a signing key of access tokens.
func (h *hydra) withdraw(t *testing.T, kid string) {
	t.Helper()
	h.request(t, http.MethodDelete, accessTokenKeys+"/"+kid, nil, nil)
}

// request sends JSON to the admin API. If v is not nil, the answer is decoded
// into v.
func (h *hydra) request(t *testing.T, method, path string, body, v any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, h.admin+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	status, answer := send(t, req)
	if status < 200 || status > 299 {
		t.Fatalf("%s %s: got %d: %s", method, path, status, answer)
	}
	if v != nil {
		unmarshal(t, answer, v)
	}
}

func unmarshal(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// revoke revokes a token (RFC 7009).
func (h *hydra) revoke(t *testing.T, client, token string) {
	t.Helper()
	form := url.Values{"token": {token}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.public+"/oauth2/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(secret))
	if status, answer := send(t, req); status != http.StatusOK {
		t.Fatalf("the revocation endpoint answered %d: %s", status, answer)
	}
}

func send(t *testing.T, req *http.Request) (int, []byte) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}
