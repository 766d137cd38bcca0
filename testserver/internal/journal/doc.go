// Package journal records what happens at a test authorization server: the
// requests, with fingerprints instead of secrets, the number of requests, the
// faults that requests got instead of normal responses, and the audit log of
// tokens.
//
// It depends only on requests and strings, not on grants, clients or tokens.
package journal
