package shapes

import (
	"slices"
	"strconv"
)

// clouds are the shapes of cloud services and platforms.
var clouds = slices.Concat(auth0, okta, entra, microsoft, googleUsers, googleServices, aws, gitHub, gitLab, kubernetes, spiffe, edge, apple, salesforce, clerk)

// later is a NumericDate in the year 2100, used for exp in introspection
// responses and for other dates.
const later = 4102444800

// guids returns n GUIDs in lower case, as Microsoft writes them.
func guids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "aaaaaaaa-0000-4000-8000-" + strconv.Itoa(100000000000+i)
	}
	return list
}
