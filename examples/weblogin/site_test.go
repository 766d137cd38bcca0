package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// apiProgram is the path of the program examples/api, which TestMain builds.
var apiProgram string

func TestMain(m *testing.M) {
	os.Exit(program.Main(m, filepath.Join("..", ".."), "./examples/api", &apiProgram))
}

// site is the program under test, together with an authorization server and the
// API. All three listen on sockets.
type site struct {
	t   *testing.T
	as  *testserver.Server
	app *app
	url string

	transport http.RoundTripper // transport that browsers use
	onRequest func()            // if set, called for each request to the site

	mu      sync.Mutex
	refresh string                             // the newest refresh token
	access  string                             // the newest access token
	hidden  []string                           // all tokens, which must not appear in any output
	answers []map[string]any                   // answers of the token endpoint
	change  func(n int, answer map[string]any) // changes token response n; n begins at 1
	log     bytes.Buffer
}

func (s *site) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// record stores each response of the token endpoint, and the tokens in that
// response. If s.change is set, record then calls it.
func (s *site) record(_ *testserver.TokenRequest, resp *testserver.TokenResponse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, resp.Body)
	for name, last := range map[string]*string{"access_token": &s.access, "refresh_token": &s.refresh, "id_token": new(string)} {
		if token, ok := resp.Body[name].(string); ok {
			s.hidden, *last = append(s.hidden, token), token
		}
	}
	if s.change != nil {
		s.change(len(s.answers), resp.Body)
	}
	return nil
}

// assertNoTokens fails the test if text contains a token or the client secret.
func (s *site) assertNoTokens(place, text string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range append(s.hidden, s.app.cfg.clientSecret) {
		if token != "" && strings.Contains(text, token) {
			s.t.Errorf("%s contains a token", place)
		}
	}
}

// newSite starts the site and the API. The site uses https if secure is true.
// The parameter as is the authorization server, at which the API introspects
// opaque tokens. apiEnv is added to the environment of the API.
func newSite(t *testing.T, as *testserver.Server, secure bool, changes func(*config), apiEnv ...string) *site {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, as.CACertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	api := program.Start(t, apiProgram, append(apiEnv, "ISSUER="+as.Issuer(), "AUDIENCE=api", "SSL_CERT_FILE="+ca,
		"INTROSPECTION_CLIENT_ID=test-client", "INTROSPECTION_CLIENT_SECRET=test-secret", "INTROSPECTION_MAX_TTL=0s")...)

	s := &site{t: t, as: as}
	t.Cleanup(as.OnToken(s.record))
	var handler http.Handler
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.onRequest != nil {
			s.onRequest()
		}
		handler.ServeHTTP(w, r)
	}))
	s.url = "http://" + server.Listener.Addr().String()
	if secure {
		s.url = "https://" + server.Listener.Addr().String()
	}
	client := as.AddClient(testserver.Client{RedirectURIs: []string{s.url + "/callback", s.url + "/"}})
	env := map[string]string{
		"BASE_URL": s.url, "API_URL": api, "OAUTH_ISSUER": as.Issuer(),
		"OAUTH_CLIENT_ID": client.ID, "OAUTH_CLIENT_SECRET": client.Secret,
	}
	cfg, err := fromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg.transport = as.Client().Transport
	if changes != nil {
		changes(&cfg)
	}
	if s.app, err = newApp(t.Context(), cfg, slog.New(slog.NewTextHandler(s, nil))); err != nil {
		t.Fatal(err)
	}
	handler = s.app.routes()
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	s.transport = server.Client().Transport
	t.Cleanup(func() {
		server.Close()
		s.assertNoTokens("the log", s.log.String())
		if t.Failed() {
			t.Logf("the site's log:\n%s", &s.log)
		}
	})
	return s
}

// browser imitates a browser that visits the site. It has its own cookies.
type browser struct {
	*site

	http *http.Client
}

func (s *site) newBrowser() *browser {
	jar, _ := cookiejar.New(nil) // never fails
	return &browser{s, &http.Client{
		Jar:           jar,
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// response is an answer of the site.
type response struct {
	status int
	header http.Header
	body   string
}

var title = regexp.MustCompile(`<h1>(.*)</h1>`)

func (r response) title() string {
	if m := title.FindStringSubmatch(r.body); m != nil {
		return m[1]
	}
	return ""
}

// cookie returns the value that the response sets for a cookie. If the response
// deletes the cookie or does not change it, cookie returns "".
func (r response) cookie(name string) string {
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if strings.HasSuffix(c.Name, name) {
			return c.Value
		}
	}
	return ""
}

func (b *browser) do(req *http.Request) response {
	b.t.Helper()
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	page := response{resp.StatusCode, resp.Header, string(body)}
	b.assertNoTokens("the page "+req.URL.Path, page.body)
	for name, values := range page.header {
		b.assertNoTokens("the header field "+name, strings.Join(values, " "))
	}
	return page
}

// open sends a GET request for a path of the site, or for an absolute URL.
func (b *browser) open(path string) response {
	b.t.Helper()
	u, err := url.Parse(b.url)
	if err == nil {
		u, err = u.Parse(path)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

// startLogin begins a login at the site and completes it at the server. It
// returns the callback URL to which the server redirects the browser.
func (b *browser) startLogin(opts ...testserver.LoginAs) *url.URL {
	b.t.Helper()
	start := b.open("/login")
	if start.status != http.StatusFound {
		b.t.Fatalf("got %d %s from /login, want 302", start.status, start.title())
	}
	return b.as.Login(b.t, start.header.Get("Location"), opts...)
}

func (b *browser) login(opts ...testserver.LoginAs) response {
	b.t.Helper()
	done := b.open(b.startLogin(opts...).String())
	if done.status != http.StatusSeeOther || done.header.Get("Location") != "/" {
		b.t.Fatalf("got %d %s from /callback, want 303 to /", done.status, done.title())
	}
	return done
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// logout posts the logout form with the given CSRF token. If csrf is "", logout
// takes the token from the page at /.
func (b *browser) logout(csrf string) response {
	b.t.Helper()
	if m := csrfField.FindStringSubmatch(b.open("/").body); m != nil && csrf == "" {
		csrf = m[1]
	}
	form := url.Values{"csrf": {csrf}}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+"/logout", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// setCookie sets a cookie in the browser.
func (b *browser) setCookie(name, value string) {
	u, _ := url.Parse(b.url)
	b.http.Jar.SetCookies(u, []*http.Cookie{{Name: b.app.cookieName(name), Value: value, Path: "/", Secure: b.app.secure()}})
}

// active introspects a token at the server and reports whether the token is
// active.
func (s *site) active(token string) bool {
	s.t.Helper()
	form := url.Values{"token": {token}}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.as.Endpoint(testserver.EndpointIntrospect), strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(s.app.cfg.clientID, s.app.cfg.clientSecret)
	resp, err := s.as.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("got %d, %v from introspection", resp.StatusCode, err)
	}
	return strings.Contains(string(body), `"active":true`)
}
