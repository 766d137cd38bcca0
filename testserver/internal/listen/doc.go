// Package listen provides the listeners of the mock server: sockets, TLS with a
// generated certificate, and connections in memory, with the transports for
// clients.
//
// It does not depend on OAuth or on the contents of requests.
package listen
