//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package persist

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lock locks the file at path. The lock is released when the process exits,
// even if the process is killed. The file is never removed: otherwise two
// processes could each lock a different file with the same name.
func lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // next to the file that the user names
	if err != nil {
		return nil, fmt.Errorf("the lock file next to the state file cannot be opened: make the directory writable, or name another file (%w)", cause(err))
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("%w%s: stop that process, or name another file", ErrInUse, owner(f))
	case err != nil:
		err = fmt.Errorf("the file system cannot lock the state file: name a file on a local disk (%w)", err)
	default:
		err = sign(f)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// sign writes the ID of this process to the file. If another process fails to
// get the lock, its error message contains this ID.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// owner describes the process whose ID is in the lock file. It returns "" if
// the file does not contain an ID.
func owner(f *os.File) string {
	text := make([]byte, 20)
	n, _ := f.ReadAt(text, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}

// syncDir ensures that renames in dir survive a crash of the machine.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // of the file that the user names
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
