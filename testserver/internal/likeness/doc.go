// Package likeness makes the mock server imitate a real server. A shape (see
// package shapes) describes the real server: its access tokens, its key set,
// its metadata and its introspection responses.
//
// The mock server keeps its own issuer and clock. The subject, the client, the
// scopes and the audience come from the grant. The mock server writes them into
// the claims that the real server would use.
package likeness
