package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/process"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptOrphan checks that a server ends after its parent was killed. It runs a
// shell that starts a server in the background and waits. Then it kills the
// shell with SIGKILL, and reads the standard output of the server until the
// server ends. In the flags of the server, $$ is the process ID of the shell.
func scriptOrphan(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("sh", "-c", `"$0" serve `+strings.Join(args, " ")+` & wait`, commandOf(ts))
	cmd.Dir = ts.MkAbs(".")
	out, w, err := os.Pipe()
	ts.Check(err)
	defer out.Close()
	cmd.Stdout, cmd.Stderr = w, io.Discard
	ts.Check(cmd.Start())
	ts.Check(w.Close())
	ts.Check(out.SetReadDeadline(time.Now().Add(30 * time.Second))) // in case the server does not end
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil {
		ts.Fatalf("the server was not ready: %v", err)
	}
	ts.Check(cmd.Process.Kill())
	rest, err := io.ReadAll(r)
	if err != nil || len(rest) > 0 {
		ts.Fatalf("got %q, %v after the parent was killed, want the end", rest, err)
	}
	_ = cmd.Wait() // returns an error, because the shell was killed
}

func TestReadyFileIsReplacedAtomically(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ready.json")
	texts := []string{strings.Repeat("a", 1<<20), strings.Repeat("b", 1<<20)}
	if err := writeAtomic(path, []byte(texts[0])); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			text, err := os.ReadFile(path)
			if err != nil || string(text) != texts[0] && string(text) != texts[1] {
				t.Errorf("got %d bytes, %v, want one of the complete texts", len(text), err)
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range 50 {
		if err := writeAtomic(path, []byte(texts[i%2])); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()

	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v, %v, want -rw-------", info.Mode(), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want no files left", left, err)
	}
}

func TestAnEndedProcessIsNotAlive(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cat") // runs until its standard input ends
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	alive, err := process.Watch(cmd.Process.Pid)
	if err != nil || !alive() {
		t.Fatalf("got %v, want a running process", err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if alive() {
		t.Error("got alive after the end of the process")
	}
}
