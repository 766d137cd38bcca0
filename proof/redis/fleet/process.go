package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is a program that the fleet starts. It can be killed and started
// again.
type process struct {
	name      string
	file      string
	arguments []string
	dir       string
	env       []string
	ready     func(context.Context) error // returns nil when the process is ready

	cmd    *exec.Cmd
	output tail
}

const startTimeout = 30 * time.Second

// start starts the process and waits until it is ready.
func (p *process) start(ctx context.Context) error {
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), p.file, p.arguments...) //nolint:gosec // programs of this repository and of the distribution
	p.cmd.Dir, p.cmd.Env = p.dir, p.env
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := p.ready(limited)
		if err == nil {
			return nil
		}
		if !wait(limited, 10*time.Millisecond) {
			return fmt.Errorf("%s did not start: %w\n%s", p.name, err, p.output.String())
		}
	}
}

// kill ends the process as kill -9 does. It also ends a paused process.
func (p *process) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // Wait always fails after Kill
	p.cmd = nil
}

// tail keeps the last lines of an output.
type tail struct {
	mu   sync.Mutex
	text string
}

const tailLines = 2

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.SplitAfter(t.text+string(b), "\n")
	t.text = strings.Join(lines[max(0, len(lines)-tailLines-1):], "") // the last element is empty or an incomplete line, so one more is kept
	return len(b), nil
}

// String returns the last lines, indented.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSuffix(t.text, "\n")
	if text == "" {
		return "          (it printed nothing)"
	}
	return "          " + strings.ReplaceAll(text, "\n", "\n          ")
}

// freeAddress returns a loopback address at which nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// listening returns a function that checks whether something accepts
// connections at an address.
func listening(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// wait waits until d has passed or ctx ends. It returns true only if d has
// passed and ctx has not ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// lookUp finds a program that may be in /usr/sbin, which is not in the PATH of
// every user.
func lookUp(name string) (string, error) {
	file, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return exec.LookPath("/usr/sbin/" + name)
	}
	return file, err
}
