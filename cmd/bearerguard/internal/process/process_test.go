package process_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/process"
)

func TestAProcessIsWatchedUntilItEnds(t *testing.T) {
	alive, err := process.Watch(os.Getpid())
	if err != nil || !alive() {
		t.Fatalf("got %v for this process, want it alive", err)
	}
	if _, err := process.Watch(1 << 22); err == nil {
		t.Error("got no error for an ID that no process can have")
	}
	child := exec.CommandContext(t.Context(), "sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	alive, err = process.Watch(child.Process.Pid)
	if err != nil || !alive() {
		t.Fatalf("got %v for a child, want it alive", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		process.UntilGone(t.Context(), alive)
	}()
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("got nothing after the child had ended")
	}
}

func TestWatchingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	process.UntilGone(ctx, func() bool { return true }) // would hang
}

func TestACommandEndsAsAShellSays(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		_ = cmd.Run() // its code is what is looked at
		if got := process.ExitCode(cmd.ProcessState); got != want {
			t.Errorf("%s: got %d, want %d", script, got, want)
		}
	}
}
