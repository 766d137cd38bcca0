package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/as"

// Held is what waiting makes of a request.
var Held = held

// Fingerprint is how failures name a token.
var Fingerprint = as.Fingerprint

// Snapshot and Restore carry the state from one server to another.
func Snapshot(s *Server) ([]byte, error) { return s.as.Snapshot() }

// Restore is the other half.
func Restore(s *Server, state []byte) error { return s.as.Restore(state) }
