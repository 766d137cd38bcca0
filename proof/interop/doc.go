// Package interop holds no code but tests: Bearerguard's example API, built and run as a program of its own, against
// real authorization servers that share no line with it, and testserver, against real clients. See README.md.
package interop
