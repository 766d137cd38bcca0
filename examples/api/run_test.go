package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// start runs the program, as main does, until the test ends. It returns the URL
// from the line that the program prints. The test fails if standard output has
// another line or the exit status is not 0.
func start(t *testing.T, changes map[string]string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, write := io.Pipe()
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, lookup(changes), write, &stderr)
		_ = write.Close()
	}()
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	address, ready := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ready {
		cancel()
		t.Fatalf("got first line %q, %v, and status %d\n%s", line, err, <-status, &stderr)
	}
	t.Cleanup(func() {
		cancel()
		rest, _ := io.ReadAll(lines)
		if len(rest) != 0 {
			t.Errorf("got %q after the first line, want nothing", rest)
		}
		if got := <-status; got != 0 {
			t.Errorf("got status %d after the shutdown, want 0\n%s", got, &stderr)
		}
	})
	return address
}

func get(t *testing.T, url, token string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, strings.TrimSpace(string(text))
}

func TestHealthyAfterTheKeysAreFetched(t *testing.T) {
	for framework := range frameworks {
		t.Run(framework, func(t *testing.T) { testBecomesHealthy(t, framework) })
	}
}

func testBecomesHealthy(t *testing.T, framework string) {
	as := testserver.New(t)
	url := start(t, map[string]string{"ISSUER": as.Issuer(), "FRAMEWORK": framework})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-tick.C {
		status, _, _ := get(t, url+"/healthz", "")
		if status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d for 10 s, want 200", status)
		}
	}
}

func TestAnIssuerOutageOnlyAffectsItsTokens(t *testing.T) {
	for framework := range frameworks {
		t.Run(framework, func(t *testing.T) { testIssuerOutage(t, framework) })
	}
}

func testIssuerOutage(t *testing.T, framework string) {
	issuer := "http://" + program.Address(t)
	token := testserver.New(t, testserver.IssuerURL(issuer), testserver.Audience(audience)).Token()
	url := start(t, map[string]string{"ISSUER": issuer, "FRAMEWORK": framework})
	for _, test := range []struct {
		path, token string
		status      int
	}{
		{"/public", "", 200},
		{"/me", "", 401},
		{"/me", token, 503},
		{"/healthz", "", 503},
	} {
		status, header, _ := get(t, url+test.path, test.token)
		if status != test.status {
			t.Errorf("GET %s: got %d, want %d", test.path, status, test.status)
		}
		if test.token != "" && header.Get("Retry-After") == "" {
			t.Errorf("GET %s: got no Retry-After for a token that cannot be verified yet", test.path)
		}
	}
}

func TestMetadataNamesTheOrigin(t *testing.T) {
	as := testserver.New(t)
	for framework := range frameworks {
		for name, test := range map[string]struct {
			listen, origin string
			path, resource string // ADDRESS stands for the URL that the program prints; the resource "" stands for a 404
		}{
			"the address that is listened on": {"127.0.0.1:0", "", wellKnown, "ADDRESS"},
			"an address beyond loopback":      {":0", "", wellKnown, ""},
			"an origin with a path":           {"127.0.0.1:0", "https://api.example.com/v1", wellKnown + "/v1", "https://api.example.com/v1"},
			"not the root for such an origin": {"127.0.0.1:0", "https://api.example.com/v1", wellKnown, ""},
			"the first of several origins":    {":0", "https://api.example.com,https://api.example.net", wellKnown, "https://api.example.com"},
		} {
			t.Run(framework+", "+name, func(t *testing.T) {
				address := start(t, map[string]string{
					"ISSUER": as.Issuer(), "AUDIENCE": "orders", "FRAMEWORK": framework, "LISTEN": test.listen, "ORIGIN": test.origin,
				})
				status, _, body := get(t, address+test.path, "")
				if test.resource == "" {
					if status != http.StatusNotFound {
						t.Errorf("got %d %s, want 404", status, body)
					}
					return
				}
				want := fmt.Sprintf(`{"resource":%q,"authorization_servers":[%q],"bearer_methods_supported":["header"],`+
					`"dpop_signing_alg_values_supported":["ES256","ES384","ES512","EdDSA","Ed25519","PS256","RS256"]}`,
					strings.Replace(test.resource, "ADDRESS", address, 1), as.Issuer())
				if status != http.StatusOK || body != want {
					t.Errorf("got %d %s, want 200 %s", status, body, want)
				}
			})
		}
	}
}

func TestAnAddressInUseIsStatus1(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), lookup(map[string]string{"LISTEN": taken.Addr().String()}), &stdout, &stderr); status != 1 {
		t.Errorf("got status %d, want 1", status)
	}
	if stdout.Len() != 0 {
		t.Errorf("got %q on standard output, want nothing", &stdout)
	}
}
