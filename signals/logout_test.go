package signals_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestLogoutAccepts(t *testing.T) {
	s := newSetup(t)
	old := s.began.Add(-time.Hour).Unix()
	session, subject := "session "+sid+" 0s", "subject "+user+" 0s"
	both := session + ", sessionless " + user + " 0s"
	for name, test := range map[string]struct {
		s      *setup
		typ    string
		change object
		want   string
	}{
		"a session and its user":           {s, "logout+jwt", nil, both},
		"a session without a user":         {s, "logout+jwt", object{"sub": nil}, session},
		"a user":                           {s, "logout+jwt", object{"sid": nil}, subject},
		"typ with application/":            {s, "application/LOGOUT+jwt", nil, both},
		"typ JWT":                          {s, "JWT", nil, both},
		"no typ":                           {s, "", nil, both},
		"several audiences":                {s, "logout+jwt", object{"aud": []string{"x", client}}, both},
		"the shape of Hydra":               {s, "", object{"sub": nil, "exp": nil, "aud": []string{client}}, session},
		"an old iat":                       {s, "logout+jwt", object{"iat": old, "sid": nil}, "subject " + user + " -1h0m0s"},
		"claims and events of other kinds": {s, "logout+jwt", object{"trace_id": "x", "events": logoutEvent.with(object{"https://x": object{}})}, both},
		"a null sid":                       {s, "logout+jwt", object{"sid": []byte(nil)}, subject},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.s.in(t)
			w := s.postLogout(s.sign(test.typ, s.logoutClaims(test.change)))
			s.want(w, http.StatusOK, test.want)
			if w.Body.Len() != 0 {
				t.Errorf("got the body %q, want none", w.Body)
			}
		})
	}
}

func TestLogoutRefuses(t *testing.T) {
	s := newSetup(t)
	other := s.Maker
	other.Key = testserver.GenerateKey("RS256", s.Key.ID)
	none := s.Header("alg", `"none"`, "typ", `"logout+jwt"`)
	hmac := s.Maker
	hmac.Key = testserver.GenerateKey("HS256", s.Key.ID)
	jwt := func(changes object) string { return s.sign("logout+jwt", s.logoutClaims(changes)) }
	for name, test := range map[string]struct{ token, want string }{
		"G01/an access token":                  {s.Good(), "typ is"},
		"G01/an access token with typ JWT":     {s.Token(s.Header("typ", `"JWT"`), s.Claims("aud", `"client-1"`)), "events is not"},
		"G01/an ID token":                      {s.sign("JWT", s.logoutClaims(object{"events": nil, "nonce": "n", "auth_time": 1})), "events is not"},
		"G01/a security event":                 {s.sign("secevent+jwt", s.logoutClaims(nil)), "typ is"},
		"G01/a proof":                          {s.sign("dpop+jwt", s.logoutClaims(nil)), "typ is"},
		"G01/an opaque token":                  {"opaque", "well-formed"},
		"G01/an encrypted token":               {"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA", "well-formed"},
		"G02/for another client":               {jwt(object{"aud": "client-2"}), "aud is"},
		"G02/for the API":                      {jwt(object{"aud": "api"}), "aud is"},
		"G02/no aud":                           {jwt(object{"aud": nil}), "aud is"},
		"G02/an aud of another type":           {jwt(object{"aud": []any{client, 1}}), "aud is"},
		"G03/alg none":                         {strings.Join([]string{forge.Encode(none), forge.Encode(s.logoutClaims(nil).String()), ""}, "."), "well-formed"},
		"G03/alg none with a signature":        {s.Token(none, s.logoutClaims(nil).String()), "signature"},
		"G03/a secret":                         {hmac.Token(hmac.Header("typ", `"logout+jwt"`), s.logoutClaims(nil).String()), "signature"},
		"G03/another key":                      {other.Token(other.Header("typ", `"logout+jwt"`), s.logoutClaims(nil).String()), "signature"},
		"G03/an unknown key ID":                {s.Token(s.Header("typ", `"logout+jwt"`, "kid", `"unknown"`), s.logoutClaims(nil).String()), "signature"},
		"G04/another issuer":                   {jwt(object{"iss": "https://CANARY.example.com"}), "iss is"},
		"G04/a slash after the issuer":         {jwt(object{"iss": s.Issuer + "/"}), "iss is"},
		"G04/no issuer":                        {jwt(object{"iss": nil}), "iss is"},
		"G05/expired":                          {jwt(object{"exp": s.began.Unix() - 3600}), "exp is in the past"},
		"G05/issued in the future":             {jwt(object{"iat": s.began.Unix() + 3600}), "future"},
		"G05/not valid yet":                    {jwt(object{"nbf": s.began.Unix() + 3600}), "future"},
		"G05/no exp, and issued long ago":      {jwt(object{"exp": nil, "iat": s.began.Unix() - 660}), "exp is missing"},
		"G05/an exp of another type":           {jwt(object{"exp": "never"}), "well-formed"},
		"G06/a nonce":                          {jwt(object{"nonce": "n"}), "nonce"},
		"G06/a null nonce":                     {jwt(object{"nonce": []byte(nil)}), "nonce"},
		"G06/no events":                        {jwt(object{"events": nil}), "events is not"},
		"G06/an array of events":               {jwt(object{"events": []string{"http://schemas.openid.net/event/backchannel-logout"}}), "events is not"},
		"G06/another event":                    {jwt(object{"events": object{sessionRevoked: object{}}}), "logout event"},
		"G06/a logout event that is a text":    {jwt(object{"events": object{"http://schemas.openid.net/event/backchannel-logout": "{}"}}), "logout event"},
		"G06/no iat":                           {jwt(object{"iat": nil}), "iat or jti"},
		"G06/no jti":                           {jwt(object{"jti": nil}), "iat or jti"},
		"G06/neither sub nor sid":              {jwt(object{"sub": nil, "sid": nil}), "sub and sid"},
		"G06/both empty":                       {jwt(object{"sub": "", "sid": ""}), "sub and sid"},
		"G06/a sid of another type, and a sub": {jwt(object{"sid": 7}), "sub and sid"},
		"G06/a sub of another type":            {jwt(object{"sub": 7}), "well-formed"},
		"G06/a sid that is too long":           {jwt(object{"sid": strings.Repeat("x", 1025)}), "too long"},
		"G06/a repeated sid":                   {s.Token(s.Header("typ", `"logout+jwt"`), strings.Replace(s.logoutClaims(nil).String(), "{", `{"sid":"x",`, 1)), "well-formed"},
		"G06/a repeated event":                 {s.Token(s.Header("typ", `"logout+jwt"`), strings.Replace(s.logoutClaims(nil).String(), `"events":{`, `"events":{"x":{},"x":{},`, 1)), "well-formed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.wantRefusal(s.postLogout(test.token), "invalid_request", test.want)
		})
	}
}

