//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package process

import (
	"io/fs"
	"os"
	"syscall"
)

// Hold marks a file as one of a process that is running, until release or its end. It
// waits for those who look at the file.
func Hold(path string) (release func(), err error) {
	f, err := os.Open(path) //nolint:gosec // a file of this program's
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// Held reports whether a process that is running holds an open file.
func Held(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// IsPrivate reports whether a file is this user's, and nobody else's to read.
func IsPrivate(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
