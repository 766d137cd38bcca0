package introspect_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
)

const (
	googleID    = "407408718192.apps.googleusercontent.com"
	googleToken = "ya29.a0AfH6SMBx"
)

func newGoogle(t testing.TB, s *site, clientIDs []string, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{Logger: discardLogger}
	if s != nil {
		config.Client = s.client()
	}
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.Google(config, clientIDs...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newGoogleAt(t testing.TB, url string, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	return newGoogle(t, nil, []string{"another", googleID}, append(changes, func(c *introspect.Config) { c.Endpoint = url })...)
}

// tokenInfo returns Google's answer about a token. Each pair of arguments is
// the name of a member and its new JSON value. The value "" removes the member.
func tokenInfo(pairs ...string) string {
	return object(map[string]string{
		"azp": `"` + googleID + `"`, "aud": `"` + googleID + `"`, "sub": `"110248495921238986420"`, "scope": `"openid https://www.googleapis.com/auth/drive"`,
		"exp": `"2000000000"`, "expires_in": `"3488"`, "email": `"alice@example.com"`, "email_verified": `"true"`, "access_type": `"online"`, "x": `"` + canary + `"`,
	}, pairs)
}

func TestGoogleRequest(t *testing.T) {
	url, asked := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.String() != "/tokeninfo" || r.Header.Get("Authorization") != "Bearer "+googleToken || len(body) != 0 {
			t.Errorf("got %s %s with header %v and body %q, want a POST to /tokeninfo with the token as bearer token", r.Method, r.URL, r.Header, body)
		}
		respondWith(200, tokenInfo())(w, r)
	}))
	c := newGoogleAt(t, url+"/tokeninfo")
	for range 2 {
		const want = `{"active":true,"aud":"` + googleID + `","client_id":"` + googleID + `","email":"alice@example.com","email_verified":true,` +
			`"exp":2000000000,"scope":"openid https://www.googleapis.com/auth/drive","sub":"110248495921238986420"}`
		if got := assertActive(t, c, googleToken); got != want {
			t.Errorf("got claims %s, want %s", got, want)
		}
	}
	if got := asked.Load(); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
}

