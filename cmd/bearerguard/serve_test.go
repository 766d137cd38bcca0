package main

import (
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
)

// Without --addr a server has a port that stays the same, or the next free one.
func TestServeHasAPortThatStays(t *testing.T) {
	cmd := newRoot(streams{})
	cmd.SetContext(t.Context())
	usual := program.Address(t)
	host, first, _ := net.SplitHostPort(usual)
	port, _ := strconv.Atoi(first)
	for i := range 3 {
		f := serverFlags{usual: usual, addr: usual, control: controlOff}
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
			t.Errorf("got server %d at %s, want it at %s or one of the next ports", i+1, s.Issuer(), usual)
		}
	}
}

// What is shown to people on a terminal can be done.
func TestWhatPeopleAreToTry(t *testing.T) {
	cmd := newRoot(streams{})
	cmd.SetContext(t.Context())
	s, err := (&serverFlags{addr: anyPort, control: anyPort}).startServer(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	var shown strings.Builder
	tryThis(&shown, s, true)
	t.Setenv(envControlURL, s.controlURL)
	t.Setenv(envControlToken, s.controlToken)
	n := 0
	for line := range strings.Lines(shown.String()) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "bearerguard" {
			continue
		}
		n++
		if code := run(t.Context(), words[1:], streams{in: strings.NewReader(""), out: io.Discard, err: t.Output()}); code != exitOK {
			t.Errorf("%s: got exit code %d", line, code)
		}
	}
	if n != 3 || !strings.Contains(shown.String(), s.Issuer()+"/debug") {
		t.Errorf("got %s, want three commands and the debug page", shown.String())
	}
}

func TestServerThatEndsAtOnceEndsWell(t *testing.T) {
	for range 20 {
		var out strings.Builder
		code := run(t.Context(), []string{"serve", "--addr", anyPort, "--exit-with-stdin"}, streams{in: strings.NewReader(""), out: &out, err: io.Discard})
		if code != exitOK || strings.Count(out.String(), "\n") != 1 {
			t.Fatalf("got code %d and %q, want 0 and the ready line", code, out.String())
		}
	}
}

func TestReadyLineThatNobodyReadsIsAFailure(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close() // of a pipe: it never fails
	if code := run(t.Context(), []string{"serve", "--addr", anyPort}, streams{in: strings.NewReader(""), out: w, err: io.Discard}); code != exitFailure {
		t.Errorf("got code %d, want %d", code, exitFailure)
	}
}
