package browser_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestLogout(t *testing.T) {
	a := newApp(t, testserver.Client{})
	b := newTab(t)
	logIn := func() {
		b.open(a.authorizeURL())
		b.logIn("alice", "alices-password")
		b.requireTitle("Allow access?") // a new session contains no consent yet
		b.press(allow)
		a.answer(b)
	}
	query := url.Values{"client_id": {a.client.ID}, "post_logout_redirect_uri": a.client.RedirectURIs, "state": {state}}
	logout := a.as.Endpoint(testserver.EndpointEndSession) + "?" + query.Encode()
	logIn()
	b.open(logout)
	b.requireTitle("Sign out?")
	b.press(deny)
	b.requireTitle("Still signed in")
	b.open(logout)
	if got := b.press(allow); !strings.HasPrefix(got, a.client.RedirectURIs[0]+"?state=") {
		t.Fatalf("got %s, want the application", got)
	}
	<-a.answers
	b.open(a.authorizeURL())
	b.requireTitle("Sign in")

	// A form on another site has no cookie, but the GET after it does. The ID
	// token hint replaces the confirmation.
	logIn()
	query.Set("id_token_hint", a.as.IDToken(testserver.Subject(alice.Sub), testserver.ForClient(a.client.ID)))
	form := `<form method="post" action="` + a.as.Endpoint(testserver.EndpointEndSession) + `">`
	for name, values := range query {
		form += `<input type="hidden" name="` + name + `" value="` + html.EscapeString(values[0]) + `">`
	}
	b.open(elsewhere(t, form+`<button>log out</button></form>`))
	if got := b.navigate(chromedp.KeyEvent(kb.Tab + kb.Enter)); !strings.HasPrefix(got, a.client.RedirectURIs[0]+"?state=") {
		t.Fatalf("got %s, want the application without a confirmation", got)
	}
	<-a.answers
	b.open(a.authorizeURL())
	b.requireTitle("Sign in")
}
