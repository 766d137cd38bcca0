package testserver_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// A browser that opens the issuer's URL gets a page with links. A program that
// requests the same URL gets a 404.
func TestIndexPage(t *testing.T) {
	for name, tt := range map[string]struct {
		opts  []testserver.Option
		path  string
		links []string
		debug bool
	}{
		"without pages":         {nil, "/", []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"}, false},
		"with pages":            {[]testserver.Option{testserver.Interactive()}, "/", []string{"/debug", "/jwks"}, true},
		"with a path":           {[]testserver.Option{testserver.IssuerURL("http://127.0.0.1/realms/a")}, "/realms/a", []string{"/realms/a/jwks"}, false},
		"with a trailing slash": {[]testserver.Option{testserver.IssuerURL("http://127.0.0.1/realms/a")}, "/realms/a/", []string{"/realms/a/.well-known/openid-configuration"}, false},
		"without a JWKS":        {[]testserver.Option{testserver.Disable(testserver.EndpointJWKS)}, "/", []string{"/.well-known/openid-configuration"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, tt.opts...)
			open := func(path, accept string) *httptest.ResponseRecorder {
				r := httptest.NewRequest("GET", "http://127.0.0.1"+path, nil)
				r.Header.Set("Accept", accept)
				rec := httptest.NewRecorder()
				s.ServeHTTP(rec, r)
				return rec
			}
			const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
			page := open(tt.path, browser)
			if page.Code != 200 || !strings.Contains(page.Body.String(), s.Issuer()) || strings.Contains(page.Body.String(), `/debug"`) != tt.debug {
				t.Fatalf("got %d %s, want a page about the issuer", page.Code, page.Body)
			}
			for _, link := range tt.links {
				if !strings.Contains(page.Body.String(), `href="`+link+`"`) {
					t.Errorf("got no link to %s", link)
				}
				if got := open(link, browser); got.Code != 200 {
					t.Errorf("%s: got %d, want 200 for a link of the page", link, got.Code)
				}
			}
			if doc := getJSONOf(t, s, testserver.EndpointDiscovery); strings.Contains(page.Body.String(), "/jwks") != (doc["jwks_uri"] != nil) {
				t.Error("want a link to the JWKS if and only if it is served")
			}
			if got := open(tt.path, "*/*"); got.Code != 404 {
				t.Errorf("got %d for a program, want 404", got.Code)
			}
			if got := open("/other", browser); got.Code != 404 {
				t.Errorf("got %d at another path, want 404", got.Code)
			}
		})
	}
}
