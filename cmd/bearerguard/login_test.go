package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/testserver"
)

// attempt is a login that waits for the user.
type attempt struct {
	page string // URL to open
	end  func() (code int, out, err string)
}

// aJWT matches the beginning of a JWT. It requires two segments, because a
// random string could also contain eyJ.
var aJWT = regexp.MustCompile(`eyJ[\w-]+\.eyJ`)

// begin starts a login and waits for the URL that the login prints.
func begin(ctx context.Context, t *testing.T, args ...string) attempt {
	t.Helper()
	var stdout, rest bytes.Buffer
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"login", "--no-browser"}, args...), streams{in: strings.NewReader(""), out: &stdout, err: w})
		_ = w.Close()
	}()
	lines := bufio.NewReader(r)
	a := attempt{end: func() (int, string, string) {
		_, _ = io.Copy(&rest, lines)
		return <-code, stdout.String(), rest.String()
	}}
	for a.page == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			_, _, stderr := a.end()
			t.Fatalf("got %q and no page: %v", stderr, err)
		}
		if page := strings.TrimSpace(line); strings.HasPrefix(page, "http") {
			a.page = page
		}
	}
	return a
}

// open opens a page, checks its security header fields, and returns its status.
func open(t *testing.T, page *url.URL) int {
	t.Helper()
	resp, err := http.Get(page.String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || resp.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("got a page with the policies %q and %q", policy, resp.Header.Get("Referrer-Policy"))
	}
	return resp.StatusCode
}

// with returns a copy of u in which one query parameter has the given values.
// If no values are given, the parameter is removed.
func with(u *url.URL, name string, values ...string) *url.URL {
	changed := *u
	q := u.Query()
	if q[name] = values; len(values) == 0 {
		q.Del(name)
	}
	changed.RawQuery = q.Encode()
	return &changed
}

func TestOnlyTheAnswerToTheLoginEndsIt(t *testing.T) {
	as := testserver.New(t)
	a := begin(t.Context(), t, "--issuer", as.Issuer(), "--client-id", "test-public", "--scope", "openid")
	back := as.Login(t, a.page)
	elsewhere := *back
	elsewhere.Path = "/favicon.ico"
	for name, tt := range map[string]struct {
		page *url.URL
		want int
	}{
		"another state":         {with(back, "state", "forged"), 400},
		"no state":              {with(back, "state"), 400},
		"two states":            {with(back, "state", back.Query().Get("state"), "forged"), 400},
		"two codes":             {with(back, "code", "a", back.Query().Get("code")), 400},
		"no code":               {with(back, "code"), 400},
		"a code and an error":   {with(back, "error", "access_denied"), 400},
		"another path":          {&elsewhere, 404},
		"two issuers":           {with(back, "iss", as.Issuer(), as.Issuer()), 400},
		"an error for no state": {with(with(with(back, "code"), "error", "x"), "state", ""), 400},
	} {
		if got := open(t, tt.page); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
	if resp, err := http.Post(back.String(), "text/plain", nil); err != nil || resp.StatusCode != 405 {
		t.Errorf("got %v, %v, want 405 for POST", resp, err)
	}
	if got := open(t, back); got != 200 {
		t.Errorf("got %d for the answer, want 200", got)
	}
	code, out, stderr := a.end()
	var got asclient.Tokens
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK || got.Access == "" || got.ID == "" {
		t.Errorf("got exit code %d, %q, %q", code, out, stderr)
	}
	if q := back.Query(); strings.Contains(stderr, q.Get("code")) {
		t.Errorf("got the code in %q", stderr)
	}
}

func TestAnInvalidAnswerFailsTheLogin(t *testing.T) {
	as := testserver.New(t)
	withoutIss := testserver.New(t, testserver.Metadata(func(doc map[string]any) {
		delete(doc, "authorization_response_iss_parameter_supported")
	}))
	for name, tt := range map[string]struct {
		as     *testserver.Server
		change func(*url.URL) *url.URL
		code   int
		want   string
	}{
		"another issuer": {as, func(u *url.URL) *url.URL { return with(u, "iss", "https://evil.example.com") }, exitFailure, "RFC 9207"},
		"no issuer, although the metadata announces it": {as, func(u *url.URL) *url.URL { return with(u, "iss") }, exitFailure, "RFC 9207"},
		"another issuer, although none is announced":    {withoutIss, func(u *url.URL) *url.URL { return with(u, "iss", "https://evil.example.com") }, exitFailure, "RFC 9207"},
		"no issuer, and none is announced":              {withoutIss, func(u *url.URL) *url.URL { return with(u, "iss") }, exitOK, ""},
		"another code":                                  {as, func(u *url.URL) *url.URL { return with(u, "code", "forged") }, exitFailure, "code exchange failed: the authorization server refuses with 400 Bad Request: invalid_grant"},
		"an error":                                      {as, func(u *url.URL) *url.URL { return with(with(u, "code"), "error", "access_denied") }, exitFailure, "login failed: the authorization server refuses: access_denied"},
		"an invalid error":                              {as, func(u *url.URL) *url.URL { return with(with(u, "code"), "error", "\x1b[2Jx") }, exitFailure, "login failed: the authorization server refuses\n"},
	} {
		t.Run(name, func(t *testing.T) {
			a := begin(t.Context(), t, "--issuer", tt.as.Issuer(), "--client-id", "test-public")
			if got := open(t, tt.change(tt.as.Login(t, a.page))); got != 200 {
				t.Errorf("got %d, want 200", got)
			}
			code, out, stderr := a.end()
			if code != tt.code || (out == "") != (code != exitOK) || !strings.Contains(stderr, tt.want) || strings.Contains(stderr, "\x1b") {
				t.Errorf("got exit code %d, %q, %q, want %d and %q", code, out, stderr, tt.code, tt.want)
			}
		})
	}
}

// replaceIDToken makes the token endpoint return id as the ID token.
func replaceIDToken(as *testserver.Server, id any) {
	as.Inject(testserver.EndpointToken, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &responseRecorder{header: http.Header{}}
			next.ServeHTTP(rec, r)
			var answer map[string]any
			_ = json.Unmarshal(rec.Bytes(), &answer)
			answer["id_token"] = id
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer)
		})
	}))
}

