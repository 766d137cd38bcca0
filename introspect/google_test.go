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
	config := introspect.Config{Logger: quiet}
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

// tokenInfo is Google's answer about a token, changed by pairs; "" removes.
func tokenInfo(pairs ...string) string {
	return object(map[string]string{
		"azp": `"` + googleID + `"`, "aud": `"` + googleID + `"`, "sub": `"110248495921238986420"`, "scope": `"openid https://www.googleapis.com/auth/drive"`,
		"exp": `"2000000000"`, "expires_in": `"3488"`, "email": `"alice@example.com"`, "email_verified": `"true"`, "access_type": `"online"`, "x": `"` + canary + `"`,
	}, pairs)
}

func TestGoogleIsAskedWithTheToken(t *testing.T) {
	url, asked := serving(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.String() != "/tokeninfo" || r.Header.Get("Authorization") != "Bearer "+googleToken || len(body) != 0 {
			t.Errorf("got %s %s with %v and %q", r.Method, r.URL, r.Header, body)
		}
		served(200, tokenInfo())(w, r)
	}))
	c := newGoogleAt(t, url+"/tokeninfo")
	for range 2 {
		const want = `{"active":true,"aud":"` + googleID + `","client_id":"` + googleID + `","email":"alice@example.com","email_verified":true,` +
			`"exp":2000000000,"scope":"openid https://www.googleapis.com/auth/drive","sub":"110248495921238986420"}`
		if got := isActive(t, c, googleToken); got != want {
			t.Errorf("got claims %s, want %s", got, want)
		}
	}
	if got := asked.Load(); got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
}

