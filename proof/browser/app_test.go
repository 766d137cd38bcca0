package browser_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

var (
	alice = testserver.User{Sub: "1", Username: "alice", Password: "alices-password"}
	bob   = testserver.User{Sub: "2", Username: "bob", Password: "bobs-password"}
)

const (
	verifier = "a-verifier-of-43-characters-is-long-enough-"
	state    = "the state & what needs <escaping>"
)

// app is a client of a real authorization server. Its callback exchanges the
// authorization code for tokens.
type app struct {
	t        *testing.T
	as       *testserver.Server
	client   testserver.Client
	address  string
	answers  chan url.Values     // the parameters of requests to the callback
	redeemed chan map[string]any // responses of the token endpoint
}

func newApp(t *testing.T, client testserver.Client, opts ...testserver.Option) *app {
	t.Helper()
	as, err := testserver.Start(context.WithoutCancel(t.Context()), append([]testserver.Option{testserver.Interactive(), testserver.Users(alice, bob)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := as.Close(); err != nil {
			t.Error(err)
		}
	})
	a := &app{t: t, as: as, answers: make(chan url.Values, 10), redeemed: make(chan map[string]any, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("/callback", a.callback)
	a.address = serve(t, mux)
	client.RedirectURIs = []string{a.address + "/callback"}
	a.client = as.AddClient(client)
	return a
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.t.Error(err)
	}
	a.answers <- r.Form
	if code := r.Form.Get("code"); code != "" {
		a.redeemed <- a.post(testserver.EndpointToken, url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": a.client.RedirectURIs, "code_verifier": {verifier},
		})
	}
	pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Back at the application"})
}

// post sends a form with the credentials of the client, and returns the JSON
// object in the answer.
func (a *app) post(ep testserver.Endpoint, form url.Values) map[string]any {
	form.Set("client_id", a.client.ID)
	if a.client.Secret != "" {
		form.Set("client_secret", a.client.Secret)
	}
	resp, err := a.as.Client().PostForm(a.as.Endpoint(ep), form)
	if err != nil {
		a.t.Error(err)
		return nil
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		a.t.Error(err)
	}
	return answer
}

// authorizeURL returns the URL to which the application sends its users. pairs
// contains names of query parameters, each followed by its value. These query
// parameters are added to the default ones, or replace them.
func (a *app) authorizeURL(pairs ...string) string {
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {a.client.ID}, "redirect_uri": a.client.RedirectURIs, "state": {state},
		"scope": {"orders:read orders:write"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return a.as.Endpoint(testserver.EndpointAuthorize) + "?" + query.Encode()
}

// answer waits for a request at the callback and returns its parameters.
func (a *app) answer(b *tab) url.Values {
	a.t.Helper()
	select {
	case got := <-a.answers:
		if got.Get("state") != state || got.Get("iss") != a.as.Issuer() {
			a.t.Errorf("got the state %q from %q, want %q from %q", got.Get("state"), got.Get("iss"), state, a.as.Issuer())
		}
		return got
	case <-b.ctx.Done():
		a.t.Fatal("got no answer at the callback")
		return nil
	}
}

// fill types a text into the field with this name, and thereby replaces the
// content of the field.
func (b *tab) fill(name, text string) {
	b.t.Helper()
	eval[bool](b, `(e => { e.focus(); e.select(); return true; })(document.querySelector('[name="`+name+`"]'))`)
	b.do(chromedp.KeyEvent(text))
}

// press clicks on a button that leads to another page.
func (b *tab) press(button string) (address string) {
	b.t.Helper()
	return b.navigate(chromedp.Click(button))
}

// logIn fills in and submits the login page.
func (b *tab) logIn(name, password string) {
	b.t.Helper()
	b.fill(pages.FieldUsername, name)
	b.fill(pages.FieldPassword, password)
	b.press("form .primary")
}

const (
	allow = `button[value="allow"]`
	deny  = `button[value="deny"]`
)

// title returns the heading of the page.
func (b *tab) title() string {
	b.t.Helper()
	return eval[string](b, `document.querySelector('h1').innerText`)
}

// requireTitle fails the test unless the heading of the page begins with want.
func (b *tab) requireTitle(want string) {
	b.t.Helper()
	if got := b.title(); !strings.HasPrefix(got, want) {
		b.t.Fatalf("got the page %q, want %q", got, want)
	}
}
