package shapes

import "slices"

// All are the shapes, by kinds of providers.
var All = slices.Concat(keycloak, clouds, products)
