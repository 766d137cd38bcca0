package oauth

import (
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// reading is an access token of this server, as it was read.
type reading struct {
	Claims token.Object
	Form   *token.Form

	// What the claims say, or else the grant that the token is of.
	Sub, Client string
	Scopes      []string

	isJWT bool
}

// known reads an access token of this server, whether it is still good or not; false
// for everything else.
func (s *Server) known(text string) (a reading, ok bool) {
	if kept, found := s.ledger.Claims(text); found {
		claims, err := token.ParseObject(kept)
		form, _ := s.FormOf(nil, claims)
		return s.access(text, claims, form, false), err == nil
	}
	header, claims, ok := s.Keys.Open(text)
	if !ok {
		return a, false
	}
	form, ok := s.FormOf(header, claims)
	if !ok {
		return a, false
	}
	iss, _ := claims.Text("iss")
	return s.access(text, claims, form, true), iss == s.IssuerOf(form)
}

func (s *Server) access(text string, claims token.Object, form *token.Form, isJWT bool) reading {
	a := reading{Claims: claims, Form: form, isJWT: isJWT, Client: form.Client(claims), Scopes: form.ScopesOf(claims)}
	a.Sub, _ = claims.Text("sub")
	if form == nil {
		return a
	}
	f := s.grants.Family(token.Identify(text)) // a form may have no claims for it
	if len(form.Clients) == 0 {
		a.Client = f.Client
	}
	if len(form.Scopes) == 0 {
		a.Scopes = f.Scopes
	}
	return a
}

// active reads an access token that is good now.
func (s *Server) active(text string) (reading, bool) {
	a, ok := s.known(text)
	d := token.Identify(text)
	if !ok || s.ledger.IsRevoked(d) || !a.Claims.Timely(s.Clock.Now(), a.isJWT) {
		return reading{}, false
	}
	f := s.grants.Family(d)
	return a, !f.Revoked && s.stand(f.Origins)
}

// hint reads an ID token that comes back as a hint; it may have expired. Access
// tokens hint at nobody: APIs have those of their callers.
func (s *Server) hint(text string) (claims token.Object, ok bool) {
	header, claims, ok := s.Keys.Open(text)
	if !ok {
		return nil, false
	}
	form, isAccess := s.FormOf(header, claims)
	return claims, !isAccess || form != nil && form.IsID
}