func TestGoogleVerdicts(t *testing.T) {
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string // text in the claims; "" if the token is not active
	}{
		"a token without a user":                    {respondWith(200, tokenInfo("sub", "")), `"scope":"openid https://www.googleapis.com/auth/drive"}`},
		"a user without an address":                 {respondWith(200, tokenInfo("email", "", "email_verified", "")), `"client_id":"` + googleID + `","exp"`},
		"an address that is not verified":           {respondWith(200, tokenInfo("email_verified", `"false"`)), `"email_verified":false`},
		"an address without email_verified":         {respondWith(200, tokenInfo("email_verified", "")), `"email_verified":false`},
		"email_verified is 1":                       {respondWith(200, tokenInfo("email_verified", `"1"`)), `"email_verified":false`},
		"a boolean and a number instead of strings": {respondWith(200, tokenInfo("email_verified", "true", "exp", "2000000000")), `"email_verified":true,"exp":2000000000`},
		"another client as azp":                     {respondWith(200, tokenInfo("azp", `"android"`)), `"client_id":"android"`},
		"no azp":                                    {respondWith(200, tokenInfo("azp", "")), `"client_id":"` + googleID + `"`},
		"the other configured client":               {respondWith(200, tokenInfo("aud", `"another"`)), `"aud":"another"`},
		"a token that has expired":                  {respondWith(200, tokenInfo("exp", `"1"`)), `"exp":1`},
		"another client's token":                    {respondWith(200, tokenInfo("aud", `"other.apps.googleusercontent.com"`)), ""},
		"the client only as azp":                    {respondWith(200, tokenInfo("aud", `"other.apps.googleusercontent.com"`, "azp", `"`+googleID+`"`)), ""},
		"an audience with the client as prefix":     {respondWith(200, tokenInfo("aud", `"`+googleID+`.evil"`)), ""},
		"a token without an audience":               {respondWith(200, tokenInfo("aud", "")), ""},
		"an ID token, which has no scope":           {respondWith(200, tokenInfo("scope", "", "iss", `"https://accounts.google.com"`)), ""},
		"400":                                       {respondWith(400, `{"error":"invalid_token","error_description":"Invalid Value"}`), ""},
		"401":                                       {respondWith(401, `{"error":"invalid_token"}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			url, asked := startServer(t, tt.handler)
			c := newGoogleAt(t, url)
			for range 2 {
				if tt.want == "" {
					assertInactive(t, c, googleToken)
				} else if got := assertActive(t, c, googleToken); !strings.Contains(got, tt.want) || leaked(got, canary) {
					t.Errorf("got claims %s, want %s and no secrets", got, tt.want)
				}
			}
			if got := asked.Load(); got != 1 && !strings.Contains(name, "has expired") {
				t.Errorf("got %d requests, want 1", got)
			}
		})
	}
}

func TestInvalidGoogleAnswers(t *testing.T) {
	cases := map[string]http.HandlerFunc{
		"403":                          respondWith(403, canary),
		"404":                          respondWith(404, canary),
		"more than 256 KiB":            respondWith(200, tokenInfo("x", `"`+strings.Repeat("a", 256<<10)+`"`)),
		"a repeated member":            respondWith(200, `{"aud":"x",`+tokenInfo()[1:]),
		"an array of audiences":        respondWith(200, tokenInfo("aud", `["`+googleID+`"]`)),
		"an azp that is a number":      respondWith(200, tokenInfo("azp", "1")),
		"a user that is a number":      respondWith(200, tokenInfo("sub", "110248495921238986420")),
		"scopes that are an array":     respondWith(200, tokenInfo("scope", `["openid"]`)),
		"an address that is an object": respondWith(200, tokenInfo("email", `{}`)),
		"no expiry":                    respondWith(200, tokenInfo("exp", "")),
		"an expiry that is null":       respondWith(200, tokenInfo("exp", "null")),
		"an expiry that is a word":     respondWith(200, tokenInfo("exp", `"`+canary+`"`)),
		"an expiry with a fraction":    respondWith(200, tokenInfo("exp", `"1.5"`)),
		"an expiry that is an array":   respondWith(200, tokenInfo("exp", `["2000000000"]`)),
		"an expiry that is too large":  respondWith(200, tokenInfo("exp", `"99999999999999999999"`)),
	}
	for name, handler := range invalidResponses {
		cases[name] = handler
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			url, _ := startServer(t, handler)
			var logCapture logCapture
			c := newGoogleAt(t, url, func(c *introspect.Config) { c.Logger = logCapture.logger() })
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			_, err := c.Introspect(t.Context(), token)
			checkNoSecrets(t, &logCapture, err)
		})
	}
}

func TestGoogleConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		config introspect.Config
		ids    []string
		want   []string
	}{
		"no client":                       {introspect.Config{}, nil, []string{"Google needs at least one client identifier"}},
		"an empty client":                 {introspect.Config{}, []string{googleID, ""}, []string{"Google needs at least one client identifier"}},
		"an endpoint on http":             {introspect.Config{Endpoint: "http://google.example.com"}, []string{googleID}, []string{"Endpoint: must be an https URL"}},
		"Auth":                            {introspect.Config{Auth: introspect.Basic("a", "b")}, []string{googleID}, []string{"Auth and Keys must be zero for Google"}},
		"every fault is reported at once": {introspect.Config{Endpoint: "ftp://x", MaxTTL: 1 << 60, RequireTokenType: true}, nil, []string{"Endpoint", "MaxTTL", "RequireTokenType", "identifier"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := introspect.Google(tt.config, tt.ids...)
			assertFaults(t, c, err, tt.want...)
		})
	}
	t.Run("Google's own endpoint is the default", func(t *testing.T) {
		s := newSite(respondOK(tokenInfo()))
		assertActive(t, newGoogle(t, s, []string{googleID}), token)
		if got := s.received()[0].url; got != "https://oauth2.googleapis.com/tokeninfo" {
			t.Errorf("got a request to %s, want Google's own endpoint", got)
		}
	})
	t.Run("clients in another order share answers", func(t *testing.T) {
		s, shared := newSite(respondOK(tokenInfo())), newStore()
		ids := []string{"b", googleID, "a"}
		assertActive(t, newGoogle(t, s, ids, withCache(shared)), token)
		assertActive(t, newGoogle(t, s, []string{"a", "b", googleID}, withCache(shared)), token)
		if s.assertRequests(t, 1); ids[0] != "b" {
			t.Errorf("got %v, which was changed", ids)
		}
	})
}
