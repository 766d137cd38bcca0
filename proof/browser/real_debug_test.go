package browser_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

const (
	mint   = `button[value="mint"]`
	rotate = `button[value="rotate"]`
	token  = `document.querySelector('#token')?.value ?? ''`
)

// kids returns the IDs of the ES256 keys in the JWKS, and the ID of the key
// that signed a token.
func kids(t *testing.T, as *testserver.Server, text string) (published []string, signed string) {
	t.Helper()
	resp, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var set struct{ Keys []struct{ Kid, Alg string } }
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		if key.Alg == "ES256" { // the RS256 key does not rotate
			published = append(published, key.Kid)
		}
	}
	var header struct{ Kid string }
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[0])
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	if err != nil {
		t.Fatalf("want a token: %v", err)
	}
	return published, header.Kid
}

func TestMintAndRotate(t *testing.T) {
	a := newApp(t, testserver.Client{ID: "desk"})
	b := newTab(t)
	b.open(a.as.Issuer() + "/debug")
	b.requireTitle("Debug")
	b.fill(pages.FieldSubject, "alice")
	b.fill(pages.FieldScope, "orders:read orders:write")
	if got, want := b.press(mint), a.as.Issuer()+"/debug"; got != want {
		t.Fatalf("got %s, want the browser to stay at %s", got, want)
	}
	text := eval[string](b, token)
	answer := a.post(testserver.EndpointIntrospect, url.Values{"token": {text}})
	if answer["active"] != true || answer["sub"] != "alice" || answer["scope"] != "orders:read orders:write" || answer["aud"] != "api" {
		t.Errorf("got %v about the token, want the values of the form", answer)
	}
	before, signed := kids(t, a.as, text)
	if !slices.Equal(before, []string{signed}) {
		t.Errorf("got the keys %q and a token by %q, want one key", before, signed)
	}

	if got, want := b.press(rotate), a.as.Issuer()+"/debug"; got != want || eval[string](b, token) != "" {
		t.Errorf("got %s, want %s, without the token", got, want)
	}
	b.press(mint)
	after, signed := kids(t, a.as, eval[string](b, token))
	if len(after) != 2 || after[0] != before[0] || after[1] != signed {
		t.Errorf("got the keys %q and a token by %q, want the new and the old key", after, signed)
	}
	shown := eval[[]string](b, `[...document.querySelectorAll('section[aria-labelledby=keys] li')].map(e => e.innerText.replace(/\s+/g, ' '))`)
	shown = slices.DeleteFunc(shown, func(key string) bool { return strings.Contains(key, "RS256") })
	if want := []string{after[0] + " ES256 published", after[1] + " ES256 signs published"}; !slices.Equal(shown, want) {
		t.Errorf("got the keys as %q, want %q", shown, want)
	}

	b.do(chromedp.SetValue(`#defect`, "expired"))
	b.press(mint)
	if answer := a.post(testserver.EndpointIntrospect, url.Values{"token": {eval[string](b, token)}}); answer["active"] != false {
		t.Errorf("got %v about a token with a defect, want it inactive", answer)
	}
	b.fill(pages.FieldScope, `"`)
	b.press(mint)
	if got := eval[string](b, `document.querySelector('[role=alert]').innerText`); !strings.Contains(got, "not a scope") || eval[string](b, token) != "" {
		t.Errorf("got %q and a token, want an error about the scope", got)
	}
}

func TestTheDebugPageShowsRequests(t *testing.T) {
	a := newApp(t, testserver.Client{ID: "desk", Secret: "desks-secret"})
	a.post(testserver.EndpointIntrospect, url.Values{"token": {"a-token-of-a-user"}})
	b := newTab(t)
	b.open(a.as.Issuer() + "/debug")
	eval[bool](b, `document.querySelector('summary').click(), true`)
	if got := eval[string](b, `document.querySelector('summary').innerText`); !strings.HasSuffix(got, "POST introspect 200 desk") {
		t.Errorf("got the request %q, want the introspection by desk", got)
	}
	text := eval[string](b, `document.body.innerText`)
	for _, secret := range []string{"a-token-of-a-user", "desks-secret", "test-secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("got %q on the page, want its fingerprint", secret)
		}
	}
}

// A page from another origin can make a browser send a form, but that page
// normally does not know the CSRF token. The server must refuse the form even
// if the form contains the right CSRF token.
func TestFormsOfOtherPagesAreRefused(t *testing.T) {
	a := newApp(t, testserver.Client{})
	victim, attacker := newTab(t), newTab(t)
	csrf := func(b *tab) string { return eval[string](b, `document.querySelector('[name=server_csrf]').value`) }
	field := func(name, value string) string {
		return `<input type="hidden" name="` + name + `" value="` + value + `">`
	}
	form := func(path, fields string) string {
		return `<form method="post" action="` + a.as.Issuer() + path + `">` + fields + `<button>win a prize</button></form>`
	}
	attacker.open(a.authorizeURL())
	request := field("server_request", "authorize?"+url.PathEscape("client_id="+a.client.ID))
	login := field("username", "bob") + field("password", "bobs-password") + request
	victim.open(a.as.Issuer() + "/debug")
	key := a.as.SigningKey().ID
	doRotate := field("do", "rotate")

	for name, tt := range map[string]struct{ path, fields string }{
		"T09/a login without a token":              {"/login", login},
		"T09/a login with the attacker's token":    {"/login", login + field("server_csrf", csrf(attacker))},
		"T09/a rotation without a token":           {"/debug", doRotate},
		"T09/a rotation with the attacker's token": {"/debug", doRotate + field("server_csrf", csrf(attacker))},
		"T09/a rotation with the right token":      {"/debug", doRotate + field("server_csrf", csrf(victim))},
	} {
		t.Run(name, func(t *testing.T) {
			there := elsewhere(t, form(tt.path, tt.fields))
			for _, address := range []string{there, strings.Replace(there, "localhost", "127.0.0.1", 1)} {
				victim.open(address)
				victim.press("button")
				victim.requireTitle("This request cannot be answered")
				victim.expectMessage("403")
			}
			victim.open(a.authorizeURL())
			victim.requireTitle("Sign in")
		})
	}
	if got := a.as.SigningKey().ID; got != key {
		t.Errorf("got the key %s, want %s", got, key)
	}
}

// The browser requests the page under an attacker's host name that resolves to
// the server, as in a DNS rebinding attack.
func TestTheDebugPageRefusesOtherHosts(t *testing.T) {
	a := newApp(t, testserver.Client{}, testserver.IssuerURL("http://login.example.com"))
	b := newTab(t, resolvingTo(serve(t, a.as)))
	b.open("http://login.example.com/debug")
	b.requireTitle("Debug")
	b.do(chromedp.Navigate("http://evil.example/debug"))
	b.requireTitle("This request cannot be answered")
	b.expectMessage("421")
}
