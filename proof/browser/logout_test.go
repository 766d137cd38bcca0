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

func TestAPersonLogsOut(t *testing.T) {
	a := newApp(t, testserver.Client{})
	b := newTab(t)
	logIn := func() {
		b.open(a.authorizeURL())
		b.logIn("alice", "alices-password")
		if b.title() == "Allow access?" { // once
			b.press(allow)
		}
		a.answer(b)
	}
	ask := url.Values{"client_id": {a.client.ID}, "post_logout_redirect_uri": a.client.RedirectURIs, "state": {state}}
	logout := a.as.Endpoint(testserver.EndpointEndSession) + "?" + ask.Encode()
	logIn()
	b.open(logout)
	b.wantTitle("Sign out?")
	b.press(deny)
	b.wantTitle("Still signed in")
	b.open(logout)
	if got := b.press(allow); !strings.HasPrefix(got, a.client.RedirectURIs[0]+"?state=") {
		t.Fatalf("got to %s, want back to the application", got)
	}
	<-a.answers
	b.open(a.authorizeURL())
	b.wantTitle("Sign in")

	// A form of the client's site comes without the cookie, and ends the session all the same.
	logIn()
	ask.Set("id_token_hint", a.as.IDToken(testserver.Subject(alice.Sub), testserver.ForClient(a.client.ID)))
	form := `<form method="post" action="` + a.as.Endpoint(testserver.EndpointEndSession) + `">`
	for name, values := range ask {
		form += `<input type="hidden" name="` + name + `" value="` + html.EscapeString(values[0]) + `">`
	}
	b.open(elsewhere(t, form+`<button>log out</button></form>`))
	if got := b.leads(chromedp.KeyEvent(kb.Tab + kb.Enter)); !strings.HasPrefix(got, a.client.RedirectURIs[0]+"?state=") {
		t.Fatalf("got to %s, want back to the application without a question", got)
	}
	<-a.answers
	b.open(a.authorizeURL())
	b.wantTitle("Sign in")
}
