package persist_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// The function as calls f with the file permissions of the user whose ID is
// uid.
func as(uid uintptr, f func()) {
	runtime.LockOSThread() // SETFSUID applies only to the current thread
	defer runtime.UnlockOSThread()
	before, _, _ := syscall.RawSyscall(syscall.SYS_SETFSUID, uid, 0, 0)
	defer func() { _, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, before, 0, 0) }()
	f()
}

func TestFileThatCannotBeReadIsAnErrorOfOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	put(t, path, head+"{}}")
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} { // both directories that TempDir has made
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	mode := os.FileMode(0o600) // if the test runs as root, only root can read the file
	if os.Geteuid() != 0 {
		mode = 0
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	as(65534, func() {
		_, err := persist.Open(path)
		wantParts(t, err, path, "cannot be read", "allow this user to read the file", "permission denied")
	})
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	wantText(t, path, head+"{}}")
}

func TestDirectoryThatCannotBeWrittenIsAnErrorOfOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	as(65534, func() {
		_, err := persist.Open(filepath.Join(dir, "state.json"))
		wantParts(t, err, "the lock file next to the state file cannot be opened", "make the directory writable, or name another file")
	})
}

func TestPipeIsNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := persist.Open(path)
	wantParts(t, err, path, "not a regular file", "name another file")
}

func TestLockThatIsALinkIsNotFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	victim := filepath.Join(t.TempDir(), "victim")
	put(t, victim, "precious")
	if err := os.Symlink(victim, path+".bearerguard-lock"); err != nil {
		t.Fatal(err)
	}
	_, err := persist.Open(path)
	wantParts(t, err, "the lock file next to the state file cannot be opened")
	wantText(t, victim, "precious")
}

func TestNewStateThatIsALinkIsNotFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	victim := filepath.Join(t.TempDir(), "victim")
	put(t, victim, "precious")
	if err := os.Symlink(victim, path+".bearerguard-new"); err != nil {
		t.Fatal(err)
	}
	save(t, open(t, path), state{N: 1})
	wantText(t, victim, "precious")
}

func TestWriteThatStopsHalfWayLeavesTheOldState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f := open(t, path)
	save(t, f, state{N: 1})
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	tight := before
	tight.Cur = 4096 // files can grow to this many bytes: writing more fails
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		t.Fatal(err)
	}
	err := f.Save(state{N: 2, Tags: []string{strings.Repeat("x", 10_000)}})
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	wantParts(t, err, path, "cannot be written", "file too large")
	if got := load(t, f); got.N != 1 {
		t.Errorf("got %v, want the state before", got)
	}
	if got := names(t, path); len(got) != 2 {
		t.Errorf("got the files %q, want no half of one", got)
	}
	save(t, f, state{N: 3})
}
