package middleware_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
)

// published returns a configuration with these origins. The first origin is
// also the audience.
func published(origins ...string) middleware.Config {
	return middleware.Config{Audience: origins[0], Origins: origins, Issuers: []middleware.Issuer{{URL: "https://as.example.com"}}}
}

func TestOriginsAreNormalized(t *testing.T) {
	for origin, want := range map[string]string{
		"https://api.example.com":                "https://api.example.com",
		"https://api.example.com/":               "https://api.example.com",
		"HTTPS://API.Example.COM:443/":           "https://api.example.com",
		"https://api.example.com:":               "https://api.example.com",
		"https://api.example.com:0443":           "https://api.example.com",
		"https://api.example.com:80":             "https://api.example.com:80",
		"https://api.example.com:8443/V1":        "https://api.example.com:8443/V1",
		"https://api.example.com/v1/":            "https://api.example.com/v1/",
		"https://api.example.com/a/./b/../v1":    "https://api.example.com/a/v1",
		"https://api.example.com/../..":          "https://api.example.com",
		"https://api.example.com/a/..":           "https://api.example.com",
		"https://api.example.com/v1/.":           "https://api.example.com/v1/",
		"https://api.example.com/~a-b_c/...":     "https://api.example.com/~a-b_c/...",
		"http://LOCALHOST:80":                    "http://localhost",
		"http://127.0.0.1:8080/v1":               "http://127.0.0.1:8080/v1",
		"http://[::1]:443":                       "http://[::1]:443",
		"https://[2001:DB8:0:0::1]/v1":           "https://[2001:db8::1]/v1",
		"https://xn--bcher-kva.example":          "https://xn--bcher-kva.example",
		"https://api_internal.example.com:65535": "https://api_internal.example.com:65535",
	} {
		if got, err := middleware.NormalOrigin(origin); err != nil || got != want {
			t.Errorf("%s: got %s and %v, want %s", origin, got, err, want)
		}
	}
	for _, origin := range []string{
		"", "api.example.com", "//api.example.com", "https:///v1", "https:api.example.com", "http://api.example.com", "ftp://127.0.0.1", "spiffe://example.com",
		"https://api.example.com?", "https://api.example.com/?a=b", "https://api.example.com#", "https://api.example.com/#a",
		"https://@api.example.com", "https://user@api.example.com", "https://user:password@api.example.com", "https://api.example.com@evil.example",
		"https://api.example.com//v1", "https://api.example.com/v1//", "https://api.example.com//", "https://api.example.com/%7Ea", "https://api.example.com/a%2Fb",
		"https://api.example.com/:id", "https://api.example.com/*", "https://api.example.com/{id}", "https://api.example.com/a;b", "https://api.example.com/a b",
		`https://api.example.com\v1`, "https://api.example.com/\u00e9", "https://b\u00fccher.example", "https://b%C3%BCcher.example", "https://api.example.com:65536",
		"https://api.example.com:-1", "https://api.example.com:0", "https://api.example.com.", "https://api.example.com.:8443/v1", "https://api.example.com:x", "https://[::1", "https://[::1%25eth0]", "https://[127.0.0.1]", "https://a,b.example", "https://a\r\nb.example",
	} {
		if got, err := middleware.NormalOrigin(origin); err == nil {
			t.Errorf("%s: got %s, want an error", origin, got)
		}
	}
}

