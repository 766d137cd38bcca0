// Package journal records what happens at a test authorization server:
// requests, with fingerprints instead of secrets, their numbers, the faults
// that answered some of them, and the audit log of tokens.
//
// It does not depend on grants, clients or tokens, only on requests and texts.
package journal
