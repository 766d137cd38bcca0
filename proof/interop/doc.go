// Package interop contains only tests. They run Bearerguard's example API as a
// separate program against real authorization servers that share no code with
// Bearerguard, and run testserver against real clients. See README.md.
package interop
