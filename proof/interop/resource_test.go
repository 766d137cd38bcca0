package interop_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
)

// mock is the mock server, "bearerguard serve", in a separate process. On
// startup, the program prints the values of the exported fields as one line of
// JSON.
type mock struct {
	Issuer       string `json:"issuer"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Control      string `json:"control"`
	ControlToken string `json:"control_token"`
	CAPEM        string `json:"ca_pem"`

	program, ready string // paths of the program, and of the file for --ready-file
}

func startMock(t *testing.T, flags ...string) (m mock) {
	t.Helper()
	var err error
	if m.program, err = program.Build(t.Context(), filepath.Join("..", ".."), "./cmd/bearerguard", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), m.program, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...)
	ready := start(t, cmd, func() error { return cmd.Process.Signal(syscall.SIGTERM) })
	if err := json.Unmarshal([]byte(ready), &m); err != nil {
		t.Fatalf("bearerguard serve: got %s, %v", ready, err)
	}
	m.ready = write(t, []byte(ready))
	return m
}

// addClient runs bearerguard client add.
func (m mock) addClient(t *testing.T, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), m.program, append([]string{"client", "add", "--ready-file", m.ready}, arguments...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("bearerguard client add: %v\n%s", err, out)
	}
}

// TestOAuth4WebAPIDiscoversTheAuthorizationServer tests RFC 9728. A client
// finds the authorization server through the API's challenge, gets a token and
// calls the API. The API is tested at the root of its origin, and behind a
// proxy that strips a path.
func TestOAuth4WebAPIDiscoversTheAuthorizationServer(t *testing.T) {
	as, built := startMock(t), buildAPI(t)
	for _, framework := range frameworks {
		for _, path := range []string{"", "/v1"} {
			t.Run(framework+", path "+path, func(t *testing.T) {
				address := program.Address(t)
				origin, resource := "", "http://"+address
				if path != "" {
					origin = newProxy(t, address, path) + path
					resource = origin
				}
				startAPI(t, built, "LISTEN="+address, "FRAMEWORK="+framework, "ISSUER="+as.Issuer, "AUDIENCE="+resource, "ORIGIN="+origin)

				got := runClient(t, "discovery.mjs", map[string]string{"resource": resource, "clientID": as.ClientID, "secret": as.ClientSecret})
				wellKnown := resource[:len(resource)-len(path)] + "/.well-known/oauth-protected-resource" + path
				metadata := fmt.Sprintf(`{"resource":%q,"authorization_servers":[%q],"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":%s}`,
					resource, as.Issuer, `["ES256","ES384","ES512","EdDSA","Ed25519","PS256","RS256"]`)
				for name, want := range map[string]string{
					"challenge": fmt.Sprintf(`{"status":401,"scheme":"bearer","error":"invalid_token","resource_metadata":%q}`, wellKnown),
					"metadata":  metadata,
					"wellKnown": metadata,
					"elsewhere": `"OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED"`,
					"answer":    `{"status":200,"items":["anvil","bellows"]}`,
				} {
					t.Run(name, func(t *testing.T) { same(t, got[name], want) })
				}
			})
		}
	}
}

// newProxy starts a proxy for the API at the given address and returns the
// proxy's URL. The proxy strips the given path from each request, unless the
// request is for the API's metadata.
func newProxy(t *testing.T, address, path string) string {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	mux := http.NewServeMux()
	mux.Handle(path+"/", http.StripPrefix(path, proxy))
	mux.Handle("/.well-known/oauth-protected-resource"+path, proxy)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestOpenIDClientStepsUp tests RFC 9470 with users who log in on pages. If a
// login does not meet a route's requirements, the route refuses all tokens of
// this login. The challenge contains acr_values or max_age. After a new login
// with these values, the route accepts the token.
func TestOpenIDClientStepsUp(t *testing.T) {
	as, built := startMock(t, "--interactive"), buildAPI(t)
	const (
		ok    = `{"status":200}`
		fresh = `{"status":401,"error":"insufficient_user_authentication","max_age":"300"}`
		mfa   = `{"status":401,"error":"insufficient_user_authentication","acr_values":"urn:example:mfa"}`
	)
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			api := startAPI(t, built, "FRAMEWORK="+framework, "ISSUER="+as.Issuer, "AUDIENCE="+audience)
			got := runClient(t, "stepup.mjs", map[string]string{
				"issuer": as.Issuer, "control": as.Control, "controlToken": as.ControlToken, "api": api.url, "resource": audience,
			})
			for name, want := range map[string]string{
				"a login of ten minutes ago":      `{"pages":["Sign in","Allow access?"],"me":` + ok + `,"fresh":` + fresh + `,"mfa":` + mfa + `}`,
				"a token of the same session":     `{"pages":[],"fresh":` + fresh + `,"mfa":` + mfa + `}`,
				"as the challenge of /fresh asks": `{"pages":["Sign in"],"fresh":` + ok + `,"mfa":` + mfa + `}`,
				"as the challenge of /mfa asks":   `{"pages":["Sign in"],"fresh":` + ok + `,"mfa":` + ok + `}`,
			} {
				t.Run(name, func(t *testing.T) { same(t, got[name], want) })
			}
		})
	}
}
