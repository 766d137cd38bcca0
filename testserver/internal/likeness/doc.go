// Package likeness makes the mock server imitate a real one, which is described
// by a shape of package shapes: the form of access tokens, the key set, the
// metadata and introspection responses.
//
// Issuer and times stay those of the server, and subject, client, scopes and
// audience those of the grant. They are written into the claims that the shape
// uses for them.
package likeness
