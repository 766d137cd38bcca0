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

// apiProgram is examples/api.
var apiProgram string

func TestMain(m *testing.M) {
	os.Exit(program.Main(m, filepath.Join("..", ".."), "./examples/api", &apiProgram))
}

// site is the program under test between an authorization server and the API, all of them on sockets.
type site struct {
	t   *testing.T
	as  *testserver.Server
	app *app
	url string

	transport http.RoundTripper // of browsers
	arrive    func()            // if not nil, is called for each request to the site

	mu      sync.Mutex
	refresh string                             // the refresh token that was issued last
	access  string                             // and the access token
	hidden  []string                           // all tokens; they must not be seen anywhere
	answers []map[string]any                   // of the token endpoint
	change  func(n int, answer map[string]any) // of the n-th of them, from 1 on
	log     bytes.Buffer
}

func (s *site) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// keep sees what the token endpoint answers.
func (s *site) keep(_ *testserver.TokenRequest, resp *testserver.TokenResponse) error {
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

// seen fails the test if text, of some place, holds a token.
func (s *site) seen(place, text string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range append(s.hidden, s.app.cfg.clientSecret) {
		if token != "" && strings.Contains(text, token) {
			s.t.Errorf("%s shows a token", place)
		}
	}
}

// newSite starts the site, on https if secure says so, and the API, which asks as about each opaque token.
func newSite(t *testing.T, as *testserver.Server, secure bool, changes func(*config)) *site {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, as.CACertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	api := program.Start(t, apiProgram, "ISSUER="+as.Issuer(), "AUDIENCE=api", "SSL_CERT_FILE="+ca,
		"INTROSPECTION_CLIENT_ID=test-client", "INTROSPECTION_CLIENT_SECRET=test-secret", "INTROSPECTION_MAX_TTL=0s")

	s := &site{t: t, as: as}
	t.Cleanup(as.OnToken(s.keep))
	var handler http.Handler
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.arrive != nil {
			s.arrive()
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
		s.seen("the log", s.log.String())
		if t.Failed() {
			t.Logf("the site's log:\n%s", &s.log)
		}
	})
	return s
}

// person is somebody at a browser of their own.
type person struct {
	*site

	http *http.Client
}

func (s *site) visitor() *person {
	jar, _ := cookiejar.New(nil) // never an error
	return &person{s, &http.Client{
		Jar:           jar,
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// seenPage is an answer of the site.
type seenPage struct {
	status int
	header http.Header
	body   string
}

var title = regexp.MustCompile(`<h1>(.*)</h1>`)

func (p seenPage) title() string {
	if m := title.FindStringSubmatch(p.body); m != nil {
		return m[1]
	}
	return ""
}

// cookie is what the page makes of a cookie, "" if it takes it away or leaves it.
func (p seenPage) cookie(name string) string {
	for _, c := range (&http.Response{Header: p.header}).Cookies() {
		if strings.HasSuffix(c.Name, name) {
			return c.Value
		}
	}
	return ""
}

func (p *person) do(req *http.Request) seenPage {
	p.t.Helper()
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	page := seenPage{resp.StatusCode, resp.Header, string(body)}
	p.seen("the page "+req.URL.Path, page.body)
	for name, values := range page.header {
		p.seen("the field "+name, strings.Join(values, " "))
	}
	return page
}

// open opens a path of the site, or the whole URL of one.
func (p *person) open(path string) seenPage {
	p.t.Helper()
	u, err := url.Parse(p.url)
	if err == nil {
		u, err = u.Parse(path)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(req)
}

// answered begins a login and returns the URL to which the server sends the browser back.
func (p *person) answered(opts ...testserver.LoginAs) *url.URL {
	p.t.Helper()
	start := p.open("/login")
	if start.status != http.StatusFound {
		p.t.Fatalf("got %d %s from /login, want 302", start.status, start.title())
	}
	return p.as.Login(p.t, start.header.Get("Location"), opts...)
}

func (p *person) login(opts ...testserver.LoginAs) seenPage {
	p.t.Helper()
	done := p.open(p.answered(opts...).String())
	if done.status != http.StatusSeeOther || done.header.Get("Location") != "/" {
		p.t.Fatalf("got %d %s from /callback, want 303 to /", done.status, done.title())
	}
	return done
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// logout presses the button, with the CSRF token of the page unless there is another.
func (p *person) logout(csrf string) seenPage {
	p.t.Helper()
	if m := csrfField.FindStringSubmatch(p.open("/").body); m != nil && csrf == "" {
		csrf = m[1]
	}
	form := url.Values{"csrf": {csrf}}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/logout", strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(req)
}

// setCookie puts a cookie into the browser.
func (p *person) setCookie(name, value string) {
	u, _ := url.Parse(p.url)
	p.http.Jar.SetCookies(u, []*http.Cookie{{Name: p.app.cookieName(name), Value: value, Path: "/", Secure: p.app.secure()}})
}

// active asks the server whether a token is good.
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
