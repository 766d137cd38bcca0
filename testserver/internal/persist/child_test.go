package persist_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// large returns a state whose JSON has about 300 KB. Because of this size, a
// child process spends most of its time in Save.
func large(n int) state {
	return state{N: n, Tags: slices.Repeat([]string{strings.Repeat(strconv.Itoa(n)+" ", 100)}, 1_000)}
}

// child runs in a child process. It saves one state after another and prints
// the number of each saved state, until the process is killed.
func child(path string) {
	f, err := persist.Open(path)
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	var last state
	if _, err := f.Load(&last); err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println("open")
	for n := last.N + 1; ; n++ {
		if err := f.Save(large(n)); err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println(n)
	}
}

// start starts a child process and waits until it has opened the file at path.
// It returns the process and a scanner for the rest of the process's output.
// When ctx is canceled, the process is killed with SIGKILL.
func start(ctx context.Context, t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("got %q from the child, want it to open the file", lines.Text())
	}
	return cmd, lines
}

func TestKillLeavesTheOldStateOrTheNew(t *testing.T) {
	const kills = 32
	path := filepath.Join(t.TempDir(), "state.json")
	saved, amid := 0, 0
	for range kills {
		ctx, cancel := context.WithCancel(t.Context())
		cmd, lines := start(ctx, t, path)
		kill := time.AfterFunc(rand.N(25*time.Millisecond), cancel)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("got %q from the child, want numbers", lines.Text())
			}
			saved = n
		}
		_ = cmd.Wait() // an error, because the child was killed
		kill.Stop()
		cancel()

		if _, err := os.Stat(path + ".bearerguard-new"); err == nil {
			amid++
		}
		f, err := persist.Open(path)
		if err != nil {
			t.Fatalf("after state %d was saved: %v", saved, err)
		}
		var got state
		found, err := f.Load(&got)
		if err != nil || found != (got.N > 0) {
			t.Fatalf("got %v, %v after state %d was saved", found, err, saved)
		}
		if got.N != saved && got.N != saved+1 {
			t.Fatalf("got state %d, want %d or the next", got.N, saved)
		}
		if found && !slices.Equal(got.Tags, large(got.N).Tags) {
			t.Fatalf("state %d is mixed with another", got.N)
		}
		saved = got.N
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d of them amid a write, %d states", kills, amid, saved)
	if amid == 0 {
		t.Error("no kill came amid a write: this has shown nothing")
	}
}

func TestOneProcessAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd, lines := start(ctx, t, path)
	lines.Scan() // wait for the first saved state

	_, err := persist.Open(path)
	if !errors.Is(err, persist.ErrInUse) {
		t.Fatalf("got %v, want %v", err, persist.ErrInUse)
	}
	wantParts(t, err, path, "process "+strconv.Itoa(cmd.Process.Pid), "stop that process, or name another file")

	cancel()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Errorf("got %q: the second process disturbed the first", lines.Text())
		}
	}
	_ = cmd.Wait() // an error, because the child was killed
	open(t, path)  // the kill has released the lock
}

func TestOneOpenFileAtATimeInAProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f := open(t, path)
	if _, err := persist.Open(path); !errors.Is(err, persist.ErrInUse) {
		t.Fatalf("got %v, want %v", err, persist.ErrInUse)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}
