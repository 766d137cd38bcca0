package bench

import (
	_ "embed"
	"strings"
)

//go:embed go.mod
var goMod string

// Version is what go.mod requires of a module. It is "" for one that is not
// there or, as this repository, replaced by a directory.
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
