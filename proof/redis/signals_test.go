package redis_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// receiver is a process of examples/api that receives logout tokens.
type receiver struct {
	api, signals string // URLs
	process      *os.Process
}

// startReceiver starts the program in a file. The program runs until it is
// killed or the test ends.
func startReceiver(t *testing.T, file string, as *testserver.Server, redis *server) *receiver {
	t.Helper()
	address := program.Address(t)
	command := exec.Command(file)
	command.Env = []string{"LISTEN=127.0.0.1:0", "ISSUER=" + as.Issuer(), "AUDIENCE=api", "REDIS_URL=redis://" + redis.addr, "REVOCATION_LISTEN=" + address}
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{signals: "http://" + address, process: command.Process}
	t.Cleanup(r.kill)
	line, _ := bufio.NewReader(out).ReadString('\n')
	var ready bool
	if r.api, ready = strings.CutPrefix(strings.TrimSpace(line), "listening on "); !ready {
		t.Fatalf("got first line %q, want listening on http://ADDR", line)
	}
	return r
}

// kill ends the process as kill -9 does.
func (r *receiver) kill() {
	if r.process != nil {
		_ = r.process.Kill()
		_, _ = r.process.Wait()
		r.process = nil
	}
}

// signal is a message, together with the token whose session the message ends.
type signal struct{ mediaType, body, token string }

// newSignal returns a new token, and a message that ends the token's session: a
// logout token if n is even, and a security event if n is odd.
func newSignal(as *testserver.Server, n int) signal {
	sid := fmt.Sprint("session ", n)
	token, object := as.Token(testserver.Claim("sid", sid)), func(name string, value any) map[string]any { return map[string]any{name: value} }
	if n%2 == 0 {
		events := object("http://schemas.openid.net/event/backchannel-logout", struct{}{})
		logout := as.Token(testserver.Typ("logout+jwt"), testserver.Claim("sid", sid), testserver.Claim("events", events))
		return signal{"application/x-www-form-urlencoded", url.Values{"logout_token": {logout}}.Encode(), token}
	}
	session := object("format", "opaque")
	session["id"] = sid
	events := object("https://schemas.openid.net/secevent/caep/event-type/session-revoked", struct{}{})
	event := as.Token(testserver.Typ("secevent+jwt"), testserver.Without("exp", "sub"), testserver.Claim("sub_id", object("session", session)), testserver.Claim("events", events))
	return signal{"application/secevent+jwt", event, token}
}

// send sends a signal and returns the status and the Retry-After of the answer.
// Without an answer, the status is 0.
func (r *receiver) send(s signal) (status int, retryAfter string) {
	response, err := http.Post(r.signals, s.mediaType, strings.NewReader(s.body))
	if err != nil {
		return 0, ""
	}
	_ = response.Body.Close()
	return response.StatusCode, response.Header.Get("Retry-After")
}

// status returns the status of a request with a token.
func (r *receiver) status(t *testing.T, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.api+"/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// An acknowledged signal survives its process. The process is killed right
// after the answer. A second process, which starts later, must refuse the
// token.
func TestAnAcknowledgedSignalIsNotLost(t *testing.T) {
	t.Parallel()
	file := buildAPI(t)
	redis, as := startServer(t), testserver.New(t, testserver.Audience("api"))
	for n := range 6 {
		s, first := newSignal(as, n), startReceiver(t, file, as, redis)
		if got := first.status(t, s.token); got != 200 {
			t.Errorf("signal %d: got %d before it, want 200", n, got)
		}
		status, _ := first.send(s)
		first.kill()
		if status/100 != 2 {
			t.Errorf("signal %d: got %d, want it acknowledged", n, status)
		}
		if got := startReceiver(t, file, as, redis).status(t, s.token); got != 401 {
			t.Errorf("signal %d: got %d at the next process, want 401", n, got)
		}
	}
}

// If a process is killed while it receives many signals, no acknowledged signal
// is lost.
func TestSignalsWhileAProcessIsKilled(t *testing.T) {
	t.Parallel()
	file := buildAPI(t)
	const n, workers = 400, 8
	redis, as := startServer(t), testserver.New(t, testserver.Audience("api"))
	first := startReceiver(t, file, as, redis)
	signals, acknowledged := make(chan signal, n), make(chan signal, n)
	for i := range n {
		signals <- newSignal(as, i)
	}
	close(signals)
	var sending sync.WaitGroup
	var killing sync.Once
	for range workers {
		sending.Go(func() {
			for s := range signals {
				if status, _ := first.send(s); status/100 == 2 {
					acknowledged <- s
				}
				if len(acknowledged) >= n/4 {
					killing.Do(first.kill)
				}
			}
		})
	}
	sending.Wait()
	close(acknowledged)
	got := len(acknowledged)
	if got < n/4 || got == n {
		t.Errorf("got %d of %d signals acknowledged, want a part", got, n)
	}
	second := startReceiver(t, file, as, redis)
	for s := range acknowledged {
		if got := second.status(t, s.token); got != 401 {
			t.Fatalf("got %d for a token whose end was acknowledged, want 401", got)
		}
	}
}

// A signal is not acknowledged while Redis cannot store it.
func TestSignalsWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	file := buildAPI(t)
	redis, as := startServer(t), testserver.New(t, testserver.Audience("api"))
	r := startReceiver(t, file, as, redis)
	for n := range 2 {
		s := newSignal(as, n)
		redis.kill()
		if got, retryAfter := r.send(s); got != 503 || retryAfter == "" {
			t.Errorf("signal %d: got %d and Retry-After %q, want 503 with it", n, got, retryAfter)
		}
		redis.start()
		eventually(t, "the repeated signal is acknowledged", func() bool {
			status, _ := r.send(s)
			return status/100 == 2
		})
		if got := startReceiver(t, file, as, redis).status(t, s.token); got != 401 {
			t.Errorf("signal %d: got %d at another process, want 401", n, got)
		}
	}
}
