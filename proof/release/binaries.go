package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const program = "bearerguard"

// buildAll builds the program twice for each platform, in two clones, and
// checks that both binaries are equal. The second builds have a separate build
// cache, so that they do not reuse results of the first builds. buildAll keeps
// the first binary, writes its SBOM, and writes SHA256SUMS.
func buildAll(ctx context.Context, w io.Writer, r release, work string) error {
	var clones [2]string
	for i := range clones {
		dir, err := clone(ctx, r.root, work, r.commit)
		if err != nil {
			return err
		}
		// The go command stamps the tag into the program as its version.
		if _, err := git(ctx, dir, "tag", "--no-sign", "--force", r.version); err != nil {
			return err
		}
		clones[i] = dir
	}
	cache := filepath.Join(work, "cache")
	var faults []error
	var sums strings.Builder
	for _, platform := range r.platforms {
		goos, goarch, _ := strings.Cut(platform, "/")
		name := fmt.Sprintf("%s_%s_%s_%s", program, r.version, goos, goarch)
		if goos == "windows" {
			name += ".exe"
		}
		file, again := filepath.Join(r.out, name), filepath.Join(work, name)
		// These variables influence the binary, so their values must not come
		// from the developer's environment.
		env := []string{"CGO_ENABLED=0", "GOOS=" + goos, "GOARCH=" + goarch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=-mod=readonly", "GOFIPS140=off"}
		if err := errors.Join(
			build(ctx, clones[0], env, file),
			build(ctx, clones[1], append(env, "GOCACHE="+cache), again),
		); err != nil {
			faults = append(faults, err)
			continue
		}
		sbom := file + ".cdx.json"
		faults = append(faults, compare(file, again), checkStamp(file, r.version), writeSBOM(file, sbom))
		for _, made := range []string{file, sbom} {
			text, err := os.ReadFile(made) //nolint:gosec // the path was made above
			if err != nil {
				faults = append(faults, err)
				continue
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), filepath.Base(made))
		}
		fmt.Fprintln(w, "built:", name)
	}
	return errors.Join(append(faults, os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(sums.String()), 0o600))...)
}

func build(ctx context.Context, dir string, env []string, file string) error {
	_, err := command(ctx, dir, env, "go", "build", "-trimpath", "-buildvcs=true", "-o", file, "./cmd/"+program)
	return err
}

// compare returns an error if two builds are not the same, byte for byte.
func compare(first, second string) error {
	a, err := os.ReadFile(first) //nolint:gosec // made by buildAll
	if err != nil {
		return err
	}
	b, err := os.ReadFile(second) //nolint:gosec // made by buildAll
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("%s: a second build, in another directory, gave a different binary", filepath.Base(first))
	}
	return nil
}

// checkStamp returns an error if the version in the program is not the given
// version, or if the program was built with a development version of Go, a
// modified Go or GOEXPERIMENT. It accepts a release candidate of Go.
func checkStamp(file, version string) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return err
	}
	if info.Main.Version != version {
		return fmt.Errorf("%s: got the version %q in the binary, want %s", filepath.Base(file), info.Main.Version, version)
	}
	if strings.ContainsAny(info.GoVersion, " X-") {
		return fmt.Errorf("%s: the binary was built with %s: use a released Go, without GOEXPERIMENT", filepath.Base(file), info.GoVersion)
	}
	return nil
}
