// Package registry holds the clients and the users of a test authorization
// server: it validates, stores and authenticates them.
//
// It does not handle requests or make tokens.
package registry
