package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
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
	_ = child.Wait() // returns an error, because the child was killed
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("UntilGone did not return after the child had ended")
	}
}

func TestWatchingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	process.UntilGone(ctx, func() bool { return true }) // must return although the process is alive
}

func TestExitCodeIsThatOfAShell(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		_ = cmd.Run() // the exit code is checked below
		if got := process.ExitCode(cmd.ProcessState); got != want {
			t.Errorf("%s: got %d, want %d", script, got, want)
		}
	}
}

func TestAFileIsHeldUntilItsRelease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if process.Held(f) {
		t.Error("got true for a file that no process holds")
	}
	again, err := os.Open(path) // Held keeps its lock on f until f is closed
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	_ = f.Close()
	release, err := process.Hold(path)
	if err != nil {
		t.Fatal(err)
	}
	if !process.Held(again) {
		t.Error("got false for a held file")
	}
	release()
	if process.Held(again) {
		t.Error("got true after the release")
	}
	if _, err := process.Hold(path + "x"); err == nil {
		t.Error("got no error for a missing file")
	}
}

func TestAFileForOtherUsersIsNotPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := process.IsPrivate(info); got != want {
			t.Errorf("%v: got %v, want %v", mode, got, want)
		}
		_ = os.Chmod(path, 0o600)
	}
}
