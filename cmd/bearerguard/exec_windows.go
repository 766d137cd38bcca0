package main

import "os"

// forwarded are the signals that the command of exec gets. Ctrl-C reaches it by the
// console, and there is no other that could be sent to it.
var forwarded = []os.Signal{}

func codeOf(state *os.ProcessState) int { return state.ExitCode() }
