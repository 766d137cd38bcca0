package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Watch returns a function that reports whether the process pid, as it is
// now, still runs. One that has ended and that nobody has waited for does not,
// and neither does another one that has got its ID since.
func Watch(pid int) (alive func() bool, err error) {
	began, ok := processStart(pid)
	if !ok {
		return nil, errors.New("there is no such process")
	}
	return func() bool {
		now, ok := processStart(pid)
		return ok && now == began
	}, nil
}

// processStart is when pid began, in ticks since the machine did: see proc_pid_stat(5).
func processStart(pid int) (ticks string, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The name of the program stands in parentheses and may hold any, so fields are
	// counted from the last one: the state is the third of them all, the start the 22nd.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || bytes.ContainsAny(fields[0], "ZXx") {
		return "", false
	}
	return string(fields[19]), true
}
