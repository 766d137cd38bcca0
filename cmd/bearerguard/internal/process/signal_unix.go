//go:build unix

package process

import (
	"os"
	"syscall"
)

// Forwarded lists the signals that the subcommand exec forwards to the program
// that it runs.
var Forwarded = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2}

// ExitCode returns the exit code of a command as a shell reports it. If a
// signal ended the command, the exit code is 128 plus the number of the signal.
func ExitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
