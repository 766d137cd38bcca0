package shapes

import (
	"fmt"
	"slices"
)

// products are the shapes of authorization servers, self-hosted or hosted.
var products = slices.Concat(ory, zitadel, dex, authentik, authelia, frameworks, introspected, ping, enterprise, sap, casdoor, rented, sessions)

// numbered returns n strings: format with the numbers from 0 to n-1.
func numbered(format string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return texts
}
