package process

import (
	"errors"
	"syscall"
)

// Watch returns a function that reports whether the process pid is still
// running. It keeps a handle of the process open, so that no other process gets
// the ID.
func Watch(pid int) (alive func() bool, err error) {
	h, err := syscall.OpenProcess(syscall.SYNCHRONIZE, false, uint32(pid)) //nolint:gosec // an invalid ID opens nothing
	if err != nil {
		return nil, errors.New("no such process")
	}
	return func() bool {
		event, err := syscall.WaitForSingleObject(h, 0)
		return err == nil && event == syscall.WAIT_TIMEOUT
	}, nil
}
