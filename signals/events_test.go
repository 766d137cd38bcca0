package signals_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	sessionRevoked   = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
	credentialChange = "https://schemas.openid.net/secevent/caep/event-type/credential-change"
	verification     = "https://schemas.openid.net/secevent/ssf/event-type/verification"
	risc             = "https://schemas.openid.net/secevent/risc/event-type/"
	tokensRevoked    = "https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked"
	unknownEvent     = "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change"
)

// issSub returns a subject identifier of a user of the issuer.
func (s *setup) issSub(name string) object {
	return object{"format": "iss_sub", "iss": s.Issuer, "sub": name}
}

func opaque(id string) object { return object{"format": "opaque", "id": id} }

func email() object { return object{"format": "email", "email": "CANARY@example.com"} }

func complexOf(members object) object { return members.with(object{"format": "complex"}) }

func TestEventsAccept(t *testing.T) {
	s := newSetup(t)
	session, subject := "session "+sid+" 0s", "subject "+user+" 0s"
	both := session + ", sessionless " + user + " 0s"
	change := func(kind string) object {
		return object{credentialChange: object{"change_type": kind, "credential_type": "password"}}
	}
	revoked := object{sessionRevoked: object{"event_timestamp": s.began.Unix() - 7}}
	aliases := func(all ...object) object { return object{"format": "aliases", "identifiers": all} }
	for name, test := range map[string]struct {
		s      *setup
		events object
		sub    any // sub_id
		want   string
	}{
		"a user":                                   {s, revoked, s.issSub(user), subject},
		"a user or a session":                      {s, revoked, opaque(user), "session " + user + " 0s, " + subject},
		"a session":                                {s, revoked, complexOf(object{"session": opaque(sid)}), session},
		"a session and its user":                   {s, revoked, complexOf(object{"session": opaque(sid), "user": s.issSub(user)}), both},
		"a session and its opaque user":            {s, revoked, complexOf(object{"session": opaque(sid), "user": opaque(user)}), both},
		"a session of a user who is not known":     {s, revoked, complexOf(object{"session": opaque(sid), "user": email()}), session},
		"a user with a session that is not known":  {s, revoked, complexOf(object{"session": email(), "user": s.issSub(user)}), subject},
		"a user on a device":                       {s, revoked, complexOf(object{"device": opaque("d"), "tenant": opaque("t"), "user": s.issSub(user)}), subject},
		"aliases":                                  {s, revoked, aliases(email(), s.issSub(user), opaque("z-2"), s.issSub(user)), "session z-2 0s, " + subject + ", subject z-2 0s"},
		"aliases of the owner of a credential":     {s, change("update"), aliases(s.issSub(user), opaque("z-2")), subject + ", subject z-2 0s"},
		"aliases in a complex subject":             {s, revoked, complexOf(object{"user": aliases(email(), s.issSub(user))}), subject},
		"an alias at another issuer":               {s, revoked, aliases(object{"format": "iss_sub", "iss": "https://CANARY", "sub": "x"}, s.issSub(user)), subject},
		"a subject in the event":                   {s, object{sessionRevoked: object{"subject": s.issSub(user)}}, nil, subject},
		"a complex subject without format":         {s, object{sessionRevoked: object{"subject": object{"session": opaque(sid)}}}, nil, session},
		"sub_id before subject":                    {s, object{sessionRevoked: object{"subject": s.issSub("other")}}, s.issSub(user), subject},
		"a credential that was revoked":            {s, change("revoke"), s.issSub(user), subject},
		"a credential that was deleted":            {s, change("delete"), opaque(user), subject},
		"a credential that was changed":            {s, change("update"), complexOf(object{"session": opaque(sid), "user": s.issSub(user)}), subject},
		"a credential of a session":                {s, change("update"), complexOf(object{"session": opaque(sid)}), session},
		"a credential that was created":            {s, change("create"), s.issSub(user), ""},
		"a credential that was created by a guest": {s, change("create"), nil, ""},
		"verification":                             {s, object{verification: object{"state": "CANARY"}}, opaque("stream"), ""},
		"an unknown event":                         {s, object{unknownEvent: object{}}, nil, ""},
		"a password that was stolen":               {s, object{risc + "credential-compromise": object{"credential_type": "password"}}, s.issSub(user), subject},
		"an account that was disabled":             {s, object{risc + "account-disabled": object{"reason": "hijacking"}}, opaque(user), subject},
		"an account that was purged":               {s, object{risc + "account-purged": object{}}, s.issSub(user), subject},
		"all sessions of an account":               {s, object{risc + "sessions-revoked": object{}}, complexOf(object{"session": opaque(sid), "user": s.issSub(user)}), subject},
		"all tokens of an account":                 {s, object{tokensRevoked: object{"subject": object{"subject_type": "iss-sub", "iss": s.Issuer, "sub": user}}}, nil, subject},
		"the subject type of another draft":        {s, object{sessionRevoked: object{"subject": object{"subject_type": "iss_sub", "iss": s.Issuer, "sub": user}}}, nil, subject},
		"two events":                               {s, change("update").with(revoked), complexOf(object{"session": opaque(sid), "user": s.issSub(user)}), subject + ", " + both},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.s.in(t)
			w := s.post(s.events(), set, s.sign("secevent+jwt", s.eventClaims(test.events, object{"sub_id": test.sub})))
			s.want(w, http.StatusAccepted, test.want)
			if w.Body.Len() != 0 {
				t.Errorf("got the body %q, want none", w.Body)
			}
		})
	}
	if !strings.Contains(s.logs.String(), `level=DEBUG msg="events without effect" count=1`) {
		t.Errorf("got %s, want the number of events without effect", s.logs)
	}
}

