package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Watch returns a function that reports whether a process is still running. The
// process is the one that has the ID pid at the time of the call to Watch. The
// function returns false for a zombie, and for a later process with the same
// ID.
func Watch(pid int) (alive func() bool, err error) {
	began, ok := processStart(pid)
	if !ok {
		return nil, errors.New("no such process")
	}
	return func() bool {
		now, ok := processStart(pid)
		return ok && now == began
	}, nil
}

// processStart returns the start time of a process, in ticks since boot. See
// proc_pid_stat(5).
func processStart(pid int) (ticks string, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// Field 2 is the program name in parentheses. The name may also contain
	// parentheses, so fields are counted from the last closing parenthesis. The
	// state is field 3, and the start time is field 22.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || bytes.ContainsAny(fields[0], "ZXx") {
		return "", false
	}
	return string(fields[19]), true
}
