package apitest

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver"
)

// CheckURLVia is CheckURL for an API whose certificate only transport trusts.
func CheckURLVia(transport func() *http.Transport, tb testserver.TB, s *testserver.Server, baseURL string, newRequest func() *http.Request, opts ...Option) {
	checkURL(tb, s, baseURL, newRequest, opts, transport)
}
