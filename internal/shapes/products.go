package shapes

import (
	"fmt"
	"slices"
)

// products describes the tokens of authorization server products, both
// self-hosted and hosted ones.
var products = slices.Concat(ory, zitadel, dex, authentik, authelia, frameworks, introspected, ping, enterprise, sap, casdoor, rented, sessions)

// numbered returns n strings. Each string is a number from 0 to n-1 in the
// given format.
func numbered(format string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return texts
}
