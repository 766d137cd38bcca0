package bench

import (
	_ "embed"
	"strings"
)

//go:embed go.mod
var goMod string

// Version returns the version of a module in go.mod. It returns "" if go.mod
// does not require the module. It also returns "" if go.mod replaces the module
// with a directory, as for this repository.
func Version(module string) string {
	version := ""
	for line := range strings.Lines(goMod) {
		switch f := strings.Fields(line); {
		case len(f) >= 2 && f[0] == module:
			version = f[1]
		case len(f) >= 2 && f[0] == "replace" && f[1] == module:
			return ""
		}
	}
	return version
}
