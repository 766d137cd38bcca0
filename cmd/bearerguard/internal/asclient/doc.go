// Package asclient is a client of any OAuth authorization server. It is made
// for a program that a user runs on their own machine.
//
// [Discover] fetches the metadata of the server and returns a [Client]. The
// client requests tokens for itself or with a refresh token. It exchanges,
// introspects and revokes tokens, and fetches UserInfo. A [Login] requests
// tokens for a user. It uses the authorization code flow with PKCE (RFC 7636)
// and a callback on loopback (RFC 8252), or the device flow (RFC 8628).
//
// If a request fails, the error is an [*Error] with the kind of the failure.
// Errors never contain the body of a response or a secret that was sent.
//
// This package does not parse flags, print, or choose exit codes. It does not
// use features that only the mock server has.
package asclient
