package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestDebugPageNeedsInteractive(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"T22/without Interactive":          nil,
		"T22/Interactive turned off again": {testserver.Interactive(), testserver.ConfigJSON(strings.NewReader(`{"interactive":false}`))},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			for _, method := range []string{"GET", "POST"} {
				rec := httptest.NewRecorder()
				s.ServeHTTP(rec, httptest.NewRequest(method, s.Issuer()+"/debug", nil))
				if rec.Code != http.StatusNotFound {
					t.Errorf("%s: got %d, want 404", method, rec.Code)
				}
			}
		})
	}
}

func TestDebugPageRefusesOtherForms(t *testing.T) {
	d := openDebugPage(t)
	before := d.s.SigningKey().ID
	for name, pairs := range map[string][]string{
		"T22/no action":        nil,
		"T22/a fault":          {"do", "fault", "endpoint", "jwks", "status", "503"},
		"T22/an injection":     {"do", "inject", "endpoint", "jwks", "status", "503"},
		"T22/a reset":          {"do", "reset"},
		"T22/the clock":        {"do", "advance", "by", "1h"},
		"T22/retiring a key":   {"do", "retire", "kid", before},
		"T22/another rotation": {"do", "rotate-sign-first"},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := d.submit(nil, pairs...); rec.Code != http.StatusBadRequest {
				t.Errorf("got %d, want 400", rec.Code)
			}
		})
	}
	t.Run("T22/another method", func(t *testing.T) {
		rec := d.send(httptest.NewRequest("PUT", d.s.Issuer()+"/debug", nil))
		if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("got %d with Allow %q, want 405", rec.Code, rec.Header().Get("Allow"))
		}
	})
	if resp, _ := get(t, d.s.Client(), d.s.Endpoint(testserver.EndpointJWKS)); resp.StatusCode != http.StatusOK || d.s.SigningKey().ID != before {
		t.Errorf("got %d and the key %s, want 200 and %s", resp.StatusCode, d.s.SigningKey().ID, before)
	}
}

func TestDebugPageHosts(t *testing.T) {
	for _, tt := range []struct {
		host string
		ok   bool
	}{
		{"login.example.com", true}, {"LOGIN.example.com", true}, {"login.example.com:8443", true},
		{"127.0.0.1:9000", true}, {"127.9.9.9", true}, {"[::1]:9000", true}, {"[::ffff:127.0.0.1]", true}, {"localhost:9000", true}, {"LocalHost", true},
		{"evil.example", false}, {"evil.example:80", false}, {"127.0.0.1.evil.example", false}, {"localhost.evil.example", false},
		{"login.example.com.evil.example", false}, {"evil-login.example.com", false}, {"192.0.2.1", false}, {"0.0.0.0", false}, {"[::]", false},
		{"", false}, {":80", false}, {"2130706433", false}, {"127.1", false},
	} {
		t.Run(tt.host, func(t *testing.T) {
			d := openDebugPage(t, testserver.IssuerURL("http://login.example.com"))
			r := httptest.NewRequest("GET", d.s.Issuer()+"/debug", nil)
			r.Host = tt.host
			r.Header.Set("X-Forwarded-Host", "login.example.com")
			want := map[bool]int{true: http.StatusOK, false: http.StatusMisdirectedRequest}[tt.ok]
			rec := d.send(r)
			if rec.Code != want || strings.Contains(rec.Body.String(), "server_csrf") != tt.ok {
				t.Errorf("got %d, want %d, and a form only with 200", rec.Code, want)
			}
			if rec := d.submit(http.Header{"Host": {tt.host}}, "do", "mint", "sub", "alice"); rec.Code != want || (d.token(rec) != "") != tt.ok {
				t.Errorf("got %d for a form, want %d, and a token only with 200", rec.Code, want)
			}
		})
	}
}

