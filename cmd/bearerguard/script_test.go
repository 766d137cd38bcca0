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

// The scripts run the program itself. LISTEN is an address that nobody listens on,
// API the program of examples/api, and careless-api one with a fault. Besides the usual commands they have
//
//	serve [FLAG]…       starts a server, waits for its ready line, and puts that into
//	                    the environment as READY_issuer and so on, and into ready.json
//	end                 asks that server to end, which it does with code 0
//	orphan [FLAG]…      starts a server whose parent is killed, and waits for its end
//	env-from FILE NAME  puts the first field of a file into the environment
func TestServerScripts(t *testing.T) {
	api := example(t, "api")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NODE_EXTRA_CA_CERTS", "")
			env.Setenv("API", api)
			env.Setenv("LISTEN", program.Address(t))
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each command waits a second for races of its last moment
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": scriptServe, "end": scriptEnd, "env-from": scriptEnv, "orphan": scriptOrphan, "interrupt": scriptInterrupt,
		},
	})
}

// commandOf is the path of bearerguard in a script.
func commandOf(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "bearerguard"); isFile(path) {
			return path
		}
	}
	ts.Fatalf("there is no bearerguard")
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("serve that fails: use ! exec bearerguard serve")
	}
	if !slices.Contains(args, "--addr") {
		args = append(args, "--addr", anyPort)
	}
	cmd := exec.Command(commandOf(ts), append([]string{"serve"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), "XDG_CACHE_HOME=")
	var said strings.Builder
	cmd.Stderr = &said
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
			ts.Fatalf("serve: %v: %s", err, said.String())
		}
		if token := r["control_token"]; token != "" && strings.Contains(said.String(), token) {
			ts.Fatalf("serve told its control token to standard error: %s", said.String())
		}
	}
	ts.Defer(stop)
	ts.SetCmd("end", func(*testscript.TestScript, bool, []string) { stop() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		ts.Fatalf("serve ended before it was ready: %s", said.String())
	}
	ts.Check(json.Unmarshal([]byte(line), &r))
	for name, value := range r {
		ts.Setenv("READY_"+name, value)
	}
	ts.Setenv(envControlURL, r["control"])
	ts.Setenv(envControlToken, r["control_token"])
	ts.Check(os.WriteFile(ts.MkAbs("ready.json"), []byte(line), 0o600))
}

// scriptInterrupt presses Ctrl-C while a command runs, and prints its exit code. The
// last word says when: stdout and stderr, once it writes there; asked, once it sends a
// request to the server that never answers, whose URL the word ASKED stands for.
func scriptInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	words, when := slices.Clone(args[:len(args)-1]), args[len(args)-1]
	events := map[string]event{"stdout": make(event, 1), "stderr": make(event, 1), "asked": make(event, 1)}
	at, ok := events[when]
	if !ok {
		ts.Fatalf("interrupt: the last word is stdout, stderr or asked, not %s", when)
	}
	ended := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		events["asked"].happen()
		<-ended
	}))
	defer silent.Close()
	defer close(ended)
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "ASKED", silent.URL)
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
	_ = cmd.Wait() // the script looks at its exit code
	fmt.Fprintln(ts.Stdout(), process.ExitCode(cmd.ProcessState))
}

// An event is something that happens once or more often; what is written to it is dropped.
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

func scriptEnd(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("end: there is no server") }

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
