// Package cases holds the requests that every adapter must answer alike, and
// the answers: tables of credentials, tokens, faults and what real providers
// send. The same small API is built with each adapter, receives them as bytes
// over real HTTP/1.1 and HTTP/2 connections, and must give the same answers.
//
// The tests of an adapter pass what they built to [Test]; those of an adapter in
// a nested module do, too. A request joins by one line in the table of the
// threat it belongs to.
//
// For opaque tokens there is an authorization server that says what a test makes
// it say, and counts how often it is asked.
//
// What is compared is the status, the challenge as an RFC 9110 parser of the
// package's own reads it, Cache-Control, Retry-After, the content type, any
// further header field and the decoded body. The handler of a refused request
// must not have run.
//
// Paths that match no route are outside: each framework answers them its own
// way. For them it is only proven that no protected handler runs.
package cases
