package oauth

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

const basicChallenge = `Basic realm="testserver", charset="UTF-8"`

// authenticate returns the client that r comes from (RFC 6749 §2.3): proven by
// HTTP Basic, by parameters of the body or by an assertion, or named by a public
// client, which can prove nothing.
func (s *Server) authenticate(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	fields := r.Header.Values("Authorization")
	id, secret, assertion := form.Get("client_id"), form.Get("client_secret"), form.Has("client_assertion")
	switch {
	case len(fields) > 1:
		return nil, invalidRequest("there is more than one Authorization field")
	case len(fields) == 1 && (secret != "" || assertion), secret != "" && assertion:
		return nil, invalidRequest("the client authenticates in more than one way") // §2.3
	case len(fields) == 1:
		return s.basic(fields[0], id)
	case assertion:
		return s.asserted(form)
	case secret != "":
		c, ok := s.Registry.Authenticate(id, secret)
		if !ok || !c.By(catalogue.ClientSecretPost) {
			return nil, invalidClient("there is no such client with this secret", false)
		}
		return c, nil
	}
	c, ok := s.Registry.Client(id)
	if !ok || !c.Public {
		return nil, invalidClient("the client does not authenticate", false)
	}
	return c, nil
}

// confidential is authenticate for endpoints that are for nobody else.
func (s *Server) confidential(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	c, failed := s.authenticate(r, form)
	if failed == nil && c.Public {
		return nil, invalidClient("the client does not authenticate", false)
	}
	return c, failed
}

// basic reads an Authorization field. named is the client_id beside it, which is
// no second way to authenticate but must not say something else.
func (s *Server) basic(field, named string) (*registry.Registered, *failure) {
	scheme, credentials, _ := strings.Cut(field, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, invalidClient("clients authenticate by the scheme Basic", true)
	}
	pair, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(credentials, " "))
	first, second, found := strings.Cut(string(pair), ":")
	// Each is form-encoded on its own, so that an ID may have a colon.
	id, idErr := url.QueryUnescape(first)
	secret, secretErr := url.QueryUnescape(second)
	if err != nil || !found || idErr != nil || secretErr != nil {
		return nil, invalidClient("the Basic credentials are not form-encoded ones in base64", true)
	}
	c, ok := s.Registry.Authenticate(id, secret)
	switch {
	case !ok || !c.By(catalogue.ClientSecretBasic):
		return nil, invalidClient("there is no such client with this secret", true)
	case named != "" && named != id:
		return nil, invalidRequest("client_id is not the client that authenticates")
	}
	return c, nil
}
