// Package mtls issues TLS certificates for clients, and compares the
// certificates of clients with what is registered about them (RFC 8705). It
// decides nothing about tokens and knows nothing about endpoints.
package mtls
