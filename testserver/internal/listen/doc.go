// Package listen is where the mock server is reached: sockets, TLS with a
// certificate made on the spot, and connections in memory, with a client's
// transport that finds the way there.
//
// No OAuth: nothing here knows what is asked or answered over a connection.
package listen
