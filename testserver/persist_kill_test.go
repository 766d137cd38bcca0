package testserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// childState is the name of an environment variable. If its value is a path,
// the test binary runs as a server that saves its state in the file at this
// path.
const childState = "TESTSERVER_TEST_CHILD_STATE"

// child starts a server, prints its issuer and serves until the process is
// killed.
func child(path string) {
	s, err := testserver.Start(context.Background(), testserver.Persist(path), testserver.OpaqueTokens())
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println(s.Issuer())
	_, _ = io.Copy(io.Discard, os.Stdin) // blocks until the parent process ends
}

// workload uses the server in the child process until the process is killed. It
// stores the tokens and codes that it has received.
type workload struct {
	issuer     string
	client     *http.Client
	onResponse func() // called after each token response

	mu                     sync.Mutex
	access, codes, refresh []string // refresh has only the last token of each grant
}

// run requests the tokens of one grant. It returns false if the server is down.
func (c *workload) run(t *testing.T) bool {
	resp, err := c.client.Get(c.issuer + "/authorize?" + authorizationRequest().Encode())
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Errorf("got %d, want a redirect", resp.StatusCode)
		return false
	}
	code := to.Query().Get("code")
	form, i := codeRequest(code), -1
	for range 3 {
		answer, ok := c.send(t, form)
		if !ok {
			return false
		}
		c.mu.Lock()
		c.access = append(c.access, answer["access_token"].(string))
		if i < 0 {
			i = len(c.refresh)
			c.codes, c.refresh = append(c.codes, code), append(c.refresh, "")
		}
		c.refresh[i] = answer["refresh_token"].(string)
		form = refreshRequest(c.refresh[i])
		c.mu.Unlock()
		c.onResponse()
	}
	return true
}

func (c *workload) send(t *testing.T, form url.Values) (map[string]any, bool) {
	resp, err := c.client.Post(c.issuer+"/token", formType, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, false // the server was killed during the response
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("got %d %s, want tokens", resp.StatusCode, text)
	}
	return parse(text), resp.StatusCode == http.StatusOK
}

func TestKilledServerKeepsItsState(t *testing.T) {
	const rounds, workers = 4, 4
	path := statePath(t)
	for range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childState+"="+path)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), "http://") {
			t.Fatalf("got %q from the child, want its issuer", lines.Text())
		}
		transport := &http.Transport{}
		answers := make(chan struct{}, 1000)
		c := &workload{
			issuer: lines.Text(), onResponse: func() { answers <- struct{}{} },
			client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		}
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for c.run(t) {
				}
			})
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			all.Wait()
		}()
		for range 1 + rand.IntN(40) {
			select {
			case <-answers:
			case <-stopped:
				t.Fatal("the server ended before it was killed, or run has reported an error")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-stopped
		_ = cmd.Wait() // the error is expected, because the process was killed
		_ = stdin.Close()
		transport.CloseIdleConnections()
		checkState(t, path, c)
	}
}

// checkState starts a server with the state file of the killed process, and
// checks the tokens and codes in c. The process may have saved the use of a
// refresh token but not sent the new token. So the new server has a grace
// period, in which the old refresh token still works.
func checkState(t *testing.T, path string, c *workload) {
	t.Helper()
	s := startPersisted(t, path, testserver.RotateRefresh(time.Hour))
	for _, token := range c.access {
		if !isActive(s, token) {
			t.Error("got an access token that is not in the file")
		}
	}
	for _, token := range c.refresh {
		wantTokens(t, exchange(t, s, refreshRequest(token)))
	}
	for _, code := range c.codes {
		wantError(t, exchange(t, s, codeRequest(code)), 400, "invalid_grant")
	}
	closeServer(t, s)
}
