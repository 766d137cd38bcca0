package oauth

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// originsValid returns false if one of the origins, or the family of one, has
// been revoked. The origins are the digests of the tokens that were exchanged
// for a token.
func (s *Server) originsValid(origins []token.Digest) bool {
	return !slices.ContainsFunc(origins, func(d token.Digest) bool { return s.ledger.IsRevoked(d) || s.grants.Family(d).Revoked })
}

// Introspection returns the introspection response for a token (RFC 7662 §2.2).
func (s *Server) Introspection(text string) json.RawMessage {
	if reply, ok := s.ledger.Reply(text); ok {
		return reply
	}
	access, ok := s.active(text)
	if !ok {
		return inactive // RFC 7662 §2.2: the response must not show whether the token exists
	}
	answer := token.Object{{Name: "active", Value: json.RawMessage("true")}}
	for _, claim := range access.Claims {
		if claim.Name != "active" {
			answer = append(answer, claim)
		}
	}
	if answer.Find("token_type") < 0 {
		answer = append(answer, token.Member{Name: "token_type", Value: tokenType(access.Claims)})
	}
	if s.config.Introspection != nil {
		s.config.Introspection(&answer, access.Client, access.Scopes)
	}
	b, err := answer.MarshalJSON()
	if err != nil {
		return inactive // cannot happen: every name is a string, and encoding a string as JSON does not fail
	}
	return b
}

// tokenType returns the token_type of an access token as JSON. It is DPoP if
// the token is bound to a DPoP key (RFC 9449 §6.2).
func tokenType(claims token.Object) json.RawMessage {
	if _, bound := token.BoundKey(claims); bound {
		return json.RawMessage(`"DPoP"`)
	}
	return json.RawMessage(`"Bearer"`)
}

var inactive = json.RawMessage(`{"active":false}`)

const signedIntrospection = "token-introspection+jwt" // typ of the signed JWT (RFC 9701 §5); the media type is application/ and this typ (§4)

// introspect serves the introspection endpoint (RFC 7662 §2). Every
// confidential client may introspect every token.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r)
	if failed != nil {
		failed.send(w)
		return
	}
	requester, failed := s.auth.confidential(r, form)
	if failed != nil {
		failed.send(w)
		return
	}
	client := requester.ID
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
	signed, err := s.signIntrospection(reply, requester)
	if err != nil {
		http.Error(w, "the answer could not be signed", http.StatusInternalServerError) // a signer that a test supplied may fail
		return
	}
	sendText(w, http.StatusOK, "application/"+signedIntrospection, []byte(signed))
}

// acceptsSigned reports whether r accepts the media type of a signed response
// (RFC 9701 §4). A wildcard does not match.
func acceptsSigned(r *http.Request) bool {
	for _, field := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(field, ",") {
			media, params, err := mime.ParseMediaType(item)
			if err != nil || media != "application/"+signedIntrospection {
				continue
			}
			q, err := strconv.ParseFloat(params["q"], 64)
			return err != nil || q != 0 // q=0 means not acceptable (RFC 9110 §12.4.2)
		}
	}
	return false
}

// responseDraft returns an unsigned JWT for a response to the given client. The
// JWT has only the claims iss and aud.
func (s *Server) responseDraft(typ string, alg catalogue.Alg, client string) *token.Draft {
	d := &token.Draft{Header: token.UnsignedHeader(), Alg: alg}
	d.SetHeader("typ", typ)
	d.Set("iss", s.Issuer)
	d.Set("aud", client)
	return d
}

// signIntrospection signs the response for the client that sent the request
// (RFC 9701 §5). The JWT itself has neither sub nor exp, so that an API does
// not accept it as an access token.
func (s *Server) signIntrospection(reply json.RawMessage, requester *registry.Registered) (string, error) {
	d := s.responseDraft(signedIntrospection, cmp.Or(requester.Algs.Introspection, catalogue.RS256), requester.ID)
	d.Set("iat", s.Clock.Now().Unix())
	d.Set("token_introspection", reply)
	return s.Sign(d)
}
