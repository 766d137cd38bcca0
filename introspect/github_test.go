package introspect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/introspect"
)

const (
	gitHubID    = "Iv1.8a61f9b3a7aba766"
	gitHubToken = "gho_16C7e42F292c6912E7710c838347Ae178B4a"
)

// respondWith returns a handler that answers with a status and a body.
func respondWith(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// startServer starts a server and returns its URL and a counter of its
// requests.
func startServer(t testing.TB, handler http.Handler) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func newGitHub(t testing.TB, base string, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{Endpoint: base, Logger: discardLogger}
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.GitHub(config, gitHubID, "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// authorization returns GitHub's answer about a token. Each pair of arguments
// is the name of a member and its new JSON value. The value "" removes the
// member.
func authorization(pairs ...string) string {
	return object(map[string]string{
		"id": "1", "url": `"https://api.github.com/authorizations/1"`, "token": `"` + gitHubToken + `"`, "token_last_eight": `"Ae178B4a"`,
		"hashed_token": `"25f94a2a"`, "note": `"` + canary + `"`, "fingerprint": `""`, "created_at": `"2011-09-06T17:26:27Z"`,
		"app":    `{"url":"https://github.com/orgs","name":"an app","client_id":"` + gitHubID + `"}`,
		"scopes": `["repo","read:org"]`, "expires_at": "null", "user": `{"login":"octocat","id":583231,"site_admin":false}`,
	}, pairs)
}

func object(all map[string]string, pairs []string) string {
	raw := make(map[string]json.RawMessage)
	for name, value := range all {
		raw[name] = json.RawMessage(value)
	}
	for i := 0; i < len(pairs); i += 2 {
		if raw[pairs[i]] = json.RawMessage(pairs[i+1]); pairs[i+1] == "" {
			delete(raw, pairs[i])
		}
	}
	data, err := json.Marshal(raw)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestGitHubRequest(t *testing.T) {
	for name, base := range map[string]string{"the public service": "", "an Enterprise Server": "/api/v3", "a base with a slash": "/api/v3/"} {
		t.Run(name, func(t *testing.T) {
			url, asked := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				id, secret, _ := r.BasicAuth()
				if r.Method != "POST" || r.URL.Path != strings.TrimSuffix(base, "/")+"/applications/"+gitHubID+"/token" || id != gitHubID || secret != "s3cret" ||
					string(body) != `{"access_token":"`+gitHubToken+`"}` || r.Header.Get("Content-Type") != "application/json" ||
					r.Header.Get("Accept") != "application/vnd.github+json" || r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" {
					t.Errorf("got %s %s with the credentials %q:%q, header %v and body %s, want GitHub's request for checking a token", r.Method, r.URL, id, secret, r.Header, body)
				}
				respondWith(200, authorization())(w, r)
			}))
			c := newGitHub(t, url+base)
			for range 2 {
				want := `{"active":true,"aud":["` + gitHubID + `"],"client_id":"` + gitHubID + `","scope":"repo read:org","sub":"583231","username":"octocat"}`
				if got := assertActive(t, c, gitHubToken); got != want {
					t.Errorf("got claims %s, want %s", got, want)
				}
			}
			if got := asked.Load(); got != 1 {
				t.Errorf("got %d requests, want 1", got)
			}
		})
	}
}

