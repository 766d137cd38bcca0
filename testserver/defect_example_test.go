package testserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// With changes only what the defect needs. The bad token keeps the subject that
// another option sets.
func ExampleWith() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	token := as.Token(testserver.Subject("alice"), testserver.With(testserver.AlgNone))
	_, signature, _ := strings.Cut(token[strings.Index(token, ".")+1:], ".")
	status, code := testserver.AlgNone.Expect()
	fmt.Printf("sub %s, signature %q: want %d %s\n", claims(token).Sub, signature, status, code)
	// Output: sub alice, signature "": want 401 invalid_token
}

func ExampleDefects() {
	for d := range testserver.Defects() {
		if status, code := d.Expect(); status != http.StatusUnauthorized {
			fmt.Println(d, status, code)
		}
	}
	// Output: missing-scope 403 insufficient_scope
}

// A custom test sends all bad tokens to an API and checks only the status.
// Package apitest also checks the rest of the response.
func ExampleServer_BadTokens() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(r.Header.Get("Authorization"), ".") == 2 { // this API refuses every token with three segments and accepts all others
			w.WriteHeader(http.StatusUnauthorized)
		}
	})

	for defect, token := range as.BadTokens(testserver.Scope("orders:read")) {
		req := httptest.NewRequest("GET", "/orders", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, req)
		if want, _ := defect.Expect(); rec.Code != want {
			fmt.Printf("%s: got %d, want %d\n", defect, rec.Code, want)
		}
	}
	// Output:
	// missing-scope: got 401, want 403
	// four-segments: got 200, want 401
	// encrypted: got 200, want 401
}
