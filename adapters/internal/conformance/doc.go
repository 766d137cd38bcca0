// Package conformance checks that all adapters behave in the same way. It
// builds the API of proof/cases on net/http, Echo and Gin, and runs the same
// test cases against each API. It contains only tests. To add an adapter, add
// one line to TestAdapters and a function that builds the API on its framework.
package conformance
