package oauth

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Claims reports whether r says that it comes from the client id, in any of the
// places where a client says so, whether it proves it or not. It leaves r as it
// was.
func Claims(r *http.Request, id string) bool {
	if journal.Caller(r) == id || r.URL.Query().Get("client_id") == id {
		return true
	}
	if user, _, ok := r.BasicAuth(); ok {
		name, err := url.QueryUnescape(user)
		return err == nil && name == id
	}
	form := journal.PeekForm(r)
	return form.Get("client_id") == id || asserts(form.Get("client_assertion"), id)
}

// asserts reports whether the subject of a client assertion is id (RFC 7523 §3).
func asserts(assertion, id string) bool {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	claims, err := token.ParseObject(text)
	if err != nil {
		return false
	}
	sub, _ := claims.Text("sub")
	return sub == id
}
