package testserver

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// Held is what waiting makes of a request.
var Held = held

// Fingerprint is how failures name a token.
var Fingerprint = as.Fingerprint

// CheckURLVia is CheckURL for an API whose certificate only transport trusts.
func CheckURLVia(transport func() *http.Transport, tb TB, s *Server, baseURL string, newRequest func() *http.Request, opts ...CheckOption) {
	checkURL(tb, s, baseURL, newRequest, opts, transport)
}

// ParseChallenges is the parser of WWW-Authenticate fields: schemes, each with
// its parameters.
func ParseChallenges(field string) (schemes []string, params []map[string]string, err error) {
	list, err := parseChallenges(field)
	for _, c := range list {
		schemes, params = append(schemes, c.scheme), append(params, c.params)
	}
	return schemes, params, err
}

// Snapshot and Restore carry the state from one server to another.
func Snapshot(s *Server) ([]byte, error) { return s.as.Snapshot() }

// Restore is the other half.
func Restore(s *Server, state []byte) error { return s.as.Restore(state) }
