package process

import "os"

// Forwarded lists the signals that the subcommand exec forwards to the program
// that it runs. It is empty: the console sends Ctrl-C to the program directly,
// and a process on Windows cannot send such signals to another process.
var Forwarded = []os.Signal{}

// ExitCode returns the exit code of a command.
func ExitCode(state *os.ProcessState) int { return state.ExitCode() }
