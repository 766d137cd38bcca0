package browser_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

func TestFormsAreSentWithoutScriptAndMouse(t *testing.T) {
	tab, space, enter := kb.Tab, " ", kb.Enter
	links := strings.Repeat(tab, 8) // skips the links at the top of the debug page
	tests := []struct {
		name, path string
		keys       string
		want       url.Values
	}{
		{"sign in with a password", "/login", "alice" + tab + "secret" + enter, url.Values{
			pages.FieldUsername: {"alice"}, pages.FieldPassword: {"secret"},
		}},
		{"sign in again, with the username filled in", "/login/again", "secret" + enter, url.Values{
			pages.FieldUsername: {"alice"}, pages.FieldPassword: {"secret"},
		}},
		{"sign in by a click", "/login", strings.Repeat(tab, 4) + enter, url.Values{pages.FieldPick: {"bob"}}},
		{"allow other scopes", "/consent", tab + tab + space + tab + space + tab + tab + enter, url.Values{
			pages.FieldScope: {"openid", "orders:write"}, pages.FieldDecision: {pages.DecisionAllow},
		}},
		{"deny", "/consent", strings.Repeat(tab, 4) + enter, url.Values{
			pages.FieldScope: {"openid", "orders:read"}, pages.FieldDecision: {pages.DecisionDeny},
		}},
		{"connect a device", "/device", tab + enter, url.Values{pages.FieldUserCode: {"WDJB-MJHT"}}},
		{"mint", "/debug", links + tab + tab + "web" + enter, url.Values{
			pages.FieldClient: {"web"}, pages.FieldSubject: {"alice"}, pages.FieldAudience: {"api"}, pages.FieldScope: {"orders:read"},
			pages.FieldExpires: {"5m"}, pages.FieldDefect: {"expired"}, pages.FieldDo: {pages.DoMint},
		}},
		{"rotate", "/debug", links + strings.Repeat(tab, 9) + enter, url.Values{pages.FieldDo: {pages.DoRotate}}},
	}
	address, forms := newSite(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTab(t)
			b.noScript()
			b.open(address + tt.path)
			b.navigate(chromedp.KeyEvent(tt.keys))
			got := <-forms
			tt.want.Set(pages.FieldRequest, form.Request)
			tt.want.Set(pages.FieldCSRF, form.CSRF)
			if !reflect.DeepEqual(got.form, tt.want) {
				t.Errorf("got %q, want %q", got.form, tt.want)
			}
			// Browsers send "Origin: null" with these forms. A server that
			// checked the Origin would therefore refuse its own forms.
			if got.origin != "null" {
				t.Errorf("got Origin: %s, want null", got.origin)
			}
		})
	}
}

func TestALoginWithoutUsernameIsNotSent(t *testing.T) {
	address, forms := newSite(t)
	b := newTab(t)
	b.open(address + "/login")
	b.do(chromedp.KeyEvent(kb.Tab + kb.Enter))
	if got := eval[bool](b, `document.querySelector(':user-invalid')?.id === 'username'`); !got || len(forms) > 0 {
		t.Errorf("got the username reported as missing: %v, and %d forms; want true and 0", got, len(forms))
	}
}

func TestFormPost(t *testing.T) {
	response := []pages.Field{{Name: "code", Value: `c"&<`}, {Name: "state", Value: "söme state"}, {Name: "submit", Value: "x"}}
	want := url.Values{"code": {`c"&<`}, "state": {"söme state"}, "submit": {"x"}}
	for name, script := range map[string]bool{"with a script": true, "with its button, without script": false} {
		t.Run(name, func(t *testing.T) {
			client, forms := newSite(t)
			as := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				pages.FormPost(w, pages.FormPostPage{RedirectURI: client + "/sent?tenant=1", Fields: response})
			}))
			b := newTab(t)
			if !script {
				b.noScript()
				b.open(as)
				if len(forms) > 0 {
					t.Fatal("got a form, although no script ran and no button was pressed")
				}
				b.navigate(chromedp.KeyEvent(kb.Tab + kb.Enter))
			} else {
				b.do(chromedp.Navigate(as))
			}
			select {
			case got := <-forms:
				if !reflect.DeepEqual(got.form, want) {
					t.Errorf("got %q, want %q", got.form, want)
				}
			case <-b.ctx.Done():
				t.Fatal("got no form")
			}
		})
	}
}
