// Package asclient is a client of any OAuth authorization server, for a program
// that one user runs on a machine of their own.
//
// [Discover] reads the metadata of the server and returns a [Client]. That gets
// tokens for the client itself and for a refresh token, asks about tokens, revokes
// them, and asks about the user of one. A [Login] gets tokens for a user, by the
// authorization code flow with PKCE (RFC 7636) and a callback on loopback
// (RFC 8252), or by the device flow (RFC 8628).
//
// A request that fails returns an [*Error], which says of which kind the failure
// is. No error holds the body of an answer, or what was sent in confidence.
//
// What may not be in it: flags, printing, exit codes, and what only the mock server does.
package asclient
