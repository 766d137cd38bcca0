package browser_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// onLocalhost is an authorization server that is another site than what listens on 127.0.0.1, so that the browser keeps
// cookies from one to the other as it does on the web.
func onLocalhost(t *testing.T, opts ...testserver.Option) *testserver.Server {
	t.Helper()
	var as *testserver.Server
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { as.ServeHTTP(w, r) }))
	issuer := "http://" + strings.Replace(server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	as, err := testserver.NewUnstarted(append(opts, testserver.IssuerURL(issuer))...)
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() {
		server.Close()
		_ = as.Close()
	})
	return as
}

// weblogin runs examples/weblogin and examples/api at as, as somebody who tries them would.
func weblogin(t *testing.T, as *testserver.Server, env ...string) (site string) {
	t.Helper()
	run := func(name string, env ...string) string {
		t.Helper()
		file, err := program.Build(t.Context(), filepath.Join("..", ".."), "./examples/"+name, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return program.Start(t, file, env...)
	}
	api := run("api", "ISSUER="+as.Issuer(), "AUDIENCE=api")
	return run("weblogin", append(append(as.Env(), "API_URL="+api), env...)...)
}

func TestTheWebSiteOfTheExamples(t *testing.T) {
	as := onLocalhost(t, testserver.Interactive())
	site := weblogin(t, as)
	b := newTab(t)
	b.noScript()
	b.open(site)
	if got := b.leads(chromedp.Click(`a[href="/login"]`)); !strings.HasPrefix(got, as.Issuer()) {
		t.Fatalf("got to %s, want to the login page", got)
	}
	for field, text := range map[string]string{"#username": "test-user", "#password": "test-password"} {
		ask[bool](b, `(e => { e.focus(); return true; })(document.querySelector('`+field+`'))`)
		b.do(chromedp.KeyEvent(text))
	}
	if got := b.leads(chromedp.Click("form .primary")); !strings.HasPrefix(got, as.Issuer()) {
		t.Fatalf("got to %s, want to the consent page", got)
	}
	if got := b.leads(chromedp.Click(`button[value="allow"]`)); got != site+"/" {
		t.Fatalf("got to %s, want home, without the code in the address", got)
	}
	wantText(b, "Welcome, Test User")
	if got := ask[string](b, `document.cookie`); got != "" {
		t.Errorf("got a cookie that scripts can read")
	}
	b.leads(chromedp.Click(`a[href="/profile"]`))
	wantText(b, "test-user")
	b.leads(chromedp.Click(`a[href="/items"]`))
	wantText(b, "anvil")

	// From a link of another site the session is there, from its form it is not.
	b.open(elsewhere(t, `<a href="`+site+`/">home</a>`))
	b.leads(chromedp.KeyEvent(kb.Tab + kb.Enter))
	wantText(b, "Welcome, Test User")
	b.open(elsewhere(t, `<form method="post" action="`+site+`/logout"><button>win a prize</button></form>`))
	b.do(chromedp.KeyEvent(kb.Tab + kb.Enter))
	b.complaint("403")
	for refused := false; !refused; { // each question is a round trip to the browser, and ends with the time limit
		refused = ask[string](b, `document.title`) == "You are not logged in"
	}
	if got := as.Count(testserver.EndpointRevoke); got != 0 {
		t.Errorf("got %d revocations by the form of another site, want none", got)
	}

	// Nor has that form lost the browser its session.
	b.open(site)
	wantText(b, "Welcome, Test User")
	if got := b.leads(chromedp.Click("button")); !strings.HasPrefix(got, as.Endpoint(testserver.EndpointEndSession)) {
		t.Errorf("got to %s, want to the logout of the server, past form-action", got)
	}
	b.wantTitle("Sign out?") // since the site tells the server nothing of the person
	b.press(allow)
	b.wantTitle("Signed out")
	if got := as.Count(testserver.EndpointRevoke); got != 1 {
		t.Errorf("got %d revocations, want 1", got)
	}
	b.open(site)
	wantText(b, "You are not logged in")
}

// wantText looks for text on the page.
func wantText(b *tab, text string) {
	b.t.Helper()
	if got := ask[string](b, `document.body.innerText`); !strings.Contains(got, text) {
		b.t.Errorf("got the page\n%s\nwant %q on it", got, text)
	}
}
