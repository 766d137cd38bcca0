package process

import "os"

// Forwarded are the signals that the command of exec gets. Ctrl-C reaches it by the
// console, and no other can be sent to it.
var Forwarded = []os.Signal{}

// ExitCode is the exit code of a command.
func ExitCode(state *os.ProcessState) int { return state.ExitCode() }
