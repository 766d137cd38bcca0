package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
)

// Without --addr, a server uses the default port, or the next port that is
// free.
func TestServeUsesTheDefaultPortOrTheNext(t *testing.T) {
	cmd := newRoot(streams{})
	cmd.SetContext(t.Context())
	defaultAddr := program.Address(t)
	host, first, _ := net.SplitHostPort(defaultAddr)
	port, _ := strconv.Atoi(first)
	for i := range 3 {
		f := serverFlags{nextPort: true, addr: defaultAddr, control: controlOff}
		s, err := f.startServer(cmd)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.close() }()
		u, err := url.Parse(s.Issuer())
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := strconv.Atoi(u.Port()); u.Hostname() != host || got < port+i || got >= port+portsTried {
			t.Errorf("got server %d at %s, want it at %s or one of the next ports", i+1, s.Issuer(), defaultAddr)
		}
	}
}

// The commands that the subcommand serve suggests on a terminal must work.
func TestSuggestedCommandsWork(t *testing.T) {
	cmd := newRoot(streams{})
	cmd.SetContext(t.Context())
	s, err := (&serverFlags{addr: anyPort, control: anyPort}).startServer(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	var suggested strings.Builder
	suggestCommands(&suggested, s, true)
	t.Setenv(envControlURL, s.controlURL)
	t.Setenv(envControlToken, s.controlToken)
	n := 0
	for line := range strings.Lines(suggested.String()) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "bearerguard" {
			continue
		}
		n++
		if code := run(t.Context(), words[1:], streams{in: strings.NewReader(""), out: io.Discard, err: t.Output()}); code != exitOK {
			t.Errorf("%s: got exit code %d", line, code)
		}
	}
	if n != 3 || !strings.Contains(suggested.String(), s.Issuer()+"/debug") {
		t.Errorf("got %s, want three commands and the debug page", suggested.String())
	}
}

func TestServeStopsWhenStandardInputEnds(t *testing.T) {
	for range 20 {
		var out strings.Builder
		code := run(t.Context(), []string{"serve", "--addr", anyPort, "--exit-with-stdin"}, streams{in: strings.NewReader(""), out: &out, err: io.Discard})
		if code != exitOK || strings.Count(out.String(), "\n") != 1 {
			t.Fatalf("got code %d and %q, want 0 and the ready line", code, out.String())
		}
	}
}

func TestAReadyLineThatCannotBeWrittenIsAFailure(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close() // never an error for a pipe
	if code := run(t.Context(), []string{"serve", "--addr", anyPort}, streams{in: strings.NewReader(""), out: w, err: io.Discard}); code != exitFailure {
		t.Errorf("got code %d, want %d", code, exitFailure)
	}
}

// Lost audit events are reported, even if a signal stops the server.
func TestLostEventsAreReportedAfterASignal(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	r, w := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--addr", anyPort, "--audit", "/dev/full"}, streams{in: strings.NewReader(""), out: w, err: &stderr})
	}()
	line, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready map[string]string
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"test-client"}, "client_secret": {"test-secret"}}
	resp, err := http.PostForm(ready["token_endpoint"], form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	cancel(stopped{os.Interrupt})
	if got := <-code; got != exitFailure || !strings.Contains(stderr.String(), "audit log: ") {
		t.Errorf("got %d and %q, want %d and an error about the audit log", got, stderr.String(), exitFailure)
	}
}

func TestControlCharactersAreRemoved(t *testing.T) {
	if got, want := withoutControls("a\x1b]0;b\x07\tc\nd\u202e"), "a]0;b\tc\nd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
