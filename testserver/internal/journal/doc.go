// Package journal remembers what happened at a test authorization server: the
// requests, with fingerprints in the place of all secrets, how many there were,
// the faults that answered some of them, and the audit log of what became of
// tokens.
//
// Nothing in it knows a grant, a client or a token: it sees requests and texts.
package journal
