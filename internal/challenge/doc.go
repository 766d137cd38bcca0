// Package challenge parses the challenges in WWW-Authenticate header fields
// (RFC 9110 §11.6.1). It is for programs that check the answers of an API.
//
// Not in this package: code that chooses or writes the challenges of an API.
package challenge
