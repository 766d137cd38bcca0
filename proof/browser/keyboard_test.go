package browser_test

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// focused is a script that describes the focused element, or returns "".
const focused = `(e => e === document.body ? '' : e.matches('button, summary') ? e.innerText : e.matches('a') ? 'to ' + e.innerText : e.type === 'checkbox' ? e.value : e.id)(document.activeElement)`

func TestTabFollowsTheReadingOrder(t *testing.T) {
	cut := long[:120] + "…"
	tests := []struct {
		path  string
		first string // the element that has the focus after loading
		want  []string
	}{
		{"/login", "username", []string{"username", "password", "Sign in", "Alice Liddell\nalice · alice@example.com", "bob"}},
		{"/login/again", "password", []string{"username", "password", "Sign in", cut + "\n" + cut + " · " + cut}},
		{"/consent", "", []string{"openid", "orders:read", "orders:write", "Deny", "Allow"}},
		{"/logout", "", []string{"Stay signed in", "Sign out"}},
		{"/device", "user_code", []string{"user_code", "Continue"}},
		{"/message", "", nil},
		{"/debug", "", []string{
			"to Discovery", "to JWKS", "to Mint", "to Keys", "to Faults", "to Requests", "to Clients", "to Users",
			"token", "client_id", "sub", "aud", "scope", "expires_in", "defect", "Mint", "Rotate", "endpoint", "client", "Filter",
			"2026-01-02 03:04:05 POST token 400 × 12 web", "2026-01-02 03:04:06 GET jwks 503 injected " + cut,
		}},
	}
	address, _ := newSite(t)
	for _, tt := range tests {
		t.Run(tt.path[1:], func(t *testing.T) {
			b := newTab(t)
			b.open(address + tt.path)
			if got := eval[string](b, focused); got != tt.first {
				t.Errorf("got the focus on %q, want it on %q", got, tt.first)
			}
			eval[bool](b, `document.body.tabIndex = -1, document.body.focus(), true`) // move the focus to the top of the page
			var got []string
			for range len(tt.want) + 1 {
				b.do(chromedp.KeyEvent(kb.Tab))
				at := eval[string](b, focused)
				if at == "" || slices.Contains(got, at) {
					break
				}
				got = append(got, at)
				if !eval[bool](b, `getComputedStyle(document.activeElement).outlineStyle === 'solid'`) {
					t.Errorf("got no outline around %s", at)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEnterInACheckboxGrantsNothing(t *testing.T) {
	address, forms := newSite(t)
	b := newTab(t)
	b.open(address + "/consent")
	b.navigate(chromedp.KeyEvent(kb.Tab + kb.Enter))
	if got := (<-forms).form.Get(pages.FieldDecision); got != pages.DecisionDeny {
		t.Errorf("got the decision %q, want %q", got, pages.DecisionDeny)
	}
}
