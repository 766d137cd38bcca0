package browser_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// wantReport is the report that an application must send after a user has
// signed in and out.
const wantReport = `{"sub":"test-user","email":"test-user@example.com","scope":"openid profile email orders:read","state":"first",` +
	`"framed":true,"refreshed":true,"userinfo":200,"revoked":401,"challenge":true,"out":"last"}`

// The applications and the server have different origins. The server is started
// from the command line.
func TestSinglePageApplications(t *testing.T) {
	issuer := startServer(t)
	for name, scripts := range map[string]string{
		"oidc-client-ts":   `<script src="/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"></script><script type="module" src="/oidc.js"></script>`,
		"plain JavaScript": `<script type="module" src="/plain.js"></script>`,
	} {
		t.Run(name, func(t *testing.T) {
			address, reports := newSPA(t, issuer, scripts)
			b := newTab(t)
			b.open(address + "/start")
			b.press("button")
			b.requireTitle("Sign in")
			b.logIn("test-user", "test-password")
			b.requireTitle("Allow access?")
			b.do(chromedp.Click(allow)) // after that, the application continues without the user
			select {
			case got := <-reports:
				if got != wantReport {
					t.Errorf("got  %s\nwant %s", got, wantReport)
				}
			case <-b.ctx.Done():
				t.Fatalf("got no report from %s", eval[string](b, `location.href`))
			}
			b.expectMessage("401") // the browser logs the UserInfo endpoint's 401 for the revoked token
		})
	}
}

// newSPA serves a single-page application. It returns the address of the
// application and a channel for the reports that the application sends.
func newSPA(t *testing.T, issuer, scripts string) (address string, reports <-chan string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("spa", "node_modules")); err != nil {
		t.Fatalf("node_modules is missing: run `npm ci` in proof/browser/spa (%v)", err)
	}
	received := make(chan string, 1)
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Orders</title><link rel="icon" href="data:,"><body data-issuer="%s">%s`, html.EscapeString(issuer), scripts)
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/{$}", "/start", "/callback"} {
		mux.HandleFunc("GET "+path, page)
	}
	mux.Handle("GET /", http.FileServer(http.Dir("spa")))
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		received <- string(text)
	})
	return serve(t, mux), received
}

// startServer starts a server and returns its issuer URL. The server runs until
// the test ends.
func startServer(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bearerguard")
	build := exec.Command("go", "build", "-o", program, "./cmd/bearerguard")
	build.Dir = filepath.Join("..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	cmd := exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--interactive", "--control", "off", "--exit-with-stdin")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // the server stops when its standard input is closed
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server exited with: %v", err)
		}
	})
	var ready struct {
		Issuer string `json:"issuer"`
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	return ready.Issuer
}
