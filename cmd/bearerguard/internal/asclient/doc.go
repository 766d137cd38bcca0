// Package asclient is a client of any OAuth authorization server, for a program
// that a user runs on their own machine.
//
// [Discover] fetches the metadata of the server and returns a [Client]. The
// client gets tokens for itself and for a refresh token, exchanges, introspects
// and revokes tokens, and fetches UserInfo. A [Login] gets tokens for a user,
// with the authorization code flow with PKCE (RFC 7636) and a callback on
// loopback (RFC 8252), or with the device flow (RFC 8628).
//
// A request that fails returns an [*Error] with the kind of the failure. No
// error contains the body of an answer, or a secret that was sent.
//
// Not in this package: flags, printing, exit codes, and features of only the
// mock server.
package asclient
