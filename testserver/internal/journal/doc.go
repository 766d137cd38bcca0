// Package journal records the activity of a test authorization server: the
// requests (with fingerprints in place of secrets), the number of requests, and
// the audit log of tokens. It also selects the requests to which a fault
// applies.
//
// It depends on HTTP requests and on strings, but not on grants, clients or
// tokens.
package journal
