package shapes

import (
	"fmt"
	"slices"
)

// products are servers that are run or rented.
var products = slices.Concat(ory, zitadel, dex, authentik, authelia, frameworks, introspected, ping, enterprise, sap, casdoor, rented, sessions)

// numbered are n texts, from a format with a number in it.
func numbered(format string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return texts
}
