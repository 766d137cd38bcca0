package shapes

import (
	"slices"
	"strconv"
)

// clouds are platforms and what they issue.
var clouds = slices.Concat(auth0, okta, entra, microsoft, googleUsers, googleServices, aws, gitHub, gitLab, kubernetes, spiffe, edge, apple, salesforce, clerk)

// later is a date that the answers of introspection have for exp.
const later = 4102444800

// guids are IDs as Microsoft writes them.
func guids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "aaaaaaaa-0000-4000-8000-" + strconv.Itoa(100000000000+i)
	}
	return list
}
