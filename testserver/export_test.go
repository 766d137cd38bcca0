package testserver

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// ServeHandler runs h where the server would be, so that tests can close it
// under a handler that is slow to end.
func ServeHandler(h http.Handler, opts ...Option) (url string, client *http.Client, stop func() error, err error) {
	c, err := configure(opts)
	if err != nil {
		return "", nil, nil, err
	}
	l, err := listen(c)
	if err != nil {
		return "", nil, nil, err
	}
	t := l.transport()
	return l.issuer, &http.Client{Transport: t}, serve(l, h, t), nil
}

// EmptyKeys and ChainOf are faults of the control API.
var (
	EmptyKeys = emptyJWKS
	ChainOf   = chain
)

// Held is what waiting makes of a request.
var Held = held

// Fingerprint is how failures name a token.
var Fingerprint = journal.Fingerprint

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
func Snapshot(s *Server) ([]byte, error) { return s.oauth.Snapshot() }

// Restore is the other half.
func Restore(s *Server, state []byte) error { return s.oauth.Restore(state) }
