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

// onLocalhost starts an authorization server on localhost. The web site is on
// 127.0.0.1, which is a different site for the browser. The browser therefore
// treats requests between the two servers as cross-site, as on the web.
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

// weblogin runs examples/weblogin and examples/api with the given authorization
// server, and returns the URL of the web site.
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

func TestWebLoginExample(t *testing.T) {
	as := onLocalhost(t, testserver.Interactive())
	site := weblogin(t, as)
	b := newTab(t)
	b.noScript()
	b.open(site)
	if got := b.navigate(chromedp.Click(`a[href="/login"]`)); !strings.HasPrefix(got, as.Issuer()) {
		t.Fatalf("got %s, want the login page", got)
	}
	for field, text := range map[string]string{"#username": "test-user", "#password": "test-password"} {
		eval[bool](b, `(e => { e.focus(); return true; })(document.querySelector('`+field+`'))`)
		b.do(chromedp.KeyEvent(text))
	}
	if got := b.navigate(chromedp.Click("form .primary")); !strings.HasPrefix(got, as.Issuer()) {
		t.Fatalf("got %s, want the consent page", got)
	}
	if got := b.navigate(chromedp.Click(`button[value="allow"]`)); got != site+"/" {
		t.Fatalf("got %s, want the home page, without the code in the address", got)
	}
	assertText(b, "Welcome, Test User")
	if got := eval[string](b, `document.cookie`); got != "" {
		t.Errorf("got a cookie that scripts can read")
	}
	b.navigate(chromedp.Click(`a[href="/profile"]`))
	assertText(b, "test-user")
	b.navigate(chromedp.Click(`a[href="/items"]`))
	assertText(b, "anvil")

	// If the user follows a link on another site, the request has the session
	// cookie. If the user submits a form on another site, the request has no
	// session cookie.
	b.open(elsewhere(t, `<a href="`+site+`/">home</a>`))
	b.navigate(chromedp.KeyEvent(kb.Tab + kb.Enter))
	assertText(b, "Welcome, Test User")
	b.open(elsewhere(t, `<form method="post" action="`+site+`/logout"><button>win a prize</button></form>`))
	b.do(chromedp.KeyEvent(kb.Tab + kb.Enter))
	b.expectMessage("403")
	for refused := false; !refused; { // does not spin: each evaluation waits for the browser, and fails at the time limit
		refused = eval[string](b, `document.title`) == "You are not logged in"
	}
	if got := as.Count(testserver.EndpointRevoke); got != 0 {
		t.Errorf("got %d revocations after the form on another site, want none", got)
	}

	// The forged form has not ended the session of the web site: the user is
	// still signed in.
	b.open(site)
	assertText(b, "Welcome, Test User")
	if got := b.navigate(chromedp.Click("button")); !strings.HasPrefix(got, as.Endpoint(testserver.EndpointEndSession)) {
		t.Errorf("got %s, want the logout page of the server; form-action must not block the redirect", got)
	}
	b.requireTitle("Sign out?") // the server asks, because the site sends no id_token_hint
	b.press(allow)
	b.requireTitle("Signed out")
	if got := as.Count(testserver.EndpointRevoke); got != 1 {
		t.Errorf("got %d revocations, want 1", got)
	}
	b.open(site)
	assertText(b, "You are not logged in")
}

// assertText checks that the page contains a string.
func assertText(b *tab, text string) {
	b.t.Helper()
	if got := eval[string](b, `document.body.innerText`); !strings.Contains(got, text) {
		b.t.Errorf("got the page\n%s\nwant %q on it", got, text)
	}
}
