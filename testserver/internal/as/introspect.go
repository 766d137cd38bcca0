package as

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// known returns the claims of an access token of this server, whether it is
// still good or not, and false for everything else.
func (s *Server) known(token string) (claims Object, isJWT, ok bool) {
	if text, ok := s.store.claims(token); ok {
		claims, err := parseObject(text)
		return claims, false, err == nil
	}
	header, claims, ok := s.Keys.open(token)
	if !ok || !isAccessToken(header, claims) {
		return nil, true, false
	}
	iss, _ := claims.text("iss")
	return claims, true, iss == s.Issuer
}

// active returns the claims of an access token that is good now.
func (s *Server) active(token string) (Object, bool) {
	claims, isJWT, ok := s.known(token)
	if !ok || s.store.isRevoked(token) || !claims.timely(s.Clock.Now(), isJWT) {
		return nil, false
	}
	f := s.grants.family(token)
	return claims, !f.Revoked && s.stand(f.Origins)
}

// Introspection is introspection for whoever needs no credentials.
func (s *Server) Introspection(token string) json.RawMessage { return s.introspection(token) }

// introspection is the answer about a token (RFC 7662 §2.2).
func (s *Server) introspection(token string) json.RawMessage {
	if reply, ok := s.store.said(token); ok {
		return reply
	}
	claims, ok := s.active(token)
	if !ok {
		return inactive // §2.2: an inactive token is nothing but that, not even known
	}
	answer := Object{{"active", json.RawMessage("true")}}
	for _, claim := range claims {
		if claim.Name != "active" {
			answer = append(answer, claim)
		}
	}
	if answer.find("token_type") < 0 {
		answer = append(answer, Member{"token_type", json.RawMessage(`"Bearer"`)})
	}
	b, err := answer.MarshalJSON()
	if err != nil {
		return inactive // only for a name that is not text, and all were read from text
	}
	return b
}

var inactive = json.RawMessage(`{"active":false}`)

// timely reports whether the token's time has come and is not over. A JWT must
// say so itself (RFC 9068 §2.2). Behind a handle the times are the server's own
// notes: what a test made of them other than a date is for the API to find.
func (o Object) timely(now time.Time, strict bool) bool {
	at := float64(now.UnixMicro()) / 1e6
	for _, name := range [...]string{"exp", "nbf", "iat"} {
		i := o.find(name)
		if i < 0 {
			if strict && name == "exp" {
				return false
			}
			continue
		}
		date, ok := numericDate(o[i].Value)
		switch {
		case !ok && strict:
			return false
		case !ok:
		case name == "exp" && at >= date, name != "exp" && at < date:
			return false
		}
	}
	return true
}

// numericDate is RFC 7519 §2's, as far as it is a date at all.
func numericDate(raw json.RawMessage) (seconds float64, ok bool) {
	seconds, err := strconv.ParseFloat(string(raw), 64)
	return seconds, err == nil && math.Abs(seconds) < 1<<53
}
