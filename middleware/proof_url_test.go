package middleware_test

import (
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
)

func TestMethodOfAProof(t *testing.T) {
	c := newClient(t)
	for _, tt := range []struct {
		method, htm string
		want        error
	}{
		{"GET", "GET", nil}, {"POST", "POST", nil}, {"PURGE", "PURGE", nil}, {"get", "get", nil},
		{"GET", "get", middleware.ErrProofRequest}, {"GET", "Get", middleware.ErrProofRequest}, {"GET", "POST", middleware.ErrProofRequest},
		{"HEAD", "GET", middleware.ErrProofRequest}, {"GET", "GET ", middleware.ErrProofRequest}, {"", "GET", middleware.ErrProofRequest},
	} {
		t.Run("D09/"+tt.htm+" for "+tt.method, func(t *testing.T) {
			presented := c.credentials(c.proof("htm", `"`+tt.htm+`"`))
			presented.Method = tt.method
			_, err := c.v.Verify(t.Context(), presented)
			wants(t, err, tt.want)
		})
	}
}

func TestURLOfAProof(t *testing.T) {
	many := []string{publicOrigin + "/v1", "http://localhost:8080", "https://internal.example/v1/"}
	root := []string{publicOrigin}
	for _, tt := range []struct {
		name    string
		origins []string
		url     string // URL of the request
		htu     string
		want    bool
	}{
		{"the URL itself", root, "/orders", publicOrigin + "/orders", true},
		{"another spelling", root, "/b", "HTTPS://API.EXAMPLE.COM:443/a/../%62", true},
		{"another spelling of the request", root, "/%7euser/a/../b", publicOrigin + "/~user/b", true},
		{"a query and a fragment", root, "/orders", publicOrigin + "/orders?q=1#f", true},
		{"an empty path", root, "/", publicOrigin, true},
		{"an empty path of the request", root, "", publicOrigin + "/", true},
		{"an escaped slash on both sides", root, "/a%2Fb", publicOrigin + "/a%2fb", true},
		{"an escaped slash in the request", root, "/a%2Fb", publicOrigin + "/a/b", false},
		{"an escaped slash in the proof", root, "/a/b", publicOrigin + "/a%2Fb", false},
		{"two slashes on both sides", root, "//orders", publicOrigin + "//orders", true},
		{"two slashes in the proof", root, "/orders", publicOrigin + "//orders", false},
		{"two slashes in the request", root, "//orders", publicOrigin + "/orders", false},
		{"a slash at the end of the proof", root, "/orders", publicOrigin + "/orders/", false},
		{"a slash at the end of the request", root, "/orders/", publicOrigin + "/orders", false},
		{"another path", root, "/orders", publicOrigin + "/admin", false},
		{"the beginning of the path", root, "/orders", publicOrigin + "/order", false},
		{"a longer path", root, "/orders", publicOrigin + "/orders/1", false},
		{"the path in capitals", root, "/orders", publicOrigin + "/Orders", false},
		{"another host", root, "/orders", "https://evil.example/orders", false},
		{"a longer host", root, "/orders", publicOrigin + ".evil.example/orders", false},
		{"http", root, "/orders", "http://api.example.com/orders", false},
		{"another port", root, "/orders", publicOrigin + ":8443/orders", false},
		{"user information", root, "/orders", "https://user@api.example.com/orders", false},
		{"only a path", root, "/orders", "/orders", false},
		{"an incomplete escape", root, "/orders", publicOrigin + "/orders%", false},
		{"a URL in the path", root, "/proxy/https://b.example/x", publicOrigin + "/proxy/https://b.example/x", true},
		{"another URL in the path", root, "/proxy/https://b.example/x", publicOrigin + "/proxy/https://b.example/y", false},

		{"the path of the origin", many, "/orders", publicOrigin + "/v1/orders", true},
		{"without the path of the origin", many, "/orders", publicOrigin + "/orders", false},
		{"the path of the origin in the request, too", many, "/v1/orders", publicOrigin + "/v1/orders", false},
		{"the root below the path of the origin", many, "/", publicOrigin + "/v1/", true},
		{"the path of the origin without a slash", many, "", publicOrigin + "/v1", true},
		{"a path that continues that of the origin", many, "/orders", publicOrigin + "/v12/orders", false},
		{"the second origin", many, "/orders", "http://localhost:8080/orders", true},
		{"the third origin, which ends in a slash", many, "/orders", "https://internal.example/v1/orders", true},
		{"the host of one origin and the path of another", many, "/orders", publicOrigin + ":8080/orders", false},
		{"dots above the path of the origin", many, "/../orders", publicOrigin + "/orders", false},
		{"encoded dots above the path of the origin", many, "/%2E%2e/orders", publicOrigin + "/orders", false},
		{"the path of the origin, without a slash", many, "/", publicOrigin + "/v1", true},
		{"the path of the origin, with a slash", many, "/", publicOrigin + "/v1/", true},
		{"a path without a slash for another path", many, "/orders/", publicOrigin + "/v1/orders", false},
		{"a path with a query", root, "/orders?x=1", publicOrigin + "/orders", true},

		{"an absolute URL", root, publicOrigin + "/orders", publicOrigin + "/orders", true},
		{"another spelling of an absolute URL", root, "HTTPS://api.example.com:443/%6Frders?q", publicOrigin + "/orders", true},
		{"an absolute URL of another path", root, publicOrigin + "/admin", publicOrigin + "/orders", false},
		{"an absolute URL of another host", root, "https://evil.example/orders", "https://evil.example/orders", false},
		{"an absolute URL of another host, and a good proof", root, "https://evil.example/orders", publicOrigin + "/orders", false},
		{"an absolute URL below an origin with a path", many, publicOrigin + "/v1/orders", publicOrigin + "/v1/orders", true},
		{"an absolute URL that is an origin with a path", many, publicOrigin + "/v1", publicOrigin + "/v1", true},
		{"an absolute URL outside the path of the origin", many, publicOrigin + "/v2/orders", publicOrigin + "/v2/orders", false},
		{"an absolute URL that continues the path of the origin", many, publicOrigin + "/v12", publicOrigin + "/v12", false},
		{"an absolute URL that leaves the path of the origin", many, publicOrigin + "/v1/../x", publicOrigin + "/x", false},
		{"an absolute URL with the host of another origin", many, "http://localhost:8080/orders", publicOrigin + "/v1/orders", false},

		{"a path without a slash", root, "x", publicOrigin + "/x", false},
		{"a path that would continue the host", root, ".evil.example", publicOrigin + ".evil.example", false},
		{"a path that would continue the path of the origin", many, "2", publicOrigin + "/v12", false},
		{"the asterisk of OPTIONS", root, "*", publicOrigin + "/*", false},
		{"a path with an incomplete escape", root, "/a%", publicOrigin + "/a%", false},
	} {
		t.Run("D10/"+tt.name, func(t *testing.T) {
			c := newClient(t, func(c *middleware.Config) { c.Origins, c.Resource = tt.origins, tt.origins[0] })
			presented := c.credentials(c.proof("htu", `"`+tt.htu+`"`))
			presented.URL = tt.url
			want := middleware.ErrProofRequest
			if tt.want {
				want = nil
			}
			_, err := c.v.Verify(t.Context(), presented)
			wants(t, err, want)
		})
	}
}

