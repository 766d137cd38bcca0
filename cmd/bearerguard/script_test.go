package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/process"
	"github.com/bearerguard/bearerguard/proof/program"
)

// The scripts in testdata/script run the program bearerguard itself. $LISTEN is
// an address that is free, for an API that a script starts, and $API is the
// path of the program examples/api. The command insecure-api runs an API that
// accepts every audience. The command bound-api runs serveBoundAPI. Besides the
// usual commands, the scripts can use these:
//
//	serve [FLAG]…       starts a server, waits for its ready line, and writes the line
//	                    to ready.json and to variables such as READY_issuer
//	end                 stops that server, which must exit with code 0
//	orphan [FLAG]…      starts a server, kills its parent, and waits until the server ends
//	env-from FILE NAME  puts the first field of a file into the environment
//	interrupt WORD…     runs bearerguard and interrupts it: see scriptInterrupt
func TestServerScripts(t *testing.T) {
	api := buildExample(t, "api")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NODE_EXTRA_CA_CERTS", "")
			env.Setenv("API", api)
			env.Setenv("LISTEN", program.Address(t))
			env.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise each command waits a second at its end
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": scriptServe, "end": scriptEnd, "env-from": scriptEnv, "orphan": scriptOrphan, "interrupt": scriptInterrupt,
		},
	})
}

// commandOf returns the path of bearerguard in a script.
func commandOf(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "bearerguard"); isFile(path) {
			return path
		}
	}
	ts.Fatalf("bearerguard is not in PATH")
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("serve cannot be negated: use ! exec bearerguard serve")
	}
	if !slices.Contains(args, "--addr") {
		args = append(args, "--addr", anyPort)
	}
	cmd := exec.Command(commandOf(ts), append([]string{"serve"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), "XDG_CACHE_HOME=")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	var r ready
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			ts.Fatalf("serve: %v: %s", err, stderr.String())
		}
		if token := r["control_token"]; token != "" && strings.Contains(stderr.String(), token) {
			ts.Fatalf("serve printed its control token to standard error: %s", stderr.String())
		}
	}
	ts.Defer(stop)
	ts.SetCmd("end", func(*testscript.TestScript, bool, []string) { stop() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		ts.Fatalf("serve ended before it was ready: %s", stderr.String())
	}
	ts.Check(json.Unmarshal([]byte(line), &r))
	for name, value := range r {
		ts.Setenv("READY_"+name, value)
	}
	ts.Setenv(envControlURL, r["control"])
	ts.Setenv(envControlToken, r["control_token"])
	ts.Check(os.WriteFile(ts.MkAbs("ready.json"), []byte(line), 0o600))
}

// scriptInterrupt runs a command, interrupts it after an event, and prints its
// exit code. The last argument names the event: "stdout" or "stderr" for the
// first output there, or "request" for a request to a server that never
// answers. HANGING in the command is replaced by the URL of that server.
func scriptInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	words, when := slices.Clone(args[:len(args)-1]), args[len(args)-1]
	events := map[string]event{"stdout": make(event, 1), "stderr": make(event, 1), "request": make(event, 1)}
	at, ok := events[when]
	if !ok {
		ts.Fatalf("interrupt: the last word must be stdout, stderr or request, got %s", when)
	}
	ended := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		events["request"].happen()
		<-ended
	}))
	defer hanging.Close()
	defer close(ended)
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "HANGING", hanging.URL)
	}
	cmd := exec.Command(commandOf(ts), words...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "PATH", envControlURL, envControlToken, "OAUTH_ISSUER", "OAUTH_CLIENT_ID"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdout, cmd.Stderr = events["stdout"], io.MultiWriter(ts.Stderr(), events["stderr"])
	ts.Check(cmd.Start())
	select {
	case <-at:
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		ts.Fatalf("interrupt: no %s of %v within a minute", when, words)
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // the script compares the exit code
	fmt.Fprintln(ts.Stdout(), process.ExitCode(cmd.ProcessState))
}

// An event records that something has happened at least once. It is also a
// writer: each write records the event and discards the text.
type event chan struct{}

func (e event) happen() {
	select {
	case e <- struct{}{}:
	default:
	}
}

func (e event) Write(p []byte) (int, error) {
	e.happen()
	return len(p), nil
}

func scriptEnd(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("end: no server was started")
}

func scriptEnv(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: env-from FILE NAME")
	}
	fields := strings.Fields(ts.ReadFile(args[0]))
	if len(fields) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
	ts.Setenv(args[1], fields[0])
	fmt.Fprintln(ts.Stdout(), fields[0])
}
