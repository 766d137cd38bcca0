package as

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// authenticate returns the client that r proves to come from (RFC 6749 §2.3.1):
// by HTTP Basic or by parameters of the body.
func (s *Server) authenticate(r *http.Request, form url.Values) (string, *failure) {
	fields := r.Header.Values("Authorization")
	id, secret := form.Get("client_id"), form.Get("client_secret")
	switch {
	case len(fields) > 1:
		return "", invalidRequest("there is more than one Authorization field")
	case len(fields) == 1 && (secret != "" || form.Has("client_assertion")):
		return "", invalidRequest("the client authenticates in more than one way") // §2.3
	case len(fields) == 1:
		return s.basic(fields[0], id)
	case secret == "":
		return "", invalidClient("the client does not authenticate by client_secret_basic or client_secret_post", false)
	case !s.knows(id, secret):
		return "", invalidClient("there is no such client with this secret", false)
	}
	return id, nil
}

// basic reads an Authorization field. named is the client_id beside it, which is
// no second way to authenticate but must not say something else.
func (s *Server) basic(field, named string) (string, *failure) {
	scheme, credentials, _ := strings.Cut(field, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", invalidClient("clients authenticate by the scheme Basic", true)
	}
	pair, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(credentials, " "))
	first, second, found := strings.Cut(string(pair), ":")
	// Each is form-encoded on its own, so that an ID may have a colon.
	id, idErr := url.QueryUnescape(first)
	secret, secretErr := url.QueryUnescape(second)
	switch {
	case err != nil || !found || idErr != nil || secretErr != nil:
		return "", invalidClient("the Basic credentials are not form-encoded ones in base64", true)
	case !s.knows(id, secret):
		return "", invalidClient("there is no such client with this secret", true)
	case named != "" && named != id:
		return "", invalidRequest("client_id is not the client that authenticates")
	}
	return id, nil
}