type responseRecorder struct {
	bytes.Buffer
	header http.Header
}

func (r *responseRecorder) Header() http.Header { return r.header }
func (r *responseRecorder) WriteHeader(int)     {}

func TestAnIDTokenMustBeOfThisLogin(t *testing.T) {
	login := func(t *testing.T, as *testserver.Server) (code int, out, stderr string) {
		t.Helper()
		a := begin(t.Context(), t, "--issuer", as.Issuer(), "--client-id", "test-public", "--scope", "openid")
		open(t, as.Login(t, a.page))
		return a.end()
	}
	for name, tt := range map[string]struct {
		id   func(earlier asclient.Tokens) any
		want string
	}{
		"missing":                 {func(asclient.Tokens) any { return nil }, "sent no ID token"},
		"not a JWT":               {func(asclient.Tokens) any { return "x" }, "the ID token is not valid"},
		"an invalid signature":    {func(e asclient.Tokens) any { return e.ID[:len(e.ID)-8] + "AAAAAAAA" }, "the ID token is not valid"},
		"one of an earlier login": {func(e asclient.Tokens) any { return e.ID }, "its nonce differs"},
		"an access token":         {func(e asclient.Tokens) any { return e.Access }, "the ID token is not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t)
			_, out, stderr := login(t, as)
			var earlier asclient.Tokens
			if err := json.Unmarshal([]byte(out), &earlier); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			replaceIDToken(as, tt.id(earlier))
			if code, out, stderr := login(t, as); code != exitFailure || out != "" || !strings.Contains(stderr, tt.want) || aJWT.MatchString(stderr) {
				t.Errorf("got exit code %d, %q, %q, want %q", code, out, stderr, tt.want)
			}
		})
	}
}

func TestDeviceLogin(t *testing.T) {
	for name, tt := range map[string]struct {
		act  func(*testing.T, *testserver.Server, string)
		code int
		want string
	}{
		"the user logs in": {func(t *testing.T, as *testserver.Server, page string) { as.Login(t, page) }, exitOK, ""},
		"the user refuses": {func(t *testing.T, as *testserver.Server, page string) {
			as.Login(t, page, testserver.LoginAs{Deny: true})
		}, exitFailure,
			"device login failed: the authorization server refuses with 400 Bad Request: access_denied"},
		"the user does nothing": {func(*testing.T, *testserver.Server, string) {}, exitFailure, "no login within 5m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				ctx := context.WithValue(t.Context(), oauth2.HTTPClient, as.Client())
				a := begin(ctx, t, "--issuer", as.Issuer(), "--client-id", "test-public", "--device", "--scope", "openid")
				time.Sleep(12 * time.Second) // fake time, in which the login polls twice
				tt.act(t, as, a.page)
				code, out, stderr := a.end()
				if code != tt.code || strings.Contains(out, `"id_token": "eyJ`) != (code == exitOK) || !strings.Contains(stderr, tt.want) {
					t.Errorf("got exit code %d, %q, %q, want %d and %q", code, out, stderr, tt.code, tt.want)
				}
			})
		})
	}
}
