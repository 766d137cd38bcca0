// Package listen provides the listeners of the mock server, on a socket or in
// memory, with or without TLS, and the transports for their clients. For TLS it
// generates a certificate.
//
// It does not depend on OAuth or on the contents of requests.
package listen
