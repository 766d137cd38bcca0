package interop_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestControlAPIFromNode controls the mock server from Node.js. The script
// shares no code with this project.
func TestControlAPIFromNode(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bearerguard")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", filepath.Join("..", ".."), "-o", program, "./cmd/bearerguard")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./cmd/bearerguard: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "serve", "--addr", "127.0.0.1:0")
	ready := start(t, cmd, func() error { return cmd.Process.Signal(syscall.SIGTERM) })

	node := exec.CommandContext(t.Context(), "node", "control.mjs")
	node.Stdin = strings.NewReader(ready)
	var stderr bytes.Buffer
	node.Stderr = &stderr
	out, err := node.Output()
	t.Logf("steps that passed:\n%s", out)
	if err != nil {
		t.Fatalf("node control.mjs: %v\n%s", err, stderr.String())
	}
	if got := bytes.Count(out, []byte("\n")); got != 9 {
		t.Errorf("got %d steps, want 9", got)
	}
}
