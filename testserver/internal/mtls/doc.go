// Package mtls compares the TLS certificates of clients with what is registered
// about them, and issues such certificates (RFC 8705). It decides nothing about
// tokens and knows nothing about endpoints.
package mtls
