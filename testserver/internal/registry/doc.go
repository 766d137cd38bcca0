// Package registry has the clients and the users of a test authorization server:
// what they are, which of them can be registered, and how they prove who they
// are.
//
// It answers no request and makes no token.
package registry
