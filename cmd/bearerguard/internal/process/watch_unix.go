//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"syscall"
)

// Watch returns a function that reports whether the process pid is still
// running. If pid is the parent of this process, the function also returns
// false as soon as this process has another parent. The old parent has then
// ended, but may still exist as a zombie.
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
