// Package as is the authorization server behind package testserver: its keys,
// its clock, its endpoints and its tokens, as one http.Handler without a
// listener. Package testserver adds the listeners, the options and the
// failing of tests.
//
// The JOSE code here is deliberately not the verifier's: a mistake made once
// cannot hide in both. go-jose writes the JWKs and their thumbprints; the
// compact serialization is made by hand, because a server for tests must be
// able to sign what no library lets through.
package oauth
