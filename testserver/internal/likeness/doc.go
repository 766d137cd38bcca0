// Package likeness makes what a server issues look like what a real one does, by
// its shape of package shapes: the form of access tokens, the key set, metadata and
// the answers of introspection.
//
// What the protocol decides stays that of the server: issuer and times, and the
// subject, the client, the scopes and the audience of a grant. They are written
// into the claims in which the shape has them.
package likeness
