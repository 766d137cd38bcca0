package apitest

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver"
)

// CheckURLVia does what CheckURL does, for an API with a certificate that only
// transport trusts.
func CheckURLVia(transport func() *http.Transport, tb testserver.TB, s *testserver.Server, baseURL string, newRequest func() *http.Request, opts ...Option) {
	checkURL(tb, s, baseURL, newRequest, opts, transport)
}
