// Package mtls issues TLS certificates for clients, and compares the
// certificates that clients present with the names and keys that the clients
// have registered (RFC 8705). It does not decide about tokens, and does not
// depend on endpoints.
package mtls
