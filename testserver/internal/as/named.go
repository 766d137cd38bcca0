package as

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Names reports whether r says that it comes from the client id, in any of the
// places where a client says so, whether it proves it or not. It leaves r as it was.
func Names(r *http.Request, id string) bool {
	if Caller(r) == id || r.URL.Query().Get("client_id") == id {
		return true
	}
	if user, _, ok := r.BasicAuth(); ok {
		name, err := url.QueryUnescape(user)
		return err == nil && name == id
	}
	if r.Body == nil || !isForm(r) {
		return false
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxForm+1)) // what failed fails again for the endpoint
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	form, _ := url.ParseQuery(string(body))
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
	claims, err := parseObject(text)
	if err != nil {
		return false
	}
	sub, _ := claims.text("sub")
	return sub == id
}
