package oauth

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
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

// stand reports whether nothing that a token comes of has been revoked, itself or
// with its family.
func (s *Server) stand(origins []token.Digest) bool {
	return !slices.ContainsFunc(origins, func(d token.Digest) bool { return s.ledger.IsRevoked(d) || s.grants.Family(d).Revoked })
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

const signedIntrospection = "token-introspection+jwt" // RFC 9701 §5; application/ before it is the media type (§4)

// introspect is the introspection endpoint (RFC 7662 §2). Every confidential
// client may ask about every token.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r)
	if failed != nil {
		failed.send(w)
		return
	}
	asker, failed := s.auth.confidential(r, form)
	if failed != nil {
		failed.send(w)
		return
	}
	client := asker.ID
	s.Journal.Identify(r, client)
	text := form.Get("token")
	if text == "" {
		invalidRequest("the parameter token is missing").send(w)
		return
	}
	reply := s.Introspection(text)
	s.note(event{Kind: journal.Introspected, ClientID: client, Fingerprint: journal.Fingerprint(text)})
	if !acceptsSigned(r) {
		sendText(w, http.StatusOK, "application/json", reply)
		return
	}
	signed, err := s.vouch(reply, client)
	if err != nil {
		http.Error(w, "the answer could not be signed", http.StatusInternalServerError) // by a signer of the test's own
		return
	}
	sendText(w, http.StatusOK, "application/"+signedIntrospection, []byte(signed))
}

// acceptsSigned reports whether r asks for a signed answer by naming it (RFC
// 9701 §4): wildcards mean what everybody gets.
func acceptsSigned(r *http.Request) bool {
	for _, field := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(field, ",") {
			media, params, err := mime.ParseMediaType(item)
			if err != nil || media != "application/"+signedIntrospection {
				continue
			}
			q, err := strconv.ParseFloat(params["q"], 64)
			return err != nil || q != 0 // RFC 9110 §12.4.2: 0 is not acceptable
		}
	}
	return false
}

// vouch signs an answer for the client that asked (RFC 9701 §5). It has neither
// sub nor exp, so that nobody takes it for an access token.
func (s *Server) vouch(reply json.RawMessage, client string) (string, error) {
	d := &token.Draft{Header: token.UnsignedHeader()}
	d.SetHeader("typ", signedIntrospection)
	d.Set("iss", s.Issuer)
	d.Set("aud", client)
	d.Set("iat", s.Clock.Now().Unix())
	d.Set("token_introspection", reply)
	return s.Sign(d)
}
