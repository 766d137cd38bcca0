//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"syscall"
)

// Watch returns a function that reports whether the process pid is still
// running. If pid is the parent, the function also reports false once this
// process has another parent, because the old parent may be a zombie.
func Watch(pid int) (alive func() bool, err error) {
	if pid < 1 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil, errors.New("no such process")
	}
	parent := os.Getppid()
	return func() bool {
		if pid == parent && os.Getppid() != parent {
			return false
		}
		return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}, nil
}
