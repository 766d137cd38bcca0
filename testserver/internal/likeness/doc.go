// Package likeness makes the mock server imitate a real server, which a shape
// of package shapes describes: the form of access tokens, the key set, the
// metadata and introspection responses.
//
// The issuer and the times stay those of the mock server. The subject, the
// client, the scopes and the audience come from the grant. They are written
// into the claims that the shape uses for them.
package likeness