func TestGitHubVerdicts(t *testing.T) {
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string // text in the claims; "" if the token is not active
	}{
		"a token without scopes":                     {respondWith(200, authorization("scopes", "[]")), `"scope":""`},
		"scopes that are null":                       {respondWith(200, authorization("scopes", "null")), `"scope":""`},
		"a token that expires":                       {respondWith(200, authorization("expires_at", `"2033-05-18T03:33:20Z"`)), `"exp":2000000000`},
		"a token that has expired":                   {respondWith(200, authorization("expires_at", `"2011-09-06T17:26:27Z"`)), `"exp":1315329987`},
		"a user whose number does not fit a float64": {respondWith(200, authorization("user", `{"login":"a","id":9007199254740993}`)), `"sub":"9007199254740993"`},
		"an answer without unused members":           {respondWith(200, authorization("note", "", "token", "", "expires_at", "", "hashed_token", "")), `"sub":"583231"`},
		"another app's token":                        {respondWith(200, authorization("app", `{"client_id":"Iv1.other"}`)), ""},
		"a token without an app":                     {respondWith(200, authorization("app", "null")), ""},
		"an app without a client identifier":         {respondWith(200, authorization("app", "{}")), ""},
		"a client identifier in another case":        {respondWith(200, authorization("app", `{"client_id":"`+strings.ToUpper(gitHubID)+`"}`)), ""},
		"a token that GitHub does not find":          {respondWith(404, `{"message":"Not Found"}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			url, asked := startServer(t, tt.handler)
			c := newGitHub(t, url)
			for range 2 {
				if tt.want == "" {
					assertInactive(t, c, gitHubToken)
				} else if got := assertActive(t, c, gitHubToken); !strings.Contains(got, tt.want) || leaked(got, canary) || leaked(got, gitHubToken) {
					t.Errorf("got claims %s, want %s and no secrets", got, tt.want)
				}
			}
			if got := asked.Load(); got != 1 && !strings.Contains(name, "has expired") {
				t.Errorf("got %d requests, want 1", got)
			}
		})
	}
}

// invalidResponses are answers for which the client must return an error.
var invalidResponses = map[string]http.HandlerFunc{
	"404 from another server": respondWith(404, canary),
	"422":                     respondWith(422, `{"message":"`+canary+`"}`),
	"429":                     respondWith(429, canary),
	"500":                     respondWith(500, canary),
	"503":                     respondWith(503, canary),
	"204":                     respondWith(204, ""),
	"a redirect": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/"+canary, http.StatusTemporaryRedirect)
	},
	"an empty body":        respondWith(200, ``),
	"an HTML page":         respondWith(200, `<html>`+canary),
	"an array":             respondWith(200, `[]`),
	"null":                 respondWith(200, `null`),
	"an empty object":      respondWith(200, `{"app":{"client_id":"`+gitHubID+`"},"aud":"`+googleID+`","scope":"x"}`),
	"a broken object":      respondWith(200, `{"app":`),
	"too many levels":      respondWith(200, `{"x":`+strings.Repeat("[", 50)+strings.Repeat("]", 50)+`}`),
	"a dropped connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

func TestInvalidGitHubAnswers(t *testing.T) {
	cases := map[string]http.HandlerFunc{
		"more than 256 KiB":                    respondWith(200, authorization("note", `"`+strings.Repeat("a", 256<<10)+`"`)),
		"a repeated member":                    respondWith(200, `{"id":1,`+authorization()[1:]),
		"an app that is a string":              respondWith(200, authorization("app", `"`+gitHubID+`"`)),
		"a client identifier that is an array": respondWith(200, authorization("app", `{"client_id":["`+gitHubID+`"]}`)),
		"a user that is null":                  respondWith(200, authorization("user", "null")),
		"a user without a number":              respondWith(200, authorization("user", `{"login":"`+canary+`"}`)),
		"a user without a login":               respondWith(200, authorization("user", `{"id":1}`)),
		"a number that is a string":            respondWith(200, authorization("user", `{"login":"a","id":"1"}`)),
		"a number with a fraction":             respondWith(200, authorization("user", `{"login":"a","id":1.5}`)),
		"the user number 0":                    respondWith(200, authorization("user", `{"login":"a","id":0}`)),
		"scopes that are a string":             respondWith(200, authorization("scopes", `"repo"`)),
		"a scope that is a number":             respondWith(200, authorization("scopes", `["repo",1]`)),
		"a scope with a space":                 respondWith(200, authorization("scopes", `["repo admin"]`)),
		"an expiry that is a number":           respondWith(200, authorization("expires_at", "1")),
		"an expiry that is not a date":         respondWith(200, authorization("expires_at", `"`+canary+`"`)),
		"400":                                  respondWith(400, `{"message":"`+canary+`"}`),
	}
	for name, handler := range invalidResponses {
		cases[name] = handler
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			url, _ := startServer(t, handler)
			var logCapture logCapture
			c := newGitHub(t, url, func(c *introspect.Config) { c.Logger = logCapture.logger() })
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			_, err := c.Introspect(t.Context(), token)
			if errors.Is(err, introspect.ErrCredentials) {
				t.Errorf("got %v, want another error than ErrCredentials", err)
			}
			checkNoSecrets(t, &logCapture, err)
		})
	}
}

func TestGitHubRefusesCredentials(t *testing.T) {
	for _, code := range []int{401, 403} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			var handler atomic.Value
			handler.Store(respondWith(code, `{"message":"`+canary+`"}`))
			url, _ := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.Load().(http.HandlerFunc)(w, r) }))
			var logCapture logCapture
			c := newGitHub(t, url, noCache, func(c *introspect.Config) { c.Logger = logCapture.logger() })
			assertUnavailable(t, c, token, introspect.ErrCredentials)
			_, err := c.Introspect(t.Context(), token)
			checkNoSecrets(t, &logCapture, err)
			if got := logCapture.lines(t); len(got) != 1 || got[0] != "ERROR credentials: introspection does not work" {
				t.Errorf("got log %q, want one line about the credentials", got)
			}
			handler.Store(respondWith(200, authorization()))
			assertActive(t, c, gitHubToken)
			handler.Store(respondWith(code, ``))
			assertUnavailable(t, c, token, fetch.StatusError{Status: code})
			if _, err := c.Introspect(t.Context(), token); errors.Is(err, introspect.ErrCredentials) {
				t.Errorf("got %v after a valid answer, want a refusal of this token", err)
			}
		})
	}
}

// Made-up tokens are reported as inactive, and do not make the client back off.
func TestMadeUpTokensOfGitHubAndGoogle(t *testing.T) {
	for name, tt := range map[string]struct {
		client func(testing.TB, string, ...func(*introspect.Config)) *introspect.Client
		status int
		answer string
	}{
		"GitHub with 404": {newGitHub, 404, authorization()},
		"Google with 400": {newGoogleAt, 400, tokenInfo()},
		"Google with 401": {newGoogleAt, 401, tokenInfo()},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if strings.Contains(string(body)+r.Header.Get("Authorization"), "good") {
					respondWith(200, tt.answer)(w, r)
					return
				}
				respondWith(tt.status, `{"error":"invalid_token","message":"Not Found"}`)(w, r)
			}))
			c := tt.client(t, url, noCache)
			assertActive(t, c, "good0")
			for i := range 300 {
				assertInactive(t, c, fmt.Sprint("made-up", i))
			}
			assertActive(t, c, "good0")
			assertActive(t, c, "good1")
		})
	}
}

func TestGitHubConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		config     introspect.Config
		id, secret string
		want       []string
	}{
		"no client identifier":            {introspect.Config{}, "", "s3cret", []string{"GitHub: client identifier or secret is empty"}},
		"no secret":                       {introspect.Config{}, gitHubID, "", []string{"GitHub: client identifier or secret is empty"}},
		"a base on http":                  {introspect.Config{Endpoint: "http://github.example.com/api/v3"}, gitHubID, "s3cret", []string{"Endpoint: must be an https URL"}},
		"a base that is not a URL":        {introspect.Config{Endpoint: "github.example.com"}, gitHubID, "s3cret", []string{"Endpoint: must be an absolute URL"}},
		"a base that cannot be parsed":    {introspect.Config{Endpoint: "https://" + canary + "\x7f"}, gitHubID, "s3cret", []string{"Endpoint: must be an absolute URL"}},
		"Auth":                            {introspect.Config{Auth: introspect.Basic("a", "b")}, gitHubID, "s3cret", []string{"Auth and Keys must be zero for GitHub"}},
		"every fault is reported at once": {introspect.Config{Endpoint: "ftp://x", MaxTTL: 1 << 60, RequireTokenType: true, Issuer: "a b"}, "", "", []string{"Endpoint", "MaxTTL", "RequireTokenType", "Issuer", "secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := introspect.GitHub(tt.config, tt.id, tt.secret)
			assertFaults(t, c, err, tt.want...)
		})
	}
	t.Run("the public service is the default", func(t *testing.T) {
		s := newSite(respondOK(authorization()))
		assertActive(t, newGitHub(t, "", func(c *introspect.Config) { c.Client, c.Issuer = s.client(), "https://github.com" }), token)
		if got, want := s.received()[0].url, "https://api.github.com/applications/"+gitHubID+"/token"; got != want {
			t.Errorf("got a request to %s, want %s", got, want)
		}
	})
}

// Two clients for different apps may share a Cache, but must not share answers.
func TestAppsOfGitHubDoNotShareAnswers(t *testing.T) {
	url, asked := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _, _ := r.BasicAuth()
		respondWith(200, authorization("app", `{"client_id":"`+id+`"}`))(w, r)
	}))
	shared := newStore()
	for _, id := range []string{"one", "two", "one"} {
		c, err := introspect.GitHub(introspect.Config{Endpoint: url, Cache: shared, Logger: discardLogger}, id, "s3cret")
		if err != nil {
			t.Fatal(err)
		}
		if got := assertActive(t, c, gitHubToken); !strings.Contains(got, `"aud":["`+id+`"]`) {
			t.Errorf("got %s, want claims for %s", got, id)
		}
	}
	if got := asked.Load(); got != 2 {
		t.Errorf("got %d requests, want 1 for each app", got)
	}
}
