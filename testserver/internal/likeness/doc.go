// Package likeness makes the mock server imitate a real server. A shape of
// package shapes describes the real server: its access tokens, its key set, its
// metadata and its introspection responses.
//
// The issuer and the times stay those of the mock server. The subject, the
// client, the scopes and the audience come from the grant. They are written
// into the claims that the shape uses for them.
package likeness
