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

// payloads run where a text is taken for markup, an attribute, a style, a script or a URL. They have no space, quote or
// backslash, so that they are scopes too, but for the last two.
var payloads = map[string]string{
	"an element":    `<svg/onload=document.title='run'>`,
	"a script":      `</title></style><script>document.title='run'</script>`,
	"a style":       `<style>body{display:none}</style>`,
	"a form":        `</form><form/action=//evil.example/><button>Deny</button>`,
	"a URL":         `javascript:document.title='run'`,
	"an attribute":  `"autofocus onfocus="document.title='run'" x="`,
	"another quote": `'><img src=x onerror=document.title='run'>`,
}

// untouched fails the test if something of a payload has become part of the page. What the policy stops
// is on the console, and fails the test by that.
func (b *tab) untouched(what string) {
	b.t.Helper()
	const foreign = `document.querySelectorAll('svg, iframe, base, img, [onload], [onfocus], [onerror], [srcdoc], body style, [href]:not(a)').length +
		[...document.querySelectorAll('a')].filter(a => a.origin !== location.origin).length`
	if got := ask[int](b, foreign); got > 0 {
		b.t.Errorf("%s: got %d elements of a stranger's", what, got)
	}
	if got := ask[string](b, `document.title`); !strings.HasSuffix(got, " – test authorization server") {
		b.t.Errorf("%s: got the title %q: a script has run", what, got)
	}
	if got := ask[string](b, `getComputedStyle(document.body).display`); got != "block" {
		b.t.Errorf("%s: got a body that is %s", what, got)
	}
	if got := ask[int](b, `[...document.forms].filter(f => new URL(f.action).origin !== location.origin).length`); got > 0 {
		b.t.Errorf("%s: got %d forms that lead to others", what, got)
	}
}

func TestNothingOfAStrangerRuns(t *testing.T) {
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
			b.wantTitle("Sign in")
			b.untouched("login")
			b.fill(pages.FieldPassword, payload)
			b.press("form .primary")
			b.wantTitle("Sign in")
			b.untouched("login, again")
			b.press(`.picks li:last-child button`)
			b.wantTitle("Allow access?")
			b.untouched("consent")
			b.do(chromedp.Click(allow)) // leads on by itself
			select {
			case got := <-a.answers:
				if got.Get("state") != payload || got.Get("code") == "" || len(got) != 3 {
					t.Errorf("got %q, want a code, the issuer, and the state as it was", got)
				}
			case <-b.ctx.Done():
				t.Fatal("got no answer at the callback")
			}
			if answer := <-a.redeemed; answer["scope"] != scope {
				t.Errorf("got %v, want a token for %s", answer, scope)
			}
			b.do(chromedp.WaitVisible(`//h1[.="Back at the application"]`)) // else the next page interrupts this one

			b.open(a.as.Endpoint(testserver.EndpointDevice) + "?user_code=" + url.QueryEscape(payload))
			b.untouched("device")
			b.press("form .primary")
			b.wantTitle("Connect a device")
			b.untouched("device, again")

			b.do(chromedp.Navigate(a.authorizeURL("redirect_uri", payload)))
			b.wantTitle("This request cannot be answered")
			b.untouched("error")
			b.complaint("400")

			b.open(a.as.Issuer() + "/debug")
			b.untouched("debug")
			b.fill(pages.FieldClient, payload)
			b.fill(pages.FieldScope, scope+` "`)
			b.press(mint)
			b.untouched("debug, with an error")
			if got := ask[string](b, `document.querySelector('#client_id').value`); got != payload {
				t.Errorf("got %q in the field, want what was typed", got)
			}
		})
	}
}

// The page that brings the answer by POST, stopped before it does so.
func TestTheFormOfAnAnswerIsNobodysMarkup(t *testing.T) {
	for name, payload := range payloads {
		t.Run("T12/"+name, func(t *testing.T) {
			a := newApp(t, testserver.Client{ID: payload})
			b := newTab(t)
			b.noScript()
			b.open(a.authorizeURL("state", payload, "response_mode", "form_post", "scope", `"`))
			b.wantTitle("One more step")
			if got := ask[[]string](b, `[...document.forms].map(f => f.action)`); len(got) != 1 || got[0] != a.client.RedirectURIs[0] {
				t.Errorf("got forms to %q, want one to the client", got)
			}
			const fields = `[...document.forms[0].elements].map(e => e.name).join(' ')`
			if got := ask[string](b, fields); got != "error error_description state iss " {
				t.Errorf("got the fields %q, want those of an error", got)
			}
			if got := ask[string](b, `document.querySelector('[name=state]').value`); got != payload {
				t.Errorf("got the state %q, want %q", got, payload)
			}
			if got := ask[int](b, `document.scripts.length`); got != 1 {
				t.Errorf("got %d scripts, want the one that presses the button", got)
			}
		})
	}
}
