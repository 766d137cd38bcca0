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

// stand reports whether nothing that a token comes of has been revoked, itself or
// with its family.
func (s *Server) stand(origins []token.Digest) bool {
	return !slices.ContainsFunc(origins, func(d token.Digest) bool { return s.ledger.IsRevoked(d) || s.grants.Family(d).Revoked })
}

// Introspection is the answer about a token (RFC 7662 §2.2).
func (s *Server) Introspection(text string) json.RawMessage {
	if reply, ok := s.ledger.Reply(text); ok {
		return reply
	}
	access, ok := s.active(text)
	if !ok {
		return inactive // §2.2: an inactive token is nothing but that, not even known
	}
	answer := token.Object{{Name: "active", Value: json.RawMessage("true")}}
	for _, claim := range access.Claims {
		if claim.Name != "active" {
			answer = append(answer, claim)
		}
	}
	if answer.Find("token_type") < 0 {
		answer = append(answer, token.Member{Name: "token_type", Value: json.RawMessage(`"Bearer"`)})
	}
	if s.config.Introspection != nil {
		s.config.Introspection(&answer, access.Client, access.Scopes)
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
	signed, err := s.signIntrospection(reply, asker)
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

// responseDraft is a JWT from this server to a client that tells it something.
func (s *Server) responseDraft(typ string, alg catalogue.Alg, client string) *token.Draft {
	d := &token.Draft{Header: token.UnsignedHeader(), Alg: alg}
	d.SetHeader("typ", typ)
	d.Set("iss", s.Issuer)
	d.Set("aud", client)
	return d
}

// signIntrospection signs an answer for the client that asked (RFC 9701 §5). It has
// neither sub nor exp, so that nobody takes it for an access token.
func (s *Server) signIntrospection(reply json.RawMessage, asker *registry.Registered) (string, error) {
	d := s.responseDraft(signedIntrospection, cmp.Or(asker.Algs.Introspection, catalogue.RS256), asker.ID)
	d.Set("iat", s.Clock.Now().Unix())
	d.Set("token_introspection", reply)
	return s.Sign(d)
}
