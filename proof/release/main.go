package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	var r release
	flag.StringVar(&r.root, "root", filepath.Join("..", ".."), "the `directory` of the root module")
	flag.StringVar(&r.version, "version", "", "the version to release, such as v0.1.0")
	flag.StringVar(&r.out, "out", "", "the `directory` for the files of the release; a new temporary directory if empty")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	r.platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, r)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release: not ready:")
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// release describes what to release, and where to write the files.
type release struct {
	root, version string
	out           string   // directory for the files; "" means a new temporary directory
	platforms     []string // the platforms of the binaries, as GOOS/GOARCH
	commit        string   // run sets it to HEAD when run begins
}

func run(ctx context.Context, w io.Writer, r release) (err error) {
	if r.root, err = filepath.Abs(r.root); err != nil {
		return err
	}
	if r.out, err = outside(r.root, r.out); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release-work")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()

	modules, err := readModules(ctx, r.root)
	if err != nil {
		return err
	}
	tags, err := readTags(ctx, r.root)
	if err != nil {
		return err
	}
	head, err := git(ctx, r.root, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	r.commit = strings.TrimSpace(head) // the clones and the printed commands use this commit, even if HEAD moves meanwhile
	faults := []error{
		checkTree(ctx, r.root),
		checkTidy(ctx, r.root),
	}
	if err := checkVersion(modules, r.version, tags); err != nil {
		// All other checks need a valid version.
		return errors.Join(append(faults, err)...)
	}
	changes, err := readChanges(r.root, r.version)
	faults = append(faults, err,
		checkAPI(ctx, w, r, work, modules, lastRelease(tags), changes),
		writeModules(r, modules),
		buildAll(ctx, w, r, work),
	)
	fmt.Fprintln(w, "files:", r.out)
	if err := errors.Join(faults...); err != nil {
		return err
	}
	fmt.Fprintf(w, "commands:\n%s", commands(r, modules))
	return nil
}

// outside creates the directory dir and returns its absolute path. If dir is
// "", it creates a temporary directory. It returns an error if dir is in the
// tree.
func outside(root, dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "release")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if below, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(below) {
		return "", fmt.Errorf("%s is in the released tree: choose another directory", dir)
	}
	return dir, os.MkdirAll(dir, 0o750)
}
