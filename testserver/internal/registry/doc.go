// Package registry validates, stores and authenticates the clients and the
// users of a test authorization server.
//
// It does not handle requests or make tokens.
package registry
