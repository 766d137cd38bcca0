package middleware_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

func TestConfigurationFaults(t *testing.T) {
	good := middleware.Issuer{URL: "https://as.example.com"}
	issuer := func(change func(*middleware.Issuer)) middleware.Config {
		i := good
		change(&i)
		return middleware.Config{Audience: "api", Issuers: []middleware.Issuer{i}}
	}
	short, long := jwks.Secret("", make([]byte, 31)), jwks.Secret("", make([]byte, 32))
	for name, test := range map[string]struct {
		config middleware.Config
		want   []string // parts of the error
	}{
		"no issuers":                            {middleware.Config{Audience: "api"}, []string{"Issuers is empty"}},
		"no audience":                           {middleware.Config{Issuers: []middleware.Issuer{good}}, []string{"the audience is missing"}},
		"a skew over five minutes":              {middleware.Config{Audience: "api", Issuers: []middleware.Issuer{good}, ClockSkew: 5*time.Minute + 1}, []string{"ClockSkew"}},
		"a negative size":                       {middleware.Config{Audience: "api", Issuers: []middleware.Issuer{good}, MaxTokenBytes: -1}, []string{"MaxTokenBytes"}},
		"a size over 64 KiB":                    {middleware.Config{Audience: "api", Issuers: []middleware.Issuer{good}, MaxTokenBytes: 64<<10 + 1}, []string{"MaxTokenBytes"}},
		"a quote in the realm":                  {middleware.Config{Audience: "api", Realm: `a"b`, Issuers: []middleware.Issuer{good}}, []string{"Realm"}},
		"a backslash in the realm":              {middleware.Config{Audience: "api", Realm: `a\b`, Issuers: []middleware.Issuer{good}}, []string{"Realm"}},
		"a line break in the realm":             {middleware.Config{Audience: "api", Realm: "a\r\nSet-Cookie: x", Issuers: []middleware.Issuer{good}}, []string{"Realm"}},
		"a non-ASCII realm":                     {middleware.Config{Audience: "api", Realm: "é", Issuers: []middleware.Issuer{good}}, []string{"Realm"}},
		"an audience that is not a valid realm": {middleware.Config{Audience: `a"b`, Issuers: []middleware.Issuer{good}}, []string{"Realm"}},
		"an issuer on plain http":               {issuer(func(i *middleware.Issuer) { i.URL = "http://as.example.com" }), []string{"Issuers[0]", "https"}},
		"an issuer without a host":              {issuer(func(i *middleware.Issuer) { i.URL = "https:///x" }), []string{"URL"}},
		"an issuer with a query":                {issuer(func(i *middleware.Issuer) { i.URL += "?x" }), []string{"query"}},
		"an issuer with a fragment":             {issuer(func(i *middleware.Issuer) { i.URL += "#x" }), []string{"fragment"}},
		"an issuer with a user":                 {issuer(func(i *middleware.Issuer) { i.URL = "https://good.example.com@evil.example.com" }), []string{"without user information"}},
		"no issuer URL":                         {issuer(func(i *middleware.Issuer) { i.URL = "" }), []string{"URL"}},
		"an empty audience in a list":           {issuer(func(i *middleware.Issuer) { i.Audiences = []string{"a", ""} }), []string{"Audiences"}},
		"no audience and a list":                {issuer(func(i *middleware.Issuer) { i.InsecureNoAudience = true; i.Audiences = []string{"a"} }), []string{"InsecureNoAudience"}},
		"no audience in RFC 9068":               {issuer(func(i *middleware.Issuer) { i.InsecureNoAudience = true; i.Profile = middleware.RFC9068 }), []string{"RFC9068"}},
		"client_id in RFC 9068":                 {issuer(func(i *middleware.Issuer) { i.AudienceClaim = "client_id"; i.Profile = middleware.RFC9068 }), []string{"AudienceClaim"}},
		"an unknown profile":                    {issuer(func(i *middleware.Issuer) { i.Profile = 7 }), []string{"Profile"}},
		"the algorithm none":                    {issuer(func(i *middleware.Issuer) { i.Algorithms = []string{"none"} }), []string{`"none" is not supported`}},
		"an unknown algorithm":                  {issuer(func(i *middleware.Issuer) { i.Algorithms = []string{"ES256K"} }), []string{"ES256K"}},
		"no algorithms":                         {issuer(func(i *middleware.Issuer) { i.Algorithms = []string{} }), []string{"Algorithms is empty"}},
		"HS256 with remote keys":                {issuer(func(i *middleware.Issuer) { i.Algorithms = []string{"HS256"} }), []string{"jwks.Secret"}},
		"HS256 in addition to RS256":            {issuer(func(i *middleware.Issuer) { i.Algorithms = []string{"RS256", "HS256"} }), []string{"jwks.Secret"}},
		"a secret without algorithms":           {issuer(func(i *middleware.Issuer) { i.Keys = long }), []string{"Algorithms is empty"}},
		"a secret with RS256":                   {issuer(func(i *middleware.Issuer) { i.Keys = long; i.Algorithms = []string{"RS256"} }), []string{"only with keys of jwks.Secret"}},
		"a secret that is too short":            {issuer(func(i *middleware.Issuer) { i.Keys = short; i.Algorithms = []string{"HS256"} }), []string{"too short for HS256"}},
		"a secret for a longer hash":            {issuer(func(i *middleware.Issuer) { i.Keys = long; i.Algorithms = []string{"HS256", "HS512"} }), []string{"too short for HS512"}},
		"a malformed pointer":                   {issuer(func(i *middleware.Issuer) { i.ScopeClaims = []string{"/a~2"} }), []string{"JSON Pointer"}},
		"an empty scope claim":                  {issuer(func(i *middleware.Issuer) { i.ScopeClaims = []string{""} }), []string{"ScopeClaims"}},
		"everything at once": {
			middleware.Config{ClockSkew: time.Hour, MaxTokenBytes: -1, Realm: `"`, Issuers: []middleware.Issuer{
				{URL: "ftp://x"}, {URL: "https://b.example.com", Algorithms: []string{"none"}},
			}},
			[]string{"ClockSkew", "MaxTokenBytes", "Realm", "Issuers[0]: URL", "Issuers[0]: the audience is missing", "Issuers[1]: algorithm"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := middleware.NewVerifier(test.config)
			if err == nil || v != nil {
				t.Fatal("NewVerifier returned a Verifier, want an error")
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
}

func TestValidConfigurations(t *testing.T) {
	for name, config := range map[string]middleware.Config{
		"the minimum":            {Audience: "api", Issuers: []middleware.Issuer{{URL: "https://as.example.com"}}},
		"http on loopback":       {Audience: "api", Issuers: []middleware.Issuer{{URL: "http://127.0.0.1:1"}, {URL: "http://[::1]:1"}, {URL: "http://localhost:1"}}},
		"http with InsecureHTTP": {Audience: "api", Issuers: []middleware.Issuer{{URL: "http://as:1", InsecureHTTP: true}}},
		"audiences by issuer":    {Issuers: []middleware.Issuer{{URL: "https://as.example.com", Audiences: []string{"a"}}}},
		"issuers by path":        {Audience: "api", Issuers: []middleware.Issuer{{URL: "https://as.example.com/a"}, {URL: "https://as.example.com/b"}}},
		"both Edwards names":     {Audience: "api", Issuers: []middleware.Issuer{{URL: "https://as.example.com", Algorithms: []string{"EdDSA", "Ed25519"}}}},
		"a URL as audience":      {Audience: "https://api.example.com/?x=1", Issuers: []middleware.Issuer{{URL: "https://as.example.com/"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := middleware.NewVerifier(config); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheConfigurationIsCopied(t *testing.T) {
	s := newSetup(t)
	audiences := []string{"api"}
	v := newVerifier(t, middleware.Config{
		Issuers: []middleware.Issuer{{URL: s.Issuer, Audiences: audiences}}, Client: s.as.Client(), Logger: quiet, Now: clock,
	})
	audiences[0] = "other"
	if _, err := v.Verify(t.Context(), middleware.Credentials{Token: s.Good()}); err != nil {
		t.Errorf("got %v after the caller's slice changed, want nil", err)
	}
}
