// Command recorded sends a fixed set of requests to `bearerguard serve` and
// prints the answers. The output shows whether a refactoring changes an answer:
//
//	go run ./proof/recorded -program /tmp/old >/tmp/old.txt
//	go run ./proof/recorded -program /tmp/new >/tmp/new.txt
//	diff /tmp/old.txt /tmp/new.txt
//
// The server starts with a fixed seed. Before each request, the command sets
// the server's clock through the control API. Therefore, keys, identifiers and
// tokens are the same in each run. For each answer, the command prints the
// status, the header fields except Date, and the body.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	program := flag.String("program", "", "path of the bearerguard program, a `file`")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	n, err := record(context.Background(), *program, out)
	if err = errors.Join(err, out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, "recorded:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, n, "answers")
}

const (
	issuer = "http://as.example/t"
	begin  = "2026-01-01T00:00:00Z"
)

// settings is the configuration of the server: clients of each kind, and users
// with claims.
const settings = `{
	"clients": [
		{"id": "web", "secret": "web-secret", "redirect_uris": ["https://app.example/cb"]},
		{"id": "spa", "public": true, "redirect_uris": ["https://app.example/cb"], "scopes": ["openid", "offline_access", "read"]},
		{"id": "pusher", "secret": "pusher-secret", "redirect_uris": ["https://app.example/cb"], "require_pushed_authorization_requests": true},
		{"id": "job", "secret": "job-secret", "grants": ["client_credentials"], "auth_method": "client_secret_post"}
	],
	"users": [{"sub": "alice", "username": "alice", "password": "alices-password", "claims": {"email": "alice@example.com"}}],
	"scopes": ["read", "write"]
}`

// record runs the server twice: first without, then with --interactive. It
// sends all requests in both runs, and returns the total number of answers.
func record(ctx context.Context, program string, out io.Writer) (answers int, err error) {
	for _, mode := range []string{"", "--interactive"} {
		n, err := recordMode(ctx, program, mode, out)
		if answers += n; err != nil {
			return answers, err
		}
	}
	return answers, nil
}

// recorder sends requests to one server.
type recorder struct {
	client  *http.Client
	control string // URL of the control API
	secret  string // secret of the control API
	out     io.Writer
	answers int
	now     time.Time
	learned map[string]string // values of earlier answers, for later requests
}

func recordMode(ctx context.Context, program, mode string, out io.Writer) (answers int, err error) {
	folder, err := os.MkdirTemp("", "recorded")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	config := filepath.Join(folder, "config.json")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		return 0, err
	}
	free, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return 0, err
	}
	args := []string{"serve", "--addr", address, "--issuer", issuer, "--seed", "recorded", "--clock", begin, "--registration", "--config", config, "--exit-with-stdin"}
	if mode != "" {
		args = append(args, mode)
	}
	server := exec.CommandContext(ctx, program, args...) //nolint:gosec // the caller chooses the program
	stop, err := server.StdinPipe()
	if err != nil {
		return 0, err
	}
	ready, err := server.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stop.Close(), server.Wait()) }()
	var line struct {
		Control string `json:"control"`
		Token   string `json:"control_token"`
	}
	if err := json.NewDecoder(ready).Decode(&line); err != nil {
		return 0, fmt.Errorf("reading the ready line: %w", err)
	}
	start, err := time.Parse(time.RFC3339, begin)
	if err != nil {
		return 0, err
	}
	r := &recorder{control: line.Control, secret: line.Token, out: out, now: start, learned: make(map[string]string)}
	r.client = &http.Client{
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if strings.HasPrefix(addr, "as.example:") {
				addr = address
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
	fmt.Fprintf(out, "##### serve %s\n", mode)
	for _, ask := range requests() {
		if err := r.ask(ctx, ask); err != nil {
			return r.answers, fmt.Errorf("%s %s: %w", ask.method, ask.path, err)
		}
	}
	return r.answers, nil
}

// fraction matches a time with a fraction of a second. The server's clock runs
// on after ask sets it. The fraction therefore differs between runs, and ask
// does not print it.
var fraction = regexp.MustCompile(`(\d\d:\d\d:\d\d)\.\d+Z`)

// ask sets the time, sends a request and prints the answer.
func (r *recorder) ask(ctx context.Context, a request) error {
	r.now = r.now.Add(time.Second)
	clock, err := http.NewRequestWithContext(ctx, http.MethodPut, r.control+"/v1/clock", strings.NewReader(fmt.Sprintf(`{"now":%q}`, r.now.Format(time.RFC3339))))
	if err != nil {
		return err
	}
	clock.Header.Set("Authorization", "Bearer "+r.secret)
	clock.Header.Set("Content-Type", "application/json")
	set, err := r.client.Do(clock)
	if err != nil {
		return err
	}
	_ = set.Body.Close()
	if set.StatusCode/100 != 2 {
		return fmt.Errorf("setting the clock: got status %s", set.Status)
	}
	fill := make([]string, 0, 2*len(r.learned))
	for _, name := range slices.Sorted(maps.Keys(r.learned)) {
		fill = append(fill, "$"+name, r.learned[name])
	}
	known := strings.NewReplacer(fill...)
	address := "http://as.example" + known.Replace(a.path)
	if a.control {
		address = r.control + a.path
	}
	request, err := http.NewRequestWithContext(ctx, a.method, address, strings.NewReader(known.Replace(a.body)))
	if err != nil {
		return err
	}
	for name, value := range a.header {
		request.Header.Set(name, known.Replace(value))
	}
	if a.control {
		request.Header.Set("Authorization", "Bearer "+r.secret)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	r.answers++
	fmt.Fprintf(r.out, "### %s %s %s\n%s\n", a.method, a.path, a.body, answer.Status)
	answer.Header.Del("Date")
	var fields bytes.Buffer
	if err := answer.Header.Write(&fields); err != nil { // Write sorts the fields
		return err
	}
	shown := fraction.ReplaceAll(bytes.ReplaceAll(body, []byte(r.control), []byte("$control")), []byte("${1}Z"))
	fmt.Fprintf(r.out, "%s\n%s\n", fields.Bytes(), shown)
	r.learn(answer.Header.Get("Location"), body)
	return nil
}

// learn stores values that later requests need.
func (r *recorder) learn(location string, body []byte) {
	var members map[string]any
	_ = json.Unmarshal(body, &members) // an answer that is not JSON has no members to learn
	for _, name := range []string{"access_token", "refresh_token", "id_token", "request_uri", "device_code", "user_code", "registration_access_token", "client_id"} {
		if text, ok := members[name].(string); ok {
			r.learned[name] = text
		}
	}
	if _, query, ok := strings.Cut(location, "?"); ok {
		for _, pair := range strings.Split(query, "&") {
			if code, ok := strings.CutPrefix(pair, "code="); ok {
				r.learned["code"] = code
			}
		}
	}
}
