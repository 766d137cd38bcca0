// Package challenge parses the challenges of WWW-Authenticate (RFC 9110
// §11.6.1), as the checks of APIs read them.
//
// Not in this package: which challenges an API should send, and writing them.
package challenge
