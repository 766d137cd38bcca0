package oauth

import (
	"encoding/json"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// known returns the claims of an access token of this server, whether it is
// still good or not, and false for everything else.
func (s *Server) known(text string) (claims token.Object, isJWT, ok bool) {
	if kept, ok := s.ledger.Claims(text); ok {
		claims, err := token.ParseObject(kept)
		return claims, false, err == nil
	}
	header, claims, ok := s.Keys.Open(text)
	if !ok || !token.IsAccessToken(header, claims) {
		return nil, true, false
	}
	iss, _ := claims.Text("iss")
	return claims, true, iss == s.Issuer
}

// active returns the claims of an access token that is good now.
func (s *Server) active(text string) (token.Object, bool) {
	claims, isJWT, ok := s.known(text)
	d := token.Identify(text)
	if !ok || s.ledger.IsRevoked(d) || !claims.Timely(s.Clock.Now(), isJWT) {
		return nil, false
	}
	f := s.grants.Family(d)
	return claims, !f.Revoked && s.stand(f.Origins)
}

// hint reads an ID token that comes back as a hint; it may have expired. Access
// tokens hint at nobody: APIs have those of their callers.
func (s *Server) hint(text string) (claims token.Object, ok bool) {
	header, claims, ok := s.Keys.Open(text)
	return claims, ok && !token.IsAccessToken(header, claims)
}

// Introspection is the answer about a token (RFC 7662 §2.2).
func (s *Server) Introspection(text string) json.RawMessage {
	if reply, ok := s.ledger.Reply(text); ok {
		return reply
	}
	claims, ok := s.active(text)
	if !ok {
		return inactive // §2.2: an inactive token is nothing but that, not even known
	}
	answer := token.Object{{Name: "active", Value: json.RawMessage("true")}}
	for _, claim := range claims {
		if claim.Name != "active" {
			answer = append(answer, claim)
		}
	}
	if answer.Find("token_type") < 0 {
		answer = append(answer, token.Member{Name: "token_type", Value: json.RawMessage(`"Bearer"`)})
	}
	b, err := answer.MarshalJSON()
	if err != nil {
		return inactive // only for a name that is not text, and all were read from text
	}
	return b
}

var inactive = json.RawMessage(`{"active":false}`)
