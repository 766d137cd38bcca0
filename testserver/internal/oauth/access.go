package oauth

import (
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// accessToken is a parsed access token of this server.
type accessToken struct {
	Claims token.Object
	Form   *token.Form

	// Sub, Client and Scopes are read from the claims. If the format of the
	// token has no claim for the client, Client comes from the stored grant of
	// the token. The same applies to Scopes.
	Sub, Client string
	Scopes      []string

	isJWT bool
}

// readAccessToken parses an access token of this server, even if the token has
// expired or was revoked. It returns false for any other text.
func (s *Server) readAccessToken(text string) (a accessToken, ok bool) {
	if saved, found := s.ledger.Claims(text); found {
		claims, err := token.ParseObject(saved)
		form, _ := s.FormOf(nil, claims)
		return s.describeAccess(text, claims, form, false), err == nil
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
	return s.describeAccess(text, claims, form, true), iss == s.IssuerOf(form)
}

func (s *Server) describeAccess(text string, claims token.Object, form *token.Form, isJWT bool) accessToken {
	a := accessToken{Claims: claims, Form: form, isJWT: isJWT, Client: form.Client(claims), Scopes: form.ScopesOf(claims)}
	a.Sub, _ = claims.Text("sub")
	if form == nil {
		return a
	}
	f := s.grants.Family(token.Identify(text)) // used if the form has no claim for the client or the scopes
	if len(form.Clients) == 0 {
		a.Client = f.Client
	}
	if len(form.Scopes) == 0 {
		a.Scopes = f.Scopes
	}
	return a
}

// active parses an access token of this server. It returns false if the token
// is not valid now, or if the token or its family was revoked. It also returns
// false if the token comes from a token exchange, and one of the exchanged
// tokens, or the family of such a token, was revoked.
func (s *Server) active(text string) (accessToken, bool) {
	a, ok := s.readAccessToken(text)
	d := token.Identify(text)
	if !ok || s.ledger.IsRevoked(d) || !a.Claims.Timely(s.Clock.Now(), a.isJWT) {
		return accessToken{}, false
	}
	f := s.grants.Family(d)
	return a, !f.Revoked && s.originsValid(f.Origins)
}

// readIDTokenHint parses an id_token_hint, which may have expired. It refuses
// access tokens, because an API receives the access tokens of its callers and
// could send them as hints.
func (s *Server) readIDTokenHint(text string) (claims token.Object, ok bool) {
	header, claims, ok := s.Keys.Open(text)
	if !ok {
		return nil, false
	}
	form, isAccess := s.FormOf(header, claims)
	return claims, !isAccess || form != nil && form.IsID
}
