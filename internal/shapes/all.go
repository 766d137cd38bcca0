package shapes

import "slices"

// All lists all shapes, grouped by kind of provider.
var All = slices.Concat(keycloak, clouds, products)
