//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"syscall"
)

// Watch returns a function that reports whether the process pid still
// runs. A parent that has ended and that nobody has waited for shows by this process
// having another one.
func Watch(pid int) (alive func() bool, err error) {
	if pid < 1 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil, errors.New("there is no such process")
	}
	parent := os.Getppid()
	return func() bool {
		if pid == parent && os.Getppid() != parent {
			return false
		}
		return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}, nil
}
