package browser_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

var pictures = flag.String("pictures", "", "write pictures of all pages into this directory; docs/images has some of them")

// gallery is a server whose pages are the same in every run.
type gallery struct {
	t         *testing.T
	as        *testserver.Server
	address   string
	authorize string
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	as, err := testserver.NewUnstarted(
		testserver.Interactive(), testserver.Seed("pictures"), testserver.IssuerURL("http://login.example.com"),
		testserver.Clock(func() time.Time { return time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC) }),
		testserver.Users(
			testserver.User{Sub: "1", Username: "alice", Password: "alices-password", Claims: map[string]any{"name": "Alice Liddell", "email": "alice@example.com"}}, bob,
		),
		testserver.ConfigJSON(strings.NewReader(`{"scope_descriptions": {"orders:read": "See your orders.", "orders:write": "Place and cancel orders for you."}}`)),
		testserver.Clients(testserver.Client{
			ID: "order-desk", Secret: "order-desks-secret", RedirectURIs: []string{"https://desk.example.com/callback"},
			Grants: []testserver.Grant{"authorization_code", "refresh_token", testserver.DeviceCode},
			Scopes: []string{"orders:read", "orders:write", "stock", "offline_access"},
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{
		"response_type": {"code"}, "client_id": {"order-desk"}, "redirect_uri": {"https://desk.example.com/callback"}, "state": {state},
		"scope": {"orders:read orders:write stock offline_access"}, "code_challenge_method": {"S256"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, // the example of RFC 7636
	}
	proxy := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "login.example.com" { // Chromium also sends its own requests
			as.ServeHTTP(w, r)
		}
	}))
	return &gallery{t, as, proxy, as.Endpoint(testserver.EndpointAuthorize) + "?" + query.Encode()}
}

// request advances the server's clock by seven seconds and sends a request.
func (g *gallery) request(ep testserver.Endpoint, pairs ...string) (answer map[string]any) {
	g.t.Helper()
	g.as.Advance(7 * time.Second)
	r := httptest.NewRequest("GET", g.as.Endpoint(ep), nil)
	if len(pairs) > 0 {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		r = httptest.NewRequest("POST", g.as.Endpoint(ep), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	g.as.ServeHTTP(w, r)
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // fault responses are not JSON
	return answer
}

// screens contains, for each page, the width of its wide picture and the steps
// that open it.
var screens = map[string]struct {
	wide int64
	way  func(g *gallery, b *tab)
}{
	"login": {560, func(g *gallery, b *tab) { b.open(g.authorize) }},
	"consent": {560, func(g *gallery, b *tab) {
		b.open(g.authorize)
		b.logIn("alice", "alices-password")
	}},
	"device": {560, func(g *gallery, b *tab) {
		device := g.request(testserver.EndpointDeviceAuthorization, "client_id", "order-desk", "client_secret", "order-desks-secret", "scope", "orders:read")
		b.open(device["verification_uri_complete"].(string))
	}},
	"error": {560, func(g *gallery, b *tab) {
		b.open(strings.Replace(g.authorize, "callback", url.QueryEscape("signin/oidc/callback?tenant=acme&region=eu-west-1"), 1))
		b.expectMessage("400")
	}},
	"logout": {560, func(g *gallery, b *tab) {
		b.open(g.authorize)
		b.logIn("alice", "alices-password")
		b.open(g.as.Endpoint(testserver.EndpointEndSession) + "?client_id=order-desk&post_logout_redirect_uri=" + url.QueryEscape("https://desk.example.com/callback"))
	}},
	"index": {560, func(_ *gallery, b *tab) { b.open("http://login.example.com/") }},
	"debug": {1080, func(g *gallery, b *tab) {
		g.request(testserver.EndpointDiscovery)
		g.as.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(1))
		g.request(testserver.EndpointJWKS)
		g.request(testserver.EndpointJWKS)
		g.request(testserver.EndpointToken, "grant_type", "authorization_code", "client_id", "order-desk", "client_secret", "wrong", "code", "stolen")
		got := g.request(testserver.EndpointToken, "grant_type", "client_credentials", "client_id", "test-client", "client_secret", "test-secret", "scope", "orders:read")
		g.request(testserver.EndpointIntrospect, "token", got["access_token"].(string), "client_id", "order-desk", "client_secret", "order-desks-secret")
		b.open("http://login.example.com/debug")
		b.fill(pages.FieldSubject, "alice")
		b.fill(pages.FieldScope, "orders:read orders:write")
		b.press(mint)
	}},
}

// maxHeight is the maximum height of a picture, in pixels.
const maxHeight = 1228

// picture returns a screenshot of a page, without a blinking cursor.
func picture(t *testing.T, page, scheme string, width int64) []byte {
	t.Helper()
	g := newGallery(t)
	b := newTab(t, resolvingTo(g.address))
	b.scheme(scheme)
	b.do(chromedp.EmulateViewport(width, 200))
	screens[page].way(g, b)
	if got := eval[int64](b, `document.documentElement.scrollWidth`); got > width {
		t.Errorf("got a page that is %d pixels wide in a window of %d", got, width)
	}
	eval[bool](b, `document.activeElement.blur(), scrollTo(0, 0), true`)
	b.do(chromedp.EmulateViewport(width, min(maxHeight, eval[int64](b, `document.documentElement.scrollHeight`))))
	got, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPicturesAreSmallAndReproducible(t *testing.T) {
	for page, show := range screens {
		for _, scheme := range []string{"light", "dark"} {
			for size, width := range map[string]int64{"narrow": 360, "wide": show.wide} {
				name := fmt.Sprintf("%s-%s-%s.png", page, scheme, size)
				t.Run(name, func(t *testing.T) {
					first := picture(t, page, scheme, width)
					if len(first) > 150_000 {
						t.Errorf("got %d bytes, want at most 150,000 for a document", len(first))
					}
					if size == "wide" && !bytes.Equal(first, picture(t, page, scheme, width)) {
						t.Error("got a different picture the second time, want the same")
					}
					if *pictures != "" {
						if err := os.WriteFile(filepath.Join(*pictures, name), first, 0o644); err != nil {
							t.Fatal(err)
						}
					}
				})
			}
		}
	}
}
