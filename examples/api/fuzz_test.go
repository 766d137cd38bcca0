package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// FuzzAuthorization checks that a token is accepted only if the server issued
// it. The server is created once, outside the fuzz target.
func FuzzAuthorization(f *testing.F) {
	as, apis := newAPIs(f)
	api := apis["http"]
	good := as.Token(testserver.Scope("items:read"))
	for _, value := range []string{"", "Bearer", "Bearer " + good, "bearer  " + good, "Bearer " + good + "=", "Bearer " + good[:len(good)-1], "Basic " + good, good, "Bearer null"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 1<<10 { // JSON and base64 can make a claim eight times longer, but a token is limited to 16 KiB
			return
		}
		req := newRequest(t, "GET /items")
		req.Header.Set("Authorization", value)
		scheme, token, _ := strings.Cut(strings.Trim(value, " \t"), " ")
		want := strings.EqualFold(scheme, "Bearer") && strings.TrimLeft(token, " ") == good
		if status, _ := serveRequest(api, req); (status == http.StatusOK) != want {
			t.Errorf("got %d for %q, want 200 for %q only", status, value, good)
		}
		req.Header.Set("Authorization", "Bearer "+as.Token(testserver.Scope("items:read"), testserver.Claim("note", value)))
		if status, body := serveRequest(api, req); status != http.StatusOK {
			t.Errorf("got %d, %s for a good token with the claim %q, want 200", status, body, value)
		}
	})
}
