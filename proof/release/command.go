package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// command runs a program in dir and returns its output. The variables in env
// override the variables of this process.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // git and go, with arguments of this program
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOWORK=off"), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out), nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	return command(ctx, dir, nil, "git", args...)
}

// clone clones the repository at root into a new directory below work, and
// checks the commit out. The path root must be absolute.
func clone(ctx context.Context, root, work, commit string) (string, error) {
	dir, err := os.MkdirTemp(work, "clone")
	if err != nil {
		return "", err
	}
	hash, err := git(ctx, root, "rev-parse", commit+"^{commit}")
	if err != nil {
		return "", err
	}
	if _, err := git(ctx, dir, "clone", "--quiet", "--no-checkout", root, "."); err != nil {
		return "", err
	}
	_, err = git(ctx, dir, "checkout", "--quiet", "--detach", strings.TrimSpace(hash))
	return dir, err
}
