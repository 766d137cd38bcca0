package browser_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

func TestLoginAndPartialConsent(t *testing.T) {
	for name, client := range map[string]testserver.Client{"confidential client": {}, "public client": {Public: true}} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, client)
			b := newTab(t)
			b.open(a.authorizeURL())
			b.requireTitle("Sign in")
			b.logIn("alice", "wrong")
			b.requireTitle("Sign in")
			if got := eval[string](b, `document.querySelector('[role=alert]').innerText`); got == "" {
				t.Error("got no error about the wrong password")
			}
			b.logIn("alice", "alices-password")
			b.requireTitle("Allow access?")
			b.do(chromedp.Click(`input[value="orders:write"]`))
			if got := b.press(allow); !strings.HasPrefix(got, a.client.RedirectURIs[0]+"?code=") {
				t.Fatalf("got %s, want the callback", got)
			}
			a.answer(b)
			token := <-a.redeemed
			if token["scope"] != "orders:read" {
				t.Errorf("got %v, want a token for only orders:read", token["scope"])
			}
			if got := a.as.Count(testserver.EndpointToken); got != 1 {
				t.Errorf("got %d requests for tokens, want 1", got)
			}
		})
	}
}

func TestLoginByClickAndSession(t *testing.T) {
	a := newApp(t, testserver.Client{})
	b := newTab(t)
	b.open(a.authorizeURL())
	b.press(`button[value="bob"]`)
	b.press(allow)
	a.answer(b)
	if token := <-a.redeemed; token["scope"] != "orders:read orders:write" {
		t.Errorf("got %v, want a token for both scopes", token["scope"])
	}
	b.open(a.authorizeURL())
	b.requireTitle("Back at the application")
	a.answer(b)
}

func TestRefusedConsent(t *testing.T) {
	for _, mode := range []string{"query", "form_post"} {
		t.Run(mode, func(t *testing.T) {
			a := newApp(t, testserver.Client{})
			b := newTab(t)
			b.open(a.authorizeURL("response_mode", mode))
			b.logIn("bob", "bobs-password")
			b.do(chromedp.Click(deny)) // not b.press: with form_post, the next page submits its form
			if got := a.answer(b); got.Get("error") != "access_denied" || got.Has("code") {
				t.Errorf("got %q, want access_denied", got)
			}
		})
	}
}

func TestDevice(t *testing.T) {
	for name, tt := range map[string]struct {
		button, title, scope, code string
		complete                   bool
	}{
		"by typing the code":      {allow, "Connected", "orders:read", "", false},
		"by a link with the code": {allow, "Connected", "orders:read", "", true},
		"and refuses":             {deny, "Refused", "", "access_denied", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, testserver.Client{})
			device := a.post(testserver.EndpointDeviceAuthorization, url.Values{"scope": {"orders:read"}})
			userCode, _ := device["user_code"].(string)
			b := newTab(t)
			if tt.complete {
				b.open(device["verification_uri_complete"].(string))
			} else {
				b.open(device["verification_uri"].(string))
				b.fill(pages.FieldUserCode, "BBBB-BBBB")
				b.press("form .primary")
				b.requireTitle("Connect a device")
				b.fill(pages.FieldUserCode, strings.ToLower(userCode))
			}
			b.press("form .primary")
			b.logIn("alice", "alices-password")
			b.requireTitle("Connect a device") // after the login, the user must still decide
			b.press("form .primary")
			b.requireTitle("Allow access?")
			if got := eval[string](b, `document.querySelector('.code').innerText`); got != userCode {
				t.Errorf("got the code %q to compare, want %q", got, userCode)
			}
			b.press(tt.button)
			b.requireTitle(tt.title)
			code, _ := device["device_code"].(string)
			token := a.post(testserver.EndpointToken, url.Values{"grant_type": {deviceGrant}, "device_code": {code}})
			scope, _ := token["scope"].(string)
			failed, _ := token["error"].(string)
			if scope != tt.scope || failed != tt.code {
				t.Errorf("got the scope %q and the error %q, want %q and %q", scope, failed, tt.scope, tt.code)
			}
		})
	}
}

// If the redirect URI is not registered, the user sees an error and is not
// redirected.
func TestUnregisteredRedirectURIsAreRefused(t *testing.T) {
	attacker := strings.Replace(serve(t, nil), "127.0.0.1", "localhost", 1) // 127.0.0.1 with another port could be the application
	for name, redirectURI := range map[string]string{
		"T01/another host":          attacker + "/callback",
		"T01/a longer path":         "callback/../evil",
		"T01/another query":         "callback?next=" + url.QueryEscape(attacker),
		"T03/a script":              "javascript:document.title='run'",
		"T03/a data URL":            "data:text/html,<script>document.title='run'</script>",
		"T13/a scheme-relative URL": "//evil.example/",
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, testserver.Client{})
			if strings.HasPrefix(redirectURI, "callback") {
				redirectURI = a.address + "/" + redirectURI
			}
			b := newTab(t)
			for _, more := range [][]string{nil, {"response_type", "bad"}, {"scope", `"`}, {"prompt", "none"}, {"response_mode", "form_post"}} {
				address := a.authorizeURL(append([]string{"redirect_uri", redirectURI}, more...)...)
				b.do(chromedp.Navigate(address))
				b.requireTitle("This request cannot be answered")
				b.expectMessage("400")
				if got := eval[string](b, `location.href`); got != address || eval[int](b, `document.links.length + document.forms.length`) != 0 {
					t.Errorf("got %s, want an error page without links and forms", got)
				}
			}
			if len(a.answers) > 0 {
				t.Error("got an answer at the callback, want none")
			}
		})
	}
}