func TestEventsAcceptOtherForms(t *testing.T) {
	s := newSetup(t)
	events, sub := object{sessionRevoked: object{}}, object{"sub_id": s.issSub(user)}
	for name, test := range map[string]struct{ token, want string }{
		"typ with application/": {s.sign("application/secevent+jwt", s.eventClaims(events, sub)), " 0s"},
		"late":                  {s.sign("secevent+jwt", s.eventClaims(events, sub.with(object{"iat": s.began.Unix() - 60}))), " -1m0s"},
		"several audiences":     {s.sign("secevent+jwt", s.eventClaims(events, sub.with(object{"aud": []string{"x", client}}))), " 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.want(s.post(s.events(), set+"; charset=utf-8", test.token), http.StatusAccepted, "subject "+user+test.want)
		})
	}
	// The tokens that this event revokes have already expired, so nothing is
	// published.
	token := s.sign("secevent+jwt", s.eventClaims(events, sub.with(object{"iat": s.began.Unix() - 7200})))
	s.want(s.post(s.events(), set, token), http.StatusAccepted, "")
}

func TestEventsRefuse(t *testing.T) {
	s := newSetup(t)
	revoked := object{sessionRevoked: object{}}
	jwt := func(changes object) string {
		return s.sign("secevent+jwt", s.eventClaims(revoked, object{"sub_id": s.issSub(user)}).with(changes))
	}
	about := func(sub any) string { return jwt(object{"sub_id": sub}) }
	foreign := object{"format": "iss_sub", "iss": "https://CANARY.example.com", "sub": user}
	for name, test := range map[string]struct{ token, code, want string }{
		"G01/an access token":                         {s.Good(), "invalid_request", "typ is"},
		"G01/a logout token":                          {s.sign("logout+jwt", s.logoutClaims(nil)), "invalid_request", "typ is"},
		"G01/typ JWT":                                 {s.sign("JWT", s.eventClaims(revoked, nil)), "invalid_request", "typ is"},
		"G01/no typ":                                  {s.sign("", s.eventClaims(revoked, nil)), "invalid_request", "typ is"},
		"G01/with exp":                                {jwt(object{"exp": s.began.Unix() + 60}), "invalid_request", "exp and sub"},
		"G01/with sub":                                {jwt(object{"sub": user}), "invalid_request", "exp and sub"},
		"G01/not a JWT":                               {`{"events":{}}`, "invalid_request", "well-formed"},
		"G02/for another receiver":                    {jwt(object{"aud": "x"}), "invalid_audience", "aud is"},
		"G02/no aud":                                  {jwt(object{"aud": nil}), "invalid_audience", "aud is"},
		"G03/an unknown key ID":                       {s.Token(s.Header("typ", `"secevent+jwt"`, "kid", `"x"`), s.eventClaims(revoked, nil).String()), "invalid_key", "signature"},
		"G03/alg none":                                {s.Token(s.Header("typ", `"secevent+jwt"`, "alg", `"none"`), s.eventClaims(revoked, nil).String()), "invalid_key", "signature"},
		"G03/a changed signature":                     {jwt(nil)[:len(jwt(nil))-4] + "AAAA", "invalid_key", "signature"},
		"G04/another issuer":                          {jwt(object{"iss": "https://x.example.com"}), "invalid_issuer", "iss is"},
		"G04/a user of another issuer":                {about(foreign), "access_denied", "the issuer of the subject differs"},
		"G04/in a complex subject":                    {about(complexOf(object{"user": foreign, "session": opaque(sid)})), "access_denied", "the issuer of the subject differs"},
		"G04/in aliases":                              {about(object{"format": "aliases", "identifiers": []any{foreign, email()}}), "access_denied", "the issuer of the subject differs"},
		"G05/issued in the future":                    {jwt(object{"iat": s.began.Unix() + 3600}), "invalid_request", "future"},
		"G06/no iat":                                  {jwt(object{"iat": nil}), "invalid_request", "iat or jti"},
		"G06/no jti":                                  {jwt(object{"jti": nil}), "invalid_request", "iat or jti"},
		"G06/no events":                               {jwt(object{"events": nil}), "invalid_request", "events is not"},
		"G06/empty events":                            {jwt(object{"events": object{}}), "invalid_request", "events is empty"},
		"G06/an event that is not an object":          {jwt(object{"events": object{sessionRevoked: object{}, "x": 1}}), "invalid_request", "an event is not"},
		"G06/an unknown change_type":                  {jwt(object{"events": object{credentialChange: object{"change_type": "x"}}}), "invalid_request", "change_type"},
		"G06/no change_type":                          {jwt(object{"events": object{credentialChange: object{}}}), "invalid_request", "change_type"},
		"G06/a good and a bad event":                  {jwt(object{"events": revoked.with(object{credentialChange: object{}})}), "invalid_request", "change_type"},
		"G06/a user that is too long":                 {about(s.issSub(strings.Repeat("x", 1025))), "invalid_request", "too long"},
		"G08/no subject":                              {about(nil), "invalid_request", "must be iss_sub"},
		"G08/an email address":                        {about(email()), "invalid_request", "must be iss_sub"},
		"G08/a text":                                  {about(user), "invalid_request", "must be iss_sub"},
		"G08/no sub":                                  {about(object{"format": "iss_sub", "iss": s.Issuer}), "invalid_request", "must be iss_sub"},
		"G08/an empty id":                             {about(opaque("")), "invalid_request", "must be iss_sub"},
		"G08/only a device":                           {about(complexOf(object{"device": opaque("d")})), "invalid_request", "must be iss_sub"},
		"G08/a session in another format":             {about(complexOf(object{"session": email()})), "invalid_request", "must be iss_sub"},
		"G08/aliases that are not understood":         {about(object{"format": "aliases", "identifiers": []any{email(), "x", 1}}), "invalid_request", "must be iss_sub"},
		"G08/aliases in aliases":                      {about(object{"format": "aliases", "identifiers": []any{object{"format": "aliases", "identifiers": []any{s.issSub(user)}}}}), "invalid_request", "must be iss_sub"},
		"G08/a credential of a user who is not known": {jwt(object{"events": object{credentialChange: object{"change_type": "update"}}, "sub_id": complexOf(object{"session": opaque(sid), "user": email()})}), "invalid_request", "must be iss_sub"},
		"G08/an account without a user":               {jwt(object{"events": object{risc + "account-disabled": object{}}, "sub_id": email()}), "invalid_request", "must be iss_sub"},
		"G08/33 aliases":                              {about(object{"format": "aliases", "identifiers": slices.Repeat([]object{opaque(user)}, 33)}), "invalid_request", "too many aliases"},
		"G08/a subject type that is not known":        {about(object{"subject_type": "email", "email": "CANARY@example.com"}), "invalid_request", "must be iss_sub"},
		"G08/no aliases":                              {about(object{"format": "aliases"}), "invalid_request", "must be iss_sub"},
		"G08/a complex subject in a complex one":      {about(complexOf(object{"user": complexOf(object{"user": s.issSub(user)})})), "invalid_request", "must be iss_sub"},
		"G08/an unknown format with known fields":     {about(s.issSub(user).with(object{"format": "ISS_SUB"})), "invalid_request", "must be iss_sub"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			w := s.post(s.events(), set, test.token)
			s.wantRefusal(w, test.code, test.want)
			if got := w.Header().Get("Content-Language"); got != "en" {
				t.Errorf("got Content-Language %q, want en", got)
			}
		})
	}
}

