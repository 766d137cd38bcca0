package signals_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/revoke"
)

// FuzzLogout checks that only a signed message can revoke tokens. The second
// argument of the fuzz target contains claims. If it is not empty, the claims
// are signed, and the token replaces SIGNED in the body.
func FuzzLogout(f *testing.F) {
	s := newSetup(f)
	s.config.Logger = slog.New(slog.DiscardHandler)
	f.Add("logout_token=SIGNED", s.logoutClaims(nil).String())
	f.Add("logout_token=SIGNED&logout_token=SIGNED", s.logoutClaims(object{"sid": nil, "exp": nil}).String())
	f.Add("a=b;logout_token=%zz", "")
	f.Add("logout_token="+s.Good(), `{"iss":"x","iss":"y"}`)
	fuzz(f, s, s.logout(), form, "logout+jwt", http.StatusOK)
}

func FuzzEvents(f *testing.F) {
	s := newSetup(f)
	s.config.Logger = slog.New(slog.DiscardHandler)
	revoked := object{sessionRevoked: object{}, credentialChange: object{"change_type": "update"}}
	f.Add("SIGNED", s.eventClaims(revoked, object{"sub_id": s.issSub(user)}).String())
	f.Add("SIGNED", s.eventClaims(revoked, object{"sub_id": complexOf(object{"session": opaque(sid), "user": s.issSub(user)})}).String())
	f.Add("SIGNED", s.eventClaims(revoked, object{"sub_id": object{"format": "aliases", "identifiers": []any{email(), opaque(user)}}}).String())
	f.Add("SIGNED", s.eventClaims(object{sessionRevoked: object{"subject": object{"user": opaque(user)}}, unknownEvent: object{}}, nil).String())
	f.Add("eyJ.e30.e30", "")
	fuzz(f, s, s.events(), set, "secevent+jwt", http.StatusAccepted)
}

func fuzz(f *testing.F, s *setup, h http.Handler, mediaType, typ string, accepted int) {
	statuses := []int{accepted, http.StatusBadRequest, http.StatusRequestEntityTooLarge}
	kinds := []revoke.Kind{revoke.Session, revoke.Subject, revoke.Sessionless}
	f.Fuzz(func(t *testing.T, body, claims string) {
		s, signed := s.in(t), ""
		if claims != "" {
			signed = s.Token(s.Header("typ", `"`+typ+`"`), claims)
			body = strings.ReplaceAll(body, "SIGNED", signed)
		}
		s.feed.published = nil
		r := newRequest(t, mediaType, body)
		w := serve(h, r)
		published := s.feed.published
		if !slices.Contains(statuses, w.Code) || w.Code != accepted && len(published) > 0 {
			t.Errorf("got %d %s and %d revocations", w.Code, w.Body, len(published))
		}
		if w.Code == http.StatusBadRequest && !json.Valid(w.Body.Bytes()) {
			t.Errorf("got %s, want JSON", w.Body)
		}
		if w.Code == accepted && (signed == "" || !strings.Contains(body, signed)) {
			t.Errorf("got %d, want a refusal of a message that is not signed", w.Code)
		}
		for _, r := range published {
			if r.Issuer != s.Issuer || r.Value == "" || !slices.Contains(kinds, r.Kind) || r.Before.IsZero() {
				t.Errorf("got the revocation %+v, want one of a user or a session of the issuer", r)
			}
			if name, _ := json.Marshal(r.Value); !strings.Contains(claims, r.Value) && !strings.Contains(claims, string(name)) && !strings.Contains(claims, `\`) {
				t.Errorf("got %q, which is not in the claims", r.Value)
			}
		}
	})
}
