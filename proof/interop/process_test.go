package interop_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 15 * time.Second
)

// process is a command that runs until the test ends.
type process struct {
	path   string
	stdout *output
	exited chan struct{} // closed when the command exits
}

// launch starts a command that was made with t.Context(). When the test ends,
// stop asks the command to exit. If the command is still running after
// stopTimeout, it is killed. The test fails if the exit status is not 0.
func launch(t *testing.T, cmd *exec.Cmd, stop func() error) *process {
	t.Helper()
	p := &process{path: cmd.Path, stdout: &output{first: make(chan string, 1)}, exited: make(chan struct{})}
	stderr := &output{}
	cmd.Stdout, cmd.Stderr = p.stdout, stderr
	cmd.Cancel, cmd.WaitDelay = stop, stopTimeout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // Wait always returns an error after Cancel; the exit status below shows whether the command failed
	}()
	t.Cleanup(func() {
		<-p.exited
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("%s: got exit status %d, want 0", p.path, code)
		}
		if t.Failed() {
			t.Logf("%s wrote to standard error:\n%s", p.path, stderr)
		}
	})
	return p
}

// ready returns the first value from the channel. The test fails if the command
// exits first, or if the channel receives nothing within startTimeout.
func (p *process) ready(t *testing.T, first <-chan string) string {
	t.Helper()
	select {
	case line := <-first:
		return line
	case <-p.exited:
		t.Fatalf("%s exited before it was ready", p.path)
	case <-time.After(startTimeout):
		t.Fatalf("%s was not ready within %v", p.path, startTimeout)
	}
	return ""
}

// start launches a command and returns its first line of output. This line
// means that the command is ready. The command must write nothing else to
// standard output.
func start(t *testing.T, cmd *exec.Cmd, stop func() error) string {
	t.Helper()
	p := launch(t, cmd, stop)
	t.Cleanup(func() {
		<-p.exited
		if lines := p.stdout.lines(); lines != 1 {
			t.Errorf("%s: got %d lines on standard output, want 1:\n%s", p.path, lines, p.stdout)
		}
	})
	return p.ready(t, p.stdout.first)
}

// nodeFor returns the path of Node.js. It checks that the packages for the
// scripts in dir are installed.
func nodeFor(t *testing.T, dir string) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("node is missing: install Node.js 20 or later (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatalf("node_modules is missing: run `npm ci` in proof/interop/%s (%v)", dir, err)
	}
	return node
}

// output stores the output of a process. It sends the first line to its
// channel. Write never blocks, so the process never has to wait.
type output struct {
	first chan string // has capacity 1; nil if the first line is not needed

	mu  sync.Mutex
	all []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := bytes.Count(o.all, []byte{'\n'})
	o.all = append(o.all, p...)
	if line, _, whole := bytes.Cut(o.all, []byte{'\n'}); whole && before == 0 && o.first != nil {
		o.first <- string(line)
	}
	return len(p), nil
}

func (o *output) lines() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Count(o.all, []byte{'\n'})
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.all)
}
