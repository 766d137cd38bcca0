package shapes

import (
	"fmt"
	"slices"
)

// products describes the tokens of authorization servers that are products,
// self-hosted or hosted.
var products = slices.Concat(ory, zitadel, dex, authentik, authelia, frameworks, introspected, ping, enterprise, sap, casdoor, rented, sessions)

// numbered returns n strings. Each one is format with a number from 0 to n-1
// filled in.
func numbered(format string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return texts
}