func TestDebugPageCSRF(t *testing.T) {
	d := openDebugPage(t)
	other := &debugBrowser{browser: newBrowser(t, d.s)}
	other.reload()
	before := d.s.SigningKey().ID
	own := url.Values{"server_csrf": {hiddenFields(d.page).Get("server_csrf")}, "do": {"rotate"}}
	for name, tt := range map[string]struct {
		by     *debugBrowser
		header http.Header
		pairs  []string
	}{
		"T09/without a token":                {d, nil, []string{"server_csrf", "-"}},
		"T09/with an empty token":            {d, nil, []string{"server_csrf", ""}},
		"T09/with another's token":           {d, nil, []string{"server_csrf", hiddenFields(other.page).Get("server_csrf")}},
		"T09/without a session":              {&debugBrowser{newBrowser(t, d.s), d.page}, nil, nil},
		"T09/in another browser":             {&debugBrowser{other.browser, d.page}, nil, nil},
		"T09/from another site":              {d, http.Header{"Sec-Fetch-Site": {"cross-site"}}, nil},
		"T09/from a neighbouring port":       {d, http.Header{"Sec-Fetch-Site": {"same-site"}}, nil},
		"T09/with an unknown Sec-Fetch-Site": {d, http.Header{"Sec-Fetch-Site": {"elsewhere"}}, nil},
		"T09/with another origin":            {d, http.Header{"Origin": {"http://127.0.0.1:1"}}, nil},
		"T09/with a malformed origin":        {d, http.Header{"Origin": {"%"}}, nil},
		"T09/as JSON":                        {d, http.Header{"Content-Type": {"application/json"}}, nil},
		"T09/as plain text":                  {d, http.Header{"Content-Type": {"text/plain"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rec := tt.by.submit(tt.header, append([]string{"do", "rotate"}, tt.pairs...)...)
			if !slices.Contains([]int{http.StatusForbidden, http.StatusBadRequest}, rec.Code) {
				t.Errorf("got %d to %q, want an error", rec.Code, rec.Header().Get("Location"))
			}
		})
	}
	t.Run("T09/in the query", func(t *testing.T) {
		if rec := d.send(httptest.NewRequest("GET", d.s.Issuer()+"/debug?"+own.Encode(), nil)); rec.Code != http.StatusOK {
			t.Errorf("got %d, want the page", rec.Code)
		}
		r := httptest.NewRequest("POST", d.s.Issuer()+"/debug?"+own.Encode(), nil)
		r.Header.Set("Content-Type", formType)
		if rec := d.send(r); rec.Code != http.StatusForbidden {
			t.Errorf("got %d, want 403", rec.Code)
		}
	})
	t.Run("T20/twice", func(t *testing.T) {
		r := httptest.NewRequest("POST", d.s.Issuer()+"/debug", strings.NewReader(own.Encode()+"&do=mint"))
		r.Header.Set("Content-Type", formType)
		if rec := d.send(r); rec.Code != http.StatusBadRequest {
			t.Errorf("got %d, want 400", rec.Code)
		}
	})
	if got := d.s.SigningKey().ID; got != before {
		t.Fatalf("got the key %s, want %s: a foreign form rotated it", got, before)
	}
	for name, header := range map[string]http.Header{
		"as a browser sends it": {"Sec-Fetch-Site": {"same-origin"}, "Origin": {"null"}}, "sent by hand": nil,
		"with the origin": {"Origin": {d.s.Issuer()}}, "by a reload": {"Sec-Fetch-Site": {"none"}},
	} {
		if rec := d.submit(header, "do", "rotate"); rec.Code != http.StatusSeeOther {
			t.Errorf("%s: got %d, want 303", name, rec.Code)
		}
	}
}

func TestDebugPageUnderTheIssuersPath(t *testing.T) {
	d := openDebugPage(t, testserver.IssuerURL("http://login.example.com/tenant"))
	if rec := d.submit(nil, "do", "rotate"); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/tenant/debug" {
		t.Errorf("got %d to %q, want 303 to the page", rec.Code, rec.Header().Get("Location"))
	}
	if rec := d.send(httptest.NewRequest("GET", "http://login.example.com/debug", nil)); rec.Code != http.StatusNotFound {
		t.Errorf("got %d at the root, want 404", rec.Code)
	}
}
