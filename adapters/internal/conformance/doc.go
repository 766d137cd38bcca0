// Package conformance proves that the adapters are one: the same small API is
// built on net/http, Echo and Gin, receives the same requests as bytes over
// real HTTP/1.1 and HTTP/2 connections, and must give the same answers.
//
// It holds tests alone. An adapter joins by one line in frameworks and a
// function that builds the API on its framework. A request joins by one line
// in the table of the threat it belongs to.
//
// For opaque tokens there is an authorization server that says what a test makes
// it say, and counts how often it is asked.
//
// What is compared is the status, the challenge as an RFC 9110 parser of the
// tests' own reads it, Cache-Control, Retry-After, the content type, any
// further header field and the decoded body. The handler of a refused request
// must not have run.
//
// Paths that match no route are outside: each framework answers them its own
// way. For them it is only proven that no protected handler runs.
package conformance
