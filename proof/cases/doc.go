// Package cases defines requests, and the responses that every adapter must
// return. Its tables contain credentials, tokens, faults and the tokens of real
// providers. Each adapter builds the same small API, which receives the
// requests as bytes over real HTTP/1.1 and HTTP/2 connections.
//
// The tests of an adapter pass their API to [Test], even if the adapter is in a
// nested module. To add a request, add a row to the group of the threat that
// the request tests.
//
// An API that checks certificates is served over TLS, and each request
// specifies the certificate of its client.
//
// For opaque tokens, a test sets the introspection responses of an
// authorization server, which counts the introspection requests.
//
// The tests compare the status, the challenge, Cache-Control, Retry-After, the
// content type, the names of other header fields, and the decoded body. A
// parser in this package reads the challenge according to RFC 9110. If a
// request is refused, the handler of its route must not run.
//
// The responses to paths that match no route are not compared, because they
// differ between frameworks. For these paths, the tests only check that no
// protected handler runs.
package cases
