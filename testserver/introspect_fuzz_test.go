package testserver_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// FuzzIntrospection checks that the response to any request is JSON with an
// expected status, and that only the server's tokens are active.
func FuzzIntrospection(f *testing.F) {
	s, err := testserver.NewUnstarted(testserver.IssuerURL("https://as.example"), testserver.Seed("fuzz"), testserver.Clock(atNoon))
	if err != nil {
		f.Fatal(err)
	}
	own := []string{s.Token(), s.Token(testserver.OpaqueTokens()), s.Token(testserver.Typ("")), s.Token(testserver.SigningAlg("RS256"))}
	for _, token := range own {
		f.Add("token="+token, testClient, "")
		f.Add("token="+token[:len(token)-1], testClient, signedType)
		f.Add(byPost+"&token="+token+"=", "", "*/*")
	}
	badForAnAPI := []testserver.Defect{
		testserver.WrongAudience, testserver.MissingAudience, testserver.MissingScope, testserver.AudNotString, testserver.BoundAsBearer,
	}
	for d, token := range s.BadTokens() {
		f.Add(byPost+"&token="+token, "", "")
		if slices.Contains(badForAnAPI, d) {
			own = append(own, token)
		}
	}
	for _, tt := range introspections {
		if len(tt.body) < 1000 {
			f.Add(tt.body, strings.Join(tt.authorization, ""), "application/json")
		}
	}
	f.Fuzz(func(t *testing.T, body, authorization, accept string) {
		rec := postForm(s, body, "Authorization", authorization, "Accept", accept)
		switch rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge:
		default:
			t.Fatalf("got %d, want 200, 400, 401 or 413", rec.Code)
		}
		text := rec.Body.String()
		if rec.Header().Get("Content-Type") == signedType {
			text = payload(t, text)
		}
		var answer any
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("got %s, %v, want JSON", text, err)
		}
		form, _ := url.ParseQuery(body)
		asked := form.Get("token")
		one := func(token string) bool { // whether the form had this token; the last 43 characters of a JWT may differ
			return token == asked || len(token) > 43 && len(token) == len(asked) && token[:len(token)-43] == asked[:len(token)-43]
		}
		if strings.Contains(text, `"active":true`) && !slices.ContainsFunc(own, one) {
			t.Errorf("got %q active, want only the server's tokens", asked)
		}
	})
}