func TestAMessageThatIsTooLong(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.MaxTokenBytes = 128 })
	s.wantRefusal(s.postLogout(s.sign("logout+jwt", s.logoutClaims(nil))), "invalid_request", "too long")
}

func TestG07LogoutRequests(t *testing.T) {
	s := newSetup(t)
	token := s.sign("logout+jwt", s.logoutClaims(nil))
	good := url.Values{"logout_token": {token}}.Encode()
	for name, test := range map[string]struct {
		mediaType, body string
		change          func(*http.Request)
		status          int
	}{
		"other parameters":             {form + "; charset=UTF-8", "a=b&" + good, nil, 200},
		"GET":                          {form, good, func(r *http.Request) { r.Method = http.MethodGet }, 405},
		"JSON":                         {"application/json", `{"logout_token":"` + token + `"}`, nil, 415},
		"a security event":             {set, token, nil, 415},
		"no Content-Type":              {"", good, nil, 415},
		"a token in the query":         {form, "", func(r *http.Request) { r.URL.RawQuery = good }, 400},
		"two tokens":                   {form, good + "&" + good, nil, 400},
		"an empty token":               {form, "logout_token=", nil, 400},
		"an invalid escape":            {form, good + "&a=%zz", nil, 400},
		"a semicolon":                  {form, "a=b;" + good, nil, 400},
		"more than 16 KiB":             {form, good + "&a=" + strings.Repeat("x", 16<<10), nil, 413},
		"a token of more than 16 KiB":  {form, "logout_token=" + strings.Repeat("x", 17<<10), nil, 413},
		"a token of almost 16 KiB":     {form, "logout_token=" + strings.Repeat("x", 16<<10-13), nil, 400},
		"a body that cannot be read":   {form, good, func(r *http.Request) { r.Body = broken{} }, 400},
		"an Authorization for nothing": {form, good, func(r *http.Request) { r.Header.Set("Authorization", "x") }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.config.Authorization = "Bearer of-events-only"
			change := test.change
			if change == nil {
				change = func(*http.Request) {}
			}
			published := map[int]string{200: "session " + sid + " 0s, sessionless " + user + " 0s"}[test.status]
			w := s.post(s.logout(), test.mediaType, test.body, change)
			s.want(w, test.status, published)
			if got := w.Header().Get("Allow"); (got == "POST") != (test.status == 405) {
				t.Errorf("got Allow %q with the status %d", got, test.status)
			}
		})
	}
}

// The issuer of a revocation must equal Token.Issuer of the tokens to revoke.
func TestLogoutUsesTheNameOfTheIssuer(t *testing.T) {
	const tenant = "0f8fad5b-d9cb-469f-a165-70867728950e"
	for name, test := range map[string]struct {
		issuer func(*middleware.Issuer)
		change object
		want   string // the published text after "session … 0s"
	}{
		"an alias": {func(i *middleware.Issuer) { i.Aliases = []string{"https://alias.example.com"} }, object{"iss": "https://alias.example.com", "sub": nil}, ""},
		"a tenant": {func(i *middleware.Issuer) {
			i.URL, i.Tenants = "https://t.example.com/{tenantid}", []string{tenant}
		}, object{"iss": "https://t.example.com/" + tenant, "tid": tenant, "sub": nil}, " of https://t.example.com/" + tenant},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, func(c *middleware.Config) {
				c.Issuers[0].KeysURL = c.Issuers[0].URL + "/jwks"
				test.issuer(&c.Issuers[0])
			})
			s.want(s.postLogout(s.sign("logout+jwt", s.logoutClaims(test.change))), http.StatusOK, "session "+sid+" 0s"+test.want)
		})
	}
}
