package testserver

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// LoginAs describes the choices of the user on the pages: see [Server.Login].
type LoginAs struct {
	User   User     // the user who logs in; if Sub is empty, the first of [Users]
	Scopes []string // scopes to consent to; nil means all
	Deny   bool     // refuse consent
}

// Login opens authURL as a new browser would, and fills in the login and
// consent pages if the server shows them. It returns the client's redirect URL
// with code and state, or with error. It does not open this URL. Even with
// response_mode=form_post, the parameters are in the query of the returned URL.
// If authURL is the verification_uri_complete of a device, Login returns the
// URL of the last page.
func (s *Server) Login(tb TB, authURL string, as ...LoginAs) *url.URL {
	tb.Helper()
	var l LoginAs
	switch len(as) {
	case 0:
	case 1:
		l = as[0]
	default:
		tb.Fatalf("Login: got %d values of LoginAs: give one LoginAs with all fields", len(as))
		return nil
	}
	to, err := s.runLogin(tb.Context(), authURL, l)
	if err != nil {
		tb.Fatalf("Login: %v", err)
	}
	return to
}

// maxPages is the maximum number of pages in a login. No login needs this many.
const maxPages = 10

func (s *Server) runLogin(ctx context.Context, authURL string, l LoginAs) (*url.URL, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	b := &browser{s: s, login: l, http: &http.Client{
		Transport: s.client.Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if _, interactive := s.oauth.URL(EndpointLogin); !interactive {
		end := b.decideInAdvance()
		defer end()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, authURL, nil)
	for range maxPages {
		if err != nil {
			return nil, err
		}
		var done *url.URL
		if r, done, err = b.open(r); done != nil {
			return done, err
		}
	}
	return nil, fmt.Errorf("the login did not finish within %d pages: %w", maxPages, err)
}

// browser imitates the browser of one user.
type browser struct {
	s     *Server
	login LoginAs
	http  *http.Client
	name  string // identifies the decision that decideInAdvance made
}

func (b *browser) decideInAdvance() (end func()) {
	d := oauth.Decision{Scopes: b.login.Scopes}
	if b.login.User.Sub != "" {
		d.User = &b.login.User
	}
	if b.login.Deny {
		d.Deny = "access_denied"
	}
	if d.User == nil && d.Deny == "" && d.Scopes == nil {
		return func() {}
	}
	b.name, end = b.s.oauth.DecideLogin(d)
	return end
}

// open sends one request. It returns the next request to send, or the final
// URL.
func (b *browser) open(r *http.Request) (next *http.Request, done *url.URL, err error) {
	if b.name != "" {
		r.Header.Set(oauth.LoginHeader, b.name)
	}
	resp, err := b.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, nil, err
	}
	switch resp.StatusCode {
	case http.StatusFound, http.StatusSeeOther:
		to, err := resp.Location()
		if err != nil {
			return nil, nil, err
		}
		if !b.own(to) {
			return nil, to, nil
		}
		next, err = http.NewRequestWithContext(r.Context(), http.MethodGet, to.String(), nil)
		return next, nil, err
	case http.StatusOK:
		return b.fill(r, string(text))
	}
	return nil, nil, fmt.Errorf("the server answered %d: %s", resp.StatusCode, textOf(string(text)))
}

// own reports whether u is one of the server's pages.
func (b *browser) own(u *url.URL) bool {
	for _, r := range catalogue.Routes {
		if r.Kind != catalogue.ForUsers && r.Endpoint != EndpointAuthorize {
			continue
		}
		if at, ok := b.s.oauth.URL(r.Endpoint); ok && strings.HasPrefix(u.String()+"?", at+"?") {
			return true
		}
	}
	return false
}

var (
	formTag   = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	hiddenTag = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	boxTag    = regexp.MustCompile(`<input type="checkbox" [^>]*name="scope" value="([^"]*)"`)
	tag       = regexp.MustCompile(`<[^>]*>`)
	heading   = regexp.MustCompile(`(?s)<main>(.*)</main>`)
)

// fill submits the form of a page according to b.login. It handles only the
// server's own pages.
func (b *browser) fill(r *http.Request, page string) (next *http.Request, done *url.URL, err error) {
	form := formTag.FindStringSubmatch(page)
	if form == nil {
		return nil, r.URL, nil // the last page of the device flow
	}
	action, err := r.URL.Parse(html.UnescapeString(form[1]))
	if err != nil {
		return nil, nil, err
	}
	fields := url.Values{}
	_, after, _ := strings.Cut(page, form[0])
	first, _, _ := strings.Cut(after, "</form>")
	for _, m := range hiddenTag.FindAllStringSubmatch(first, -1) {
		fields.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	switch {
	case strings.Contains(first, `name="password"`):
		if strings.Contains(page, `role="alert"`) {
			return nil, nil, fmt.Errorf("the server refused the login: %s", textOf(page))
		}
		u := b.user()
		fields.Set("username", cmp.Or(u.Username, u.Sub))
		fields.Set("password", u.Password)
	case strings.Contains(first, `name="decision"`):
		b.decide(first, fields)
	case strings.Contains(first, `name="user_code"`):
		fields.Set("user_code", r.URL.Query().Get("user_code"))
	default: // form_post
		action.RawQuery = joinQuery(action.RawQuery, fields.Encode())
		return nil, action, nil
	}
	next, err = http.NewRequestWithContext(r.Context(), http.MethodPost, action.String(), strings.NewReader(fields.Encode())) //nolint:gosec // the page is the server's own
	if err == nil {
		next.Header.Set("Content-Type", journal.FormType)
	}
	return next, nil, err
}

func (b *browser) user() User {
	if b.login.User.Sub != "" {
		return b.login.User
	}
	return b.s.defaultUser
}

func (b *browser) decide(form string, fields url.Values) {
	fields.Set("decision", "allow")
	if b.login.Deny {
		fields.Set("decision", "deny")
	}
	for _, m := range boxTag.FindAllStringSubmatch(form, -1) {
		scope := html.UnescapeString(m[1])
		if b.login.Scopes == nil || slices.Contains(b.login.Scopes, scope) {
			fields.Add("scope", scope)
		}
	}
}

func joinQuery(a, b string) string {
	if a == "" {
		return b
	}
	return a + "&" + b
}

// textOf returns the text of a page. The text of an error page can contain
// parts of the request, such as client_id and redirect_uri.
func textOf(page string) string {
	text := page
	if m := heading.FindStringSubmatch(page); m != nil {
		text = m[1]
	}
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(text, " "))), " ")
}
