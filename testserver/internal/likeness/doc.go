// Package likeness makes the mock server imitate a real server. A shape (see
// package shapes) describes the real server: its access tokens, its key set,
// its metadata and its introspection responses.
//
// The mock server keeps its own clock. It also keeps its own issuer, unless the
// real server puts a name or another text into iss and no issuer is configured.
// The subject, the client, the scopes and the audience come from the grant. The
// mock server writes them into the claims that the real server would use.
package likeness
