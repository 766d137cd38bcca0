package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// skewVariable is an environment variable of a program from buildSkewed. Its
// value is the error of the program's clock in seconds.
const skewVariable = "FLEET_SKEW"

// skewSource is added to package time.
const skewSource = `package time

import "syscall"

var fleetSkew = func() int64 {
	text, _ := syscall.Getenv("` + skewVariable + `")
	seconds, _ := atoi(text)
	return int64(seconds)
}()
`

// buildSkewed replaces nowLine, a line of time.Now, with skewedNowLine.
const (
	nowLine       = "\tsec += unixToInternal - minWall\n"
	skewedNowLine = "\tsec += unixToInternal - minWall + fleetSkew\n"
)

// buildSkewed builds examples/api with a modified package time, whose clock can
// be wrong. examples/api itself is not changed. A library such as libfaketime
// has no effect, because Go programs do not read the clock through libc.
func buildSkewed(ctx context.Context, root, dir string) (string, error) {
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	standard := filepath.Join(strings.TrimSpace(string(goroot)), "src", "time")
	source, err := os.ReadFile(filepath.Join(standard, "time.go")) //nolint:gosec // of the standard library
	if err != nil {
		return "", err
	}
	if strings.Count(string(source), nowLine) != 1 {
		return "", errors.New("time.Now of this Go version cannot be changed: -skew needs another nowLine")
	}
	overlay := make(map[string]string)
	for name, text := range map[string]string{"time.go": strings.Replace(string(source), nowLine, skewedNowLine, 1), "fleet_skew.go": skewSource} {
		changed := filepath.Join(dir, name)
		overlay[filepath.Join(standard, name)] = changed
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return "", err
	}
	listFile, file := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "api")
	if err := os.WriteFile(listFile, list, 0o600); err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "go", "build", "-C", root, "-overlay", listFile, "-o", file, "./examples/api") //nolint:gosec // the paths are from this program
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build -overlay: %w\n%s", err, out)
	}
	return file, nil
}