func TestGoogleVerdicts(t *testing.T) {
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string // a part of the claims; "" if not active
	}{
		"a token without a user":            {served(200, tokenInfo("sub", "")), `"scope":"openid https://www.googleapis.com/auth/drive"}`},
		"a user without an address":         {served(200, tokenInfo("email", "", "email_verified", "")), `"client_id":"` + googleID + `","exp"`},
		"an address that is not verified":   {served(200, tokenInfo("email_verified", `"false"`)), `"email_verified":false`},
		"an address that may be verified":   {served(200, tokenInfo("email_verified", "")), `"email_verified":false`},
		"an address that is verified by 1":  {served(200, tokenInfo("email_verified", `"1"`)), `"email_verified":false`},
		"a boolean and a number":            {served(200, tokenInfo("email_verified", "true", "exp", "2000000000")), `"email_verified":true,"exp":2000000000`},
		"another client acting for ours":    {served(200, tokenInfo("azp", `"android"`)), `"client_id":"android"`},
		"no azp":                            {served(200, tokenInfo("azp", "")), `"client_id":"` + googleID + `"`},
		"the other of our clients":          {served(200, tokenInfo("aud", `"another"`)), `"aud":"another"`},
		"a token that has expired":          {served(200, tokenInfo("exp", `"1"`)), `"exp":1`},
		"another client's token":            {served(200, tokenInfo("aud", `"other.apps.googleusercontent.com"`)), ""},
		"our client as azp only":            {served(200, tokenInfo("aud", `"other.apps.googleusercontent.com"`, "azp", `"`+googleID+`"`)), ""},
		"an audience that begins with ours": {served(200, tokenInfo("aud", `"`+googleID+`.evil"`)), ""},
		"a token for nobody":                {served(200, tokenInfo("aud", "")), ""},
		"an ID token, which has no scope":   {served(200, tokenInfo("scope", "", "iss", `"https://accounts.google.com"`)), ""},
		"400":                               {served(400, `{"error":"invalid_token","error_description":"Invalid Value"}`), ""},
		"401":                               {served(401, `{"error":"invalid_token"}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			url, asked := serving(t, tt.handler)
			c := newGoogleAt(t, url)
			for range 2 {
				if tt.want == "" {
					isInactive(t, c, googleToken)
				} else if got := isActive(t, c, googleToken); !strings.Contains(got, tt.want) || leaked(got, canary) {
					t.Errorf("got claims %s, want %s and nothing of the rest", got, tt.want)
				}
			}
			if got := asked.Load(); got != 1 && !strings.Contains(name, "has expired") {
				t.Errorf("asked %d times, want once", got)
			}
		})
	}
}

func TestGoogleAnswersThatAreNoVerdict(t *testing.T) {
	cases := map[string]http.HandlerFunc{
		"403":                             served(403, canary),
		"404":                             served(404, canary),
		"more than 256 KiB":               served(200, tokenInfo("x", `"`+strings.Repeat("a", 256<<10)+`"`)),
		"a member there twice":            served(200, `{"aud":"x",`+tokenInfo()[1:]),
		"audiences":                       served(200, tokenInfo("aud", `["`+googleID+`"]`)),
		"a party that is a number":        served(200, tokenInfo("azp", "1")),
		"a user that is a number":         served(200, tokenInfo("sub", "110248495921238986420")),
		"scopes that are an array":        served(200, tokenInfo("scope", `["openid"]`)),
		"an address that is an object":    served(200, tokenInfo("email", `{}`)),
		"no expiry":                       served(200, tokenInfo("exp", "")),
		"an expiry that is null":          served(200, tokenInfo("exp", "null")),
		"an expiry that is a word":        served(200, tokenInfo("exp", `"`+canary+`"`)),
		"an expiry with a fraction":       served(200, tokenInfo("exp", `"1.5"`)),
		"an expiry that is an array":      served(200, tokenInfo("exp", `["2000000000"]`)),
		"an expiry that no integer holds": served(200, tokenInfo("exp", `"99999999999999999999"`)),
	}
	for name, handler := range noVerdicts {
		cases[name] = handler
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			url, _ := serving(t, handler)
			var journal journal
			c := newGoogleAt(t, url, func(c *introspect.Config) { c.Logger = journal.logger() })
			isUnknown(t, c, token, introspect.ErrUnavailable)
			_, err := c.Introspect(t.Context(), token)
			checkTold(t, &journal, err)
		})
	}
}

func TestGoogleConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		config introspect.Config
		ids    []string
		want   []string
	}{
		"a client is needed":              {introspect.Config{}, nil, []string{"Google needs client identifiers"}},
		"no client is empty":              {introspect.Config{}, []string{googleID, ""}, []string{"Google needs client identifiers"}},
		"the endpoint is on https":        {introspect.Config{Endpoint: "http://google.example.com"}, []string{googleID}, []string{"Endpoint: not https"}},
		"nobody proves anything":          {introspect.Config{Auth: introspect.Basic("a", "b")}, []string{googleID}, []string{"Auth and Keys mean nothing to Google"}},
		"every fault is reported at once": {introspect.Config{Endpoint: "ftp://x", MaxTTL: 1 << 60, RequireTokenType: true}, nil, []string{"Endpoint", "MaxTTL", "RequireTokenType", "identifiers"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := introspect.Google(tt.config, tt.ids...)
			isFaulty(t, c, err, tt.want...)
		})
	}
	t.Run("Google's own endpoint is the default", func(t *testing.T) {
		s := newSite(says(tokenInfo()))
		isActive(t, newGoogle(t, s, []string{googleID}), token)
		if got := s.seen()[0].url; got != "https://oauth2.googleapis.com/tokeninfo" {
			t.Errorf("asked %s", got)
		}
	})
	t.Run("clients in another order share answers", func(t *testing.T) {
		s, shared := newSite(says(tokenInfo())), newStore()
		ids := []string{"b", googleID, "a"}
		isActive(t, newGoogle(t, s, ids, sharing(shared)), token)
		isActive(t, newGoogle(t, s, []string{"a", "b", googleID}, sharing(shared)), token)
		if s.asked(t, 1); ids[0] != "b" {
			t.Errorf("got %v, which was changed", ids)
		}
	})
}
