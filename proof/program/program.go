// Package program builds and runs programs of this module for tests.
package program

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stopTimeout is how long a program may take to stop. A program that takes
// longer is killed, which fails the test.
const stopTimeout = 15 * time.Second

// Main builds a program with [Build] and stores the path of the program in
// *built. Main then runs the tests, deletes the program and returns the exit
// status. Call Main in TestMain.
func Main(m *testing.M, root, pkg string, built *string) int {
	dir, err := os.MkdirTemp("", "program")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if *built, err = Build(context.Background(), root, pkg, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// Build builds the package pkg, for example ./examples/api, of the module in
// the directory root. It writes the program into the directory dir and returns
// the path of the program.
func Build(ctx context.Context, root, pkg, dir string) (string, error) {
	file := filepath.Join(dir, path.Base(pkg))
	build := exec.CommandContext(ctx, "go", "build", "-C", root, "-o", file, pkg) //nolint:gosec // a test passes the name
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return file, nil
}

// Start starts a program, which runs until the test ends. The environment of
// the program consists only of LISTEN=127.0.0.1:0 and the variables in env. The
// first line of output must be "listening on http://ADDR". Start waits for this
// line and returns the URL in it. When the test ends, the program is stopped.
// The test fails if the program then does not exit with status 0.
func Start(tb testing.TB, file string, env ...string) (url string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), file)
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr, cmd.WaitDelay = append([]string{"LISTEN=127.0.0.1:0"}, env...), &stderr, stopTimeout
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		tb.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	tb.Cleanup(func() {
		_, _ = io.Copy(io.Discard, lines) // read everything first, because Wait closes the pipe
		_ = cmd.Wait()                    // Wait returns an error after every Cancel, so only the exit status below is checked
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			tb.Errorf("%s: got exit status %d, want 0", file, code)
		}
		if tb.Failed() {
			tb.Logf("%s wrote to standard error:\n%s", file, &stderr)
		}
	})
	url, ready := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ready {
		tb.Fatalf("%s: got first line %q, want listening on http://ADDR", file, line)
	}
	return url
}
