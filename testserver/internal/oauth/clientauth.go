package oauth

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// clientAuth finds out which client a request comes from (RFC 6749 §2.3).
type clientAuth struct{ *Server }

const basicChallenge = `Basic realm="testserver", charset="UTF-8"`

// authenticate returns the client that r comes from (RFC 6749 §2.3): proven by
// HTTP Basic, by parameters of the body or by an assertion, or named by a public
// client, which can prove nothing.
func (s clientAuth) authenticate(r *http.Request, form url.Values) (*registry.Registered, *failure) {
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
		return s.byAssertion(form)
	case secret != "":
		c, ok := s.Registry.Authenticate(id, secret)
		if failed := proven(c, ok, catalogue.ClientSecretPost, false); failed != nil {
			return nil, failed
		}
		return c, nil
	}
	c, ok := s.Registry.Client(id)
	if !ok || !c.Public {
		return nil, invalidClient("the client does not authenticate", false)
	}
	return c, nil
}

// identify returns the client that a token request comes from. An assertion that
// is a grant proves it as well, since its own key has signed it: other proof may
// be left out (RFC 7521 §4.1), unless the client is to give another.
func (s clientAuth) identify(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	if catalogue.Grant(form.Get("grant_type")) != catalogue.JWTBearer || len(r.Header.Values("Authorization")) > 0 || form.Has("client_secret") || form.Has("client_assertion") {
		return s.authenticate(r, form)
	}
	if !form.Has("assertion") {
		return nil, noAssertion()
	}
	c, _, ok := s.readAssertion(form.Get("assertion"))
	if !ok || !c.By(catalogue.PrivateKeyJWT) || form.Has("client_id") && form.Get("client_id") != c.ID {
		return nil, notTaken()
	}
	return c, nil
}

// confidential is authenticate for endpoints that are only for such clients.
func (s clientAuth) confidential(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	c, failed := s.authenticate(r, form)
	if failed == nil && c.Public {
		return nil, invalidClient("the client does not authenticate", false)
	}
	return c, failed
}

// basic reads an Authorization field. named is the client_id beside it, which is
// no second way to authenticate but must not say something else.
func (s clientAuth) basic(field, named string) (*registry.Registered, *failure) {
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
	if failed := proven(c, ok, catalogue.ClientSecretBasic, true); failed != nil {
		return nil, failed
	}
	if named != "" && named != id {
		return nil, invalidRequest("client_id is not the client that authenticates")
	}
	return c, nil
}

// proven reports a client that has not proven who it is, or not in its own way. The
// latter only one learns who has the secret.
func proven(c *registry.Registered, ok bool, by catalogue.AuthMethod, challenge bool) *failure {
	switch {
	case !ok:
		return invalidClient("no client is registered with this ID and secret", challenge)
	case !c.By(by):
		return invalidClient("the client is registered for "+string(c.AuthMethod)+", and this is "+string(by), challenge)
	}
	return nil
}

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
