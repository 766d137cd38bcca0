// Package interop contains only tests. They test Bearerguard's example API,
// built and run as a separate program, against real authorization servers that
// share no code with it, and testserver against real clients. See README.md.
package interop