func TestFaultsOfOrigins(t *testing.T) {
	with := func(change func(*middleware.Config), origins ...string) middleware.Config {
		c := published(origins...)
		change(&c)
		return c
	}
	const notPage = "must be an absolute URL with a host and without user information, in printable ASCII (a query and a fragment are allowed)"
	metadata := func(m middleware.Metadata) func(*middleware.Config) {
		return func(c *middleware.Config) { c.Metadata = m }
	}
	audiences := func(of ...string) func(*middleware.Config) {
		return func(c *middleware.Config) { c.Issuers[0].Audiences = of }
	}
	const origin, differs = "https://api.example.com/v1", "an audience differs from the normal form of Origins[0]"
	for name, test := range map[string]struct {
		config middleware.Config
		want   []string // substrings of the error; nil if no error is expected
	}{
		"one origin":                               {published(origin), nil},
		"two origins":                              {published(origin, "https://api.example.com"), nil},
		"http":                                     {published("http://api.example.com"), []string{"Origins[0]: must be an https URL (http is allowed only for loopback addresses)"}},
		"a host that ends in a dot":                {published("https://api.example.com."), []string{"Origins[0]: must be a URL", "must not end in a dot"}},
		"the normal form as the audience":          {with(func(c *middleware.Config) { c.Audience = "https://api.example.com" }, "HTTPS://api.example.com:443"), nil},
		"an audience in no normal form":            {published("HTTPS://api.example.com:443"), []string{"the normal form of Origins[0]"}},
		"an audience with the slash of the origin": {published("https://api.example.com/"), nil},
		"several faults":                           {published("http://api.example.com", "https://a.example?"), []string{"Origins[0]", "Origins[1]"}},
		"one URL twice":                            {published(origin, "https://b.example", "https://API.example.com:443/./v1"), []string{"Origins[2] is the same URL as Origins[0]"}},
		"a slash is not another URL":               {published("https://api.example.com", "https://api.example.com/"), []string{"Origins[1] is the same URL as Origins[0]"}},
		"two faulty origins":                       {published("https://a.example?", "https://b.example?"), []string{"Origins[0]: must be a URL", "Origins[1]: must be a URL"}},
		"another audience":                         {with(func(c *middleware.Config) { c.Audience = "api" }, origin), []string{differs, "Resource"}},
		"the audience in another spelling":         {with(func(c *middleware.Config) { c.Audience += "/" }, origin), []string{differs}},
		"the audience of another origin":           {with(func(c *middleware.Config) { c.Audience = "https://b.example" }, origin, "https://b.example"), []string{differs}},
		"another audience of an issuer":            {with(audiences("api"), origin), []string{differs}},
		"the audiences of an issuer":               {with(audiences("api", origin), origin), nil},
		"no audience but that of an issuer":        {with(func(c *middleware.Config) { c.Audience = ""; audiences(origin)(c) }, origin), nil},
		"any audience":                             {with(func(c *middleware.Config) { c.Audience = ""; c.Issuers[0].InsecureNoAudience = true }, origin), nil},
		"another audience, confirmed":              {with(func(c *middleware.Config) { c.Audience = "api"; c.Resource = origin }, origin), nil},
		"another audience of an issuer, confirmed": {with(func(c *middleware.Config) { audiences("api")(c); c.Resource = origin }, origin), nil},
		"a resource in another spelling":           {with(func(c *middleware.Config) { c.Resource = origin + "/" }, origin), []string{"Resource must equal"}},
		"a resource without origins":               {with(func(c *middleware.Config) { c.Resource, c.Origins = origin, nil }, origin), []string{"Resource must equal"}},
		"metadata without origins":                 {with(func(c *middleware.Config) { c.Metadata.Name, c.Origins = "Orders", nil }, origin), []string{"Metadata needs Origins"}},
		"scopes without origins":                   {with(func(c *middleware.Config) { c.Metadata.Scopes, c.Origins = []string{"read"}, nil }, origin), []string{"Metadata needs Origins"}},
		"a page on http":                           {with(metadata(middleware.Metadata{Documentation: "http://a.example"}), origin), []string{"Metadata.Documentation", "https"}},
		"a page with a user":                       {with(metadata(middleware.Metadata{Policy: "https://a@b.example"}), origin), []string{"Metadata.Policy"}},
		"a page that is not a URL":                 {with(metadata(middleware.Metadata{TermsOfService: "terms"}), origin), []string{"Metadata.TermsOfService"}},
		"a page without a scheme":                  {with(metadata(middleware.Metadata{Documentation: "foo"}), origin), []string{"Metadata.Documentation: " + notPage}},
		"a page with a space":                      {with(metadata(middleware.Metadata{Policy: "https://a.example/ x"}), origin), []string{"Metadata.Policy: " + notPage}},
		"a page that is not ASCII":                 {with(metadata(middleware.Metadata{TermsOfService: "https://a.example/ü"}), origin), []string{"Metadata.TermsOfService: " + notPage}},
		"a page with a line break in its fragment": {with(metadata(middleware.Metadata{TermsOfService: "https://a.example/#a\nb"}), origin), []string{"Metadata.TermsOfService: " + notPage}},
		"pages":                  {with(metadata(middleware.Metadata{Documentation: "https://a.example/?b=c#d", Policy: "http://localhost", TermsOfService: "https://a.example"}), origin), nil},
		"two scopes in one text": {with(metadata(middleware.Metadata{Scopes: []string{"read", "a b"}}), origin), []string{`Metadata.Scopes: "a b" is not a scope`}},
		"an empty scope":         {with(metadata(middleware.Metadata{Scopes: []string{""}}), origin), []string{"Metadata.Scopes"}},
		"everything at once": {
			with(func(c *middleware.Config) { c.Audience, c.Metadata.Policy, c.Issuers = "api", "x", nil }, origin, "ftp://x"),
			[]string{"Issuers is empty", "Origins[1]", differs, "Metadata.Policy"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := middleware.NewVerifier(test.config)
			if (err == nil) != (test.want == nil) || (v == nil) == (err == nil) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
}

func TestTwoFaultyOriginsAreNotOneURL(t *testing.T) {
	_, err := middleware.NewVerifier(published("https://a.example?", "https://b.example?"))
	if err == nil || strings.Contains(err.Error(), "same URL") {
		t.Errorf("got %v", err)
	}
}

// FuzzOrigin checks the normal form against the algorithms of RFC 3986, which
// are implemented below. Both must agree on whether two origins are the same
// URL.
func FuzzOrigin(f *testing.F) {
	for _, pair := range [][2]string{
		{"https://a.example", "HTTPS://A.example:443/"}, {"https://a.example/a/b/../c/.", "https://a.example/a/c/"}, {"http://localhost:80", "http://localhost:443"},
		{"https://[::1]/x", "https://[0:0::1]:0443/x"}, {"https://a.example/..", "https://a.example/..."}, {"https://a.example/x", "https://a.example/x/"},
		{"https://a.example/%2e", "https://a.example//"}, {"https://a.example/./", "https://a.example/X"}, {"https://a.example:8443", "https://a.example:08443"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		normal, err := middleware.NormalOrigin(one)
		if err != nil {
			return
		}
		if again, err := middleware.NormalOrigin(normal); err != nil || again != normal {
			t.Errorf("the normal form of %[3]q is %[1]q (error %[2]v), want the same text (it is the normal form of %[4]q)", again, err, normal, one)
		}
		scheme, rest, _ := strings.Cut(one, "://")
		host, path, _ := strings.Cut(rest, "/")
		respelled := strings.ToUpper(scheme+"://"+host) + "/./x/../" + path
		if got, err := middleware.NormalOrigin(respelled); err != nil || got != normal {
			t.Errorf("got %q and %v for %q, want %q as for %q", got, err, respelled, normal, one)
		}
		if got, err := middleware.NormalOrigin(other); err == nil && (got == normal) != (rfc3986(one) == rfc3986(other)) {
			t.Errorf("got %q for %q and %q for %q", normal, one, got, other)
		}
	})
}

// rfc3986 normalizes a URL that consists of scheme, host, port and path.
func rfc3986(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme)
	authority, path, _ := strings.Cut(rest, "/")
	authority = strings.ToLower(authority)
	port := ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		authority, port = authority[:i], strings.TrimLeft(authority[i+1:], "0")
	}
	if address, err := netip.ParseAddr(strings.Trim(authority, "[]")); err == nil {
		authority = address.String()
	}
	if port == "" {
		port = strconv.Itoa(map[string]int{"http": 80, "https": 443}[scheme])
	}
	return scheme + " " + authority + " " + port + " " + removeDotSegments("/"+path)
}

// removeDotSegments returns a path without dot segments, by the algorithm of
// RFC 3986 §5.2.4.
func removeDotSegments(in string) (out string) {
	for in != "" {
		switch {
		case strings.HasPrefix(in, "/./"):
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../"), in == "/..":
			in = "/" + strings.TrimPrefix(in[3:], "/")
			out = out[:max(strings.LastIndexByte(out, '/'), 0)]
		default:
			n := len(in)
			if i := strings.IndexByte(in[1:], '/'); i >= 0 {
				n = i + 1
			}
			out, in = out+in[:n], in[n:]
		}
	}
	return out
}
