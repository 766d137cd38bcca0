// Command release checks whether the commit at HEAD can be released as a
// version, and makes the files that are published with the version.
//
//	make release-check VERSION=v0.1.0
//
// It checks that
//
//   - the version is valid and newer than the newest tag, and the tree is
//     clean;
//   - go mod tidy would change no module;
//   - no released module has a replace directive, because users would not get
//     the replacement (only nested modules may replace modules of this
//     project);
//   - CHANGELOG.md has a section for the version;
//   - the API is compatible with the last release, or the version permits the
//     changes and CHANGELOG.md names them.
//
// It makes the following files in a directory, whose path it prints:
//
//   - cmd/bearerguard for each platform, built twice with the same result;
//   - an SBOM in CycloneDX for each of these binaries, because the binaries
//     contain different modules;
//   - SHA256SUMS of all these files;
//   - the go.mod of each nested module that is released. Modules below proof
//     and examples are not released. Each of these go.mod files requires the
//     released version and has no replace directive.
//
// If it finds no fault, it prints at the end the git commands that release the
// version. It does not run these commands, and writes nothing into the tree. It
// reports the faults together. However, if the version is not valid or not
// newer, it checks only the tree and go mod tidy, and makes no files. If it
// finds any fault, the exit status is 1.
package main