func TestG07EventRequests(t *testing.T) {
	s := newSetup(t)
	s.config.Authorization = "Bearer CANARY"
	token := s.sign("secevent+jwt", s.eventClaims(object{sessionRevoked: object{}}, object{"sub_id": s.issSub(user)}))
	for name, test := range map[string]struct {
		mediaType     string
		authorization []string
		method, code  string
		status        int
	}{
		"good":                       {set, []string{"Bearer CANARY"}, "POST", "", 202},
		"no Authorization":           {set, nil, "POST", "authentication_failed", 400},
		"another Authorization":      {set, []string{"Bearer CANARY2"}, "POST", "authentication_failed", 400},
		"two Authorization fields":   {set, []string{"Bearer CANARY", "Bearer CANARY"}, "POST", "authentication_failed", 400},
		"PUT":                        {set, []string{"Bearer CANARY"}, "PUT", "", 405},
		"a form":                     {form, []string{"Bearer CANARY"}, "POST", "", 415},
		"the media type of any JWT":  {"application/jwt", []string{"Bearer CANARY"}, "POST", "", 415},
		"a media type with a fault":  {set + ";=", []string{"Bearer CANARY"}, "POST", "", 415},
		"no media type, no password": {"", nil, "POST", "", 415},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			w := s.post(s.events(), test.mediaType, token, func(r *http.Request) {
				r.Method = test.method
				r.Header["Authorization"] = test.authorization
			})
			switch published := s.take(); {
			case w.Code != test.status || (published != "") != (w.Code == 202):
				t.Errorf("got %d and %q published, want %d", w.Code, published, test.status)
			case test.code != "":
				s.wantRefusal(w, test.code, "Authorization")
			}
		})
	}
	s.want(s.post(s.events(), set, strings.Repeat("x", 16<<10+1), func(r *http.Request) { r.Header.Set("Authorization", "Bearer CANARY") }), 413, "")
}
