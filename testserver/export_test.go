package testserver

import (
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// EmptyKeys, OtherIssuer and ChainOf return faults that only the control API
// offers. The public Go API does not have them.
var (
	EmptyKeys   = emptyJWKS
	OtherIssuer = wrongIssuer
	ChainOf     = chain
)

// NotBeforeIn is a token option of the control API.
var NotBeforeIn = notBeforeIn

// ReadAhead reads the body of a request in advance, as Latency and Hang do.
var ReadAhead = readAhead

// Fingerprint returns the text that identifies a token in records and events.
var Fingerprint = journal.Fingerprint

// CheckInMembers replaces Go names in a text of a check, as /v1/check does.
var CheckInMembers = checkNames.Replace

// Snapshot returns the state of s in the form that Restore accepts.
func Snapshot(s *Server) ([]byte, error) { return s.oauth.Snapshot() }

// Restore replaces the state of s with a state from Snapshot.
func Restore(s *Server, state []byte) error { return s.oauth.Restore(state) }

// ControlPaths returns the paths of the control API.
func ControlPaths(s *Server) []string {
	return slices.Sorted(maps.Keys((&controller{Server: s}).routes()))
}
