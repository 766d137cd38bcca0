package browser_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// newClient starts a client of an authorization server. The redirect URI of the
// client redirects the browser to a front end on another origin.
func newClient(t *testing.T) (redirectURI, frontEnd string) {
	t.Helper()
	frontEnd = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Welcome"})
	}))
	back := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, frontEnd+"/welcome?"+r.URL.RawQuery, http.StatusFound)
	}))
	return back + "/callback", frontEnd
}

// issuer returns a handler that signs a user in as an authorization server
// does: with pages, redirects and a cookie.
func issuer(t *testing.T, redirectURI string) http.Handler {
	t.Helper()
	cookie := pages.CookieFor("http://127.0.0.1")
	session, csrf := rand.Text(), rand.Text()
	carry := func(action, request string) pages.Form {
		return pages.Form{Action: action, Request: request, CSRF: csrf}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		if cookie.From(r) == session {
			pages.Consent(w, pages.ConsentPage{Form: carry("/consent", r.URL.RawQuery), ClientID: "desk", User: "alice", ReturnTo: redirectURI})
			return
		}
		cookie.Set(w, session)
		pages.Login(w, pages.LoginPage{Form: carry("/login", r.URL.RawQuery), Users: []pages.User{{Username: "alice"}}})
	})
	// guard refuses a request that lacks the session cookie, the CSRF token or
	// both.
	guard := func(next func(w http.ResponseWriter, r *http.Request, request string)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch {
			case cookie.From(r) != session:
				pages.Message(w, http.StatusOK, pages.MessagePage{Title: "No session", Code: "access_denied"})
			case !pages.Check(csrf, r.PostFormValue(pages.FieldCSRF)):
				pages.Message(w, http.StatusOK, pages.MessagePage{Title: "No token", Code: "access_denied"})
			default:
				next(w, r, r.PostFormValue(pages.FieldRequest))
			}
		}
	}
	mux.HandleFunc("POST /login", guard(func(w http.ResponseWriter, r *http.Request, request string) {
		http.Redirect(w, r, "/authorize?"+request, http.StatusSeeOther)
	}))
	mux.HandleFunc("POST /consent", guard(func(w http.ResponseWriter, r *http.Request, request string) {
		query, _ := url.ParseQuery(request)
		http.Redirect(w, r, redirectURI+"?code="+r.PostFormValue(pages.FieldDecision)+"&state="+query.Get("state"), http.StatusSeeOther)
	}))
	return mux
}

func TestALoginRedirectsThroughTheClient(t *testing.T) {
	redirectURI, frontEnd := newClient(t)
	as := serve(t, issuer(t, redirectURI))
	b := newTab(t)
	b.open(as + "/authorize?state=a%26b")
	if got := b.navigate(chromedp.KeyEvent(strings.Repeat(kb.Tab, 3) + kb.Enter)); got != as+"/authorize?state=a%26b" {
		t.Fatalf("got %s after the sign-in, want the consent page", got)
	}
	if got := eval[string](b, `document.cookie`); got != "" {
		t.Errorf("got a cookie that scripts can read")
	}
	if got, want := b.navigate(chromedp.KeyEvent(kb.Tab+kb.Tab+kb.Enter)), frontEnd+"/welcome?code=allow&state=a&b"; got != want {
		t.Errorf("got %s after the consent, want %s", got, want)
	}
	// If the user follows a link on another site, the request has the session
	// cookie, because SameSite is not Strict.
	b.open(elsewhere(t, `<a href="`+as+`/authorize?state=c">sign in</a>`))
	b.navigate(chromedp.KeyEvent(kb.Tab + kb.Enter))
	if got := eval[string](b, `document.title`); !strings.HasPrefix(got, "Allow access") {
		t.Errorf("got %q, want the consent page", got)
	}
	// A form on another site is sent without the session cookie. A form from
	// another origin on the same site is sent with the cookie, but without the
	// CSRF token.
	forged := `<form method="post" action="` + as + `/consent"><button name="decision" value="allow">win a prize</button></form>`
	there := elsewhere(t, forged)
	here := strings.Replace(there, "localhost", "127.0.0.1", 1)
	for address, want := range map[string]string{there: "No session", here: "No token"} {
		b.open(address)
		b.navigate(chromedp.KeyEvent(kb.Tab + kb.Enter))
		if got := eval[string](b, `document.querySelector('h1').textContent`); got != want {
			t.Errorf("from %s: got %q, want the forged consent refused with %q", address, got, want)
		}
	}
}

// elsewhere serves a page on another site: localhost and 127.0.0.1 are
// different sites.
func elsewhere(t *testing.T, body string) string {
	t.Helper()
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>elsewhere</title>" + body))
	}))
	return strings.Replace(address, "127.0.0.1", "localhost", 1)
}

// The pages whose forms lead to a redirect to a client do not set form-action.
// This test shows why. If the test fails, Chromium has stopped applying
// form-action to redirects, and the pages may set form-action again.
func TestFormActionWouldBreakLogins(t *testing.T) {
	redirectURI, frontEnd := newClient(t)
	client, _ := url.Parse(redirectURI)
	for name, policy := range map[string]string{
		"only the server":                 "; form-action 'self'",
		"the server and the redirect URI": "; form-action 'self' http://" + client.Host,
	} {
		t.Run(name, func(t *testing.T) {
			as := issuer(t, redirectURI)
			address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				as.ServeHTTP(stricter{w, policy}, r)
			}))
			b := newTab(t)
			b.open(address + "/authorize?state=s")
			b.navigate(chromedp.KeyEvent(strings.Repeat(kb.Tab, 3) + kb.Enter))
			b.do(chromedp.KeyEvent(kb.Tab + kb.Tab + kb.Enter))
			b.expectMessage("form-action")
			if got := eval[string](b, `location.href`); strings.HasPrefix(got, frontEnd) {
				t.Errorf("got %s, want the redirect blocked", got)
			}
		})
	}
}

// stricter adds a directive to the policy of each page.
type stricter struct {
	http.ResponseWriter
	directive string
}

func (s stricter) WriteHeader(status int) {
	if policy := s.Header().Get("Content-Security-Policy"); policy != "" {
		s.Header().Set("Content-Security-Policy", policy+s.directive)
	}
	s.ResponseWriter.WriteHeader(status)
}
