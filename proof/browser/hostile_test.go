package browser_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// payloads are texts that change the page or run a script if the page does not
// escape them. Each targets one place: text, an attribute, a style, a script or
// a URL. All except the last two are valid scopes, because they contain no
// space, double quote or backslash.
var payloads = map[string]string{
	"an element":    `<svg/onload=document.title='run'>`,
	"a script":      `</title></style><script>document.title='run'</script>`,
	"a style":       `<style>body{display:none}</style>`,
	"a form":        `</form><form/action=//evil.example/><button>Deny</button>`,
	"a URL":         `javascript:document.title='run'`,
	"an attribute":  `"autofocus onfocus="document.title='run'" x="`,
	"another quote": `'><img src=x onerror=document.title='run'>`,
}

// assertNotInjected fails the test if part of a payload has become part of the
// page. Anything that the content security policy blocks is logged to the
// console, which also fails the test.
func (b *tab) assertNotInjected(what string) {
	b.t.Helper()
	const foreign = `document.querySelectorAll('svg, iframe, base, img, [onload], [onfocus], [onerror], [srcdoc], body style, [href]:not(a)').length +
		[...document.querySelectorAll('a')].filter(a => a.origin !== location.origin).length`
	if got := eval[int](b, foreign); got > 0 {
		b.t.Errorf("%s: got %d injected elements", what, got)
	}
	if got := eval[string](b, `document.title`); !strings.HasSuffix(got, " – test authorization server") {
		b.t.Errorf("%s: got the title %q, set by an injected script", what, got)
	}
	if got := eval[string](b, `getComputedStyle(document.body).display`); got != "block" {
		b.t.Errorf("%s: got a body with display %s", what, got)
	}
	if got := eval[int](b, `[...document.forms].filter(f => new URL(f.action).origin !== location.origin).length`); got > 0 {
		b.t.Errorf("%s: got %d forms to other origins", what, got)
	}
}

func TestHostileTextsAreEscaped(t *testing.T) {
	for name, payload := range payloads {
		t.Run("T12/"+name, func(t *testing.T) {
			scope := payload
			if strings.ContainsAny(payload, `" \`) {
				scope = "a"
			}
			evil := testserver.User{Sub: payload, Username: payload, Password: "x"}
			a := newApp(t, testserver.Client{ID: payload}, testserver.Users(evil))
			b := newTab(t)
			claims, err := json.Marshal(map[string]any{"userinfo": map[string]any{payload: nil}})
			if err != nil {
				t.Fatal(err)
			}
			hostile := []string{
				"claims", string(claims),
				"scope", scope, "state", payload, "login_hint", payload, "nonce", payload, "error_description", payload, "error", payload,
				"ui_locales", payload, "acr_values", payload, "response_mode", "form_post",
			}
			b.open(a.authorizeURL(hostile...))
			b.requireTitle("Sign in")
			b.assertNotInjected("login")
			b.fill(pages.FieldPassword, payload)
			b.press("form .primary")
			b.requireTitle("Sign in")
			b.assertNotInjected("login, again")
			b.press(`.picks li:last-child button`)
			b.requireTitle("Allow access?")
			b.assertNotInjected("consent")
			b.do(chromedp.Click(allow)) // not b.press: the next page submits its form by script
			select {
			case got := <-a.answers:
				if got.Get("state") != payload || got.Get("code") == "" || len(got) != 3 {
					t.Errorf("got %q, want a code, the issuer, and the unchanged state", got)
				}
			case <-b.ctx.Done():
				t.Fatal("got no answer at the callback")
			}
			if answer := <-a.redeemed; answer["scope"] != scope {
				t.Errorf("got %v, want a token for %s", answer, scope)
			}
			b.do(chromedp.WaitVisible(`//h1[.="Back at the application"]`)) // this page must be loaded before the test opens the next

			b.open(a.as.Endpoint(testserver.EndpointDevice) + "?user_code=" + url.QueryEscape(payload))
			b.assertNotInjected("device")
			b.press("form .primary")
			b.requireTitle("Connect a device")
			b.assertNotInjected("device, again")

			b.do(chromedp.Navigate(a.authorizeURL("redirect_uri", payload)))
			b.requireTitle("This request cannot be answered")
			b.assertNotInjected("error")
			b.expectMessage("400")

			b.open(a.as.Issuer() + "/debug")
			b.assertNotInjected("debug")
			b.fill(pages.FieldClient, payload)
			b.fill(pages.FieldScope, scope+` "`)
			b.press(mint)
			b.assertNotInjected("debug, with an error")
			if got := eval[string](b, `document.querySelector('#client_id').value`); got != payload {
				t.Errorf("got %q in the field, want the typed text", got)
			}
		})
	}
}

// The page contains a form with the authorization response, and a script that
// submits the form. In this test, the script does not run, so that the page
// stays open.
func TestTheFormOfAnAnswerIsEscaped(t *testing.T) {
	for name, payload := range payloads {
		t.Run("T12/"+name, func(t *testing.T) {
			a := newApp(t, testserver.Client{ID: payload})
			b := newTab(t)
			b.noScript()
			b.open(a.authorizeURL("state", payload, "response_mode", "form_post", "scope", `"`))
			b.requireTitle("One more step")
			if got := eval[[]string](b, `[...document.forms].map(f => f.action)`); len(got) != 1 || got[0] != a.client.RedirectURIs[0] {
				t.Errorf("got forms to %q, want one to the client", got)
			}
			const fields = `[...document.forms[0].elements].map(e => e.name).join(' ')`
			if got := eval[string](b, fields); got != "error error_description state iss " {
				t.Errorf("got the fields %q, want the fields of an error", got)
			}
			if got := eval[string](b, `document.querySelector('[name=state]').value`); got != payload {
				t.Errorf("got the state %q, want %q", got, payload)
			}
			if got := eval[int](b, `document.scripts.length`); got != 1 {
				t.Errorf("got %d scripts, want only the script that submits the form", got)
			}
		})
	}
}
