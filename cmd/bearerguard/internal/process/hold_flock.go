//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package process

import (
	"io/fs"
	"os"
	"syscall"
)

// Hold locks a file until release is called or this process ends. If another
// process has just checked the file with Held, Hold waits until that process
// closes the file.
func Hold(path string) (release func(), err error) {
	f, err := os.Open(path) //nolint:gosec // a file of this program
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// Held reports whether a running process has locked f with Hold.
func Held(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// IsPrivate reports whether this user owns a file and other users have no
// access to it.
func IsPrivate(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