// Only Config.Origins determines the URLs at which clients reach the API.
// Header fields are ignored, because they may come from an attacker.
func TestThreatsURLOfARequest(t *testing.T) {
	c := newClient(t)
	for name, tt := range map[string]struct {
		change func(*http.Request)
		htu    string
		want   error
	}{
		"another Host":              {func(r *http.Request) { r.Host = "evil.example" }, "https://evil.example/orders", middleware.ErrProofRequest},
		"another Host, good proof":  {func(r *http.Request) { r.Host = "10.0.0.7:8080" }, publicOrigin + "/orders", nil},
		"an absolute request":       {func(r *http.Request) { r.URL.Scheme, r.URL.Host = "https", "evil.example" }, "https://evil.example/orders", middleware.ErrProofRequest},
		"an intended path in Host":  {func(r *http.Request) { r.Host = "api.example.com/orders?" }, publicOrigin + "/orders", nil},
		"an escaped path":           {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/a/b", "/a%2Fb" }, publicOrigin + "/a%2Fb", nil},
		"an escaped path as slash":  {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/a/b", "/a%2Fb" }, publicOrigin + "/a/b", middleware.ErrProofRequest},
		"a path with a space":       {func(r *http.Request) { r.URL.Path = "/a b" }, publicOrigin + "/a%20b", nil},
		"a query":                   {func(r *http.Request) { r.URL.RawQuery = "q=1" }, publicOrigin + "/orders", nil},
		"X-Forwarded-Host":          {func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.example") }, "https://evil.example/orders", middleware.ErrProofRequest},
		"X-Forwarded-Proto":         {func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "http") }, "http://api.example.com/orders", middleware.ErrProofRequest},
		"X-Forwarded-Prefix":        {func(r *http.Request) { r.Header.Set("X-Forwarded-Prefix", "/v1") }, publicOrigin + "/v1/orders", middleware.ErrProofRequest},
		"Forwarded":                 {func(r *http.Request) { r.Header.Set("Forwarded", "host=evil.example;proto=https") }, "https://evil.example/orders", middleware.ErrProofRequest},
		"Origin":                    {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, "https://evil.example/orders", middleware.ErrProofRequest},
		"fields do not harm others": {func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.example") }, publicOrigin + "/orders", nil},
	} {
		t.Run("D11/"+name, func(t *testing.T) {
			r := request(t, "DPoP "+c.token)
			r.URL.Path = "/orders"
			r.Header["Dpop"] = []string{c.proof("htu", `"`+tt.htu+`"`)}
			tt.change(r)
			_, err := c.v.Authorize(make(http.Header), r)
			wants(t, err, tt.want)
		})
	}
}
