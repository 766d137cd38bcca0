package testserver

import (
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// EmptyKeys and ChainOf are faults of the control API.
var (
	EmptyKeys   = emptyJWKS
	OtherIssuer = wrongIssuer
	ChainOf     = chain
)

// NotBeforeIn is a token option of the control API.
var NotBeforeIn = notBeforeIn

// Held is what waiting makes of a request.
var Held = held

// Fingerprint is how failures name a token.
var Fingerprint = journal.Fingerprint

// Snapshot and Restore carry the state from one server to another.
func Snapshot(s *Server) ([]byte, error) { return s.oauth.Snapshot() }

// Restore is the other half.
func Restore(s *Server, state []byte) error { return s.oauth.Restore(state) }

// ControlPaths are those of the control API.
func ControlPaths(s *Server) []string {
	return slices.Sorted(maps.Keys((&controller{Server: s}).routes()))
}
