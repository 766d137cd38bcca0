// Package conformance proves that the adapters are one: it builds the API of
// proof/cases on net/http, Echo and Gin. It holds only tests. An adapter joins
// by one line in TestAdapters and a function that builds the API on its
// framework.
package conformance
