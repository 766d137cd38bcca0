package apitest

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver"
)

// CheckURLVia is like CheckURL, but sends requests with the given transport,
// which can trust the certificate of a test API.
func CheckURLVia(transport func() *http.Transport, tb testserver.TB, s *testserver.Server, baseURL string, newRequest func() *http.Request, opts ...Option) {
	checkURL(tb, s, baseURL, newRequest, opts, transport)
}
