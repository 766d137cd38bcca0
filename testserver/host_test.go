package testserver_test

import (
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

var jwtText = regexp.MustCompile(`eyJ[\w-]*\.(eyJ[\w-]*)\.[\w-]*`)

// sendWithForgedHost calls the handler with a forged host in many header fields
// from which a server might take its own host. It returns the response and a
// text. The text consists of the response and the decoded claims of the tokens
// in the body.
func sendWithForgedHost(s *testserver.Server, method, u string, form url.Values, cookies ...*http.Cookie) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest(method, u, strings.NewReader(form.Encode()))
	r.Host = "evil.example"
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "Origin", "Referer"} {
		r.Header.Set(name, "https://evil.example/")
	}
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("X-Forwarded-Prefix", "/evil.example")
	r.Header.Set("Forwarded", "host=evil.example;proto=https")
	if form != nil {
		r.Header.Set("Content-Type", formType)
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	var text strings.Builder
	_ = rec.Header().Write(&text)
	text.WriteString(html.UnescapeString(rec.Body.String()))
	for _, m := range jwtText.FindAllStringSubmatch(rec.Body.String(), -1) {
		claims, _ := base64.RawURLEncoding.DecodeString(m[1])
		text.Write(claims)
	}
	return rec, text.String()
}

func TestForgedHostsAreIgnored(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"plain": nil, "behind a path": {testserver.IssuerURL("https://as.example/tenant")}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Interactive(), testserver.Users(testserver.User{Sub: "alice", Password: "alices-password"}))...)
			check := func(what string, text string, parts ...string) {
				t.Helper()
				if strings.Contains(text, "evil.example") {
					t.Errorf("%s: got %s, want nothing of the forged host", what, text)
				}
				wantAll(t, text, parts...)
			}
			iss := `"iss":"` + s.Issuer() + `"`
			for _, ep := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
				_, text := sendWithForgedHost(s, "GET", s.Endpoint(ep), nil)
				check(string(ep), text, `"issuer":"`+s.Issuer()+`"`, `"token_endpoint":"`+s.Endpoint(testserver.EndpointToken)+`"`)
			}
			authorize := s.Endpoint(testserver.EndpointAuthorize) + "?" + authorizationRequest("scope", "openid").Encode()
			page, text := sendWithForgedHost(s, "GET", authorize, nil)
			check("the login page", text)
			if cookies := page.Result().Cookies(); len(cookies) != 1 || cookies[0].Domain != "" {
				t.Fatalf("got cookies %v, want one only for this host", cookies)
			}
			page, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointLogin), hiddenFields(page, "username", "alice", "password", "alices-password"), page.Result().Cookies()...)
			check("the login", text, "Location: "+s.Endpoint(testserver.EndpointAuthorize)+"?")
			cookies := page.Result().Cookies()
			page, text = sendWithForgedHost(s, "GET", page.Header().Get("Location"), nil, cookies...)
			check("the consent page", text)
			page, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointConsent), hiddenFields(page, "decision", "allow", "scope", "openid"), cookies...)
			check("the response", text, "Location: "+callback+"?", url.QueryEscape(s.Issuer()))

			rec, text := sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointToken), codeRequest(callbackQuery(t, page).Get("code")))
			check("tokens", text, iss)
			r := reply{body: parse(rec.Body.Bytes())}
			_, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointToken), refreshRequest(r.text("refresh_token")))
			check("refreshed tokens", text, iss)
			credentials, _ := url.ParseQuery(byPost)
			_, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointToken), values(credentials, "grant_type", "client_credentials"))
			check("client credentials", text, iss)
			_, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointIntrospect), values(credentials, "token", r.text("access_token")))
			check("introspection", text, `"active":true`, iss)
			_, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointDeviceAuthorization), url.Values{"client_id": {"test-public"}})
			check("a device", text, `"verification_uri":"`+s.Issuer()+"/device")
			_, text = sendWithForgedHost(s, "POST", s.Endpoint(testserver.EndpointUserInfo), url.Values{"access_token": {r.text("access_token")}})
			check("userinfo", text, `"sub":"alice"`)
			_, text = sendWithForgedHost(s, "GET", s.Endpoint(testserver.EndpointEndSession), nil, cookies...)
			check("logout", text)
		})
	}
}

// sendWithHost sends a request with the given Host to the server's address.
func sendWithHost(t *testing.T, client *http.Client, method, u, host string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestUnknownHostsAreMisdirected(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"HTTP/1.1": nil, "HTTP/2": {testserver.TLS()}, "another issuer": {testserver.IssuerURL("http://as.example/tenant")}} {
		s := testserver.New(t, append(opts, testserver.Interactive(), testserver.Registration())...)
		at, err := url.Parse(s.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			t.Fatal(err)
		}
		port := ":" + at.Port()
		for _, host := range []string{"evil.example", "evil.example" + port, "127.0.0.1.evil.example", "localhost.evil.example", "evil-localhost", "192.0.2.1" + port, "[2001:db8::1]", "as.example.evil.example", "0.0.0.0" + port} {
			t.Run(name+"/"+host, func(t *testing.T) {
				for _, path := range []string{
					"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks", "/authorize", "/par", "/token", "/introspect", "/revoke", "/userinfo",
					"/device_authorization", "/device", "/register", "/end_session", "/login", "/consent", "/debug", "/none", "/",
				} {
					for _, method := range []string{"GET", "POST", "OPTIONS"} {
						if status, text := sendWithHost(t, s.Client(), method, s.Issuer()+path, host); status != http.StatusMisdirectedRequest || !strings.Contains(text, s.Issuer()) || strings.Contains(text, host) {
							t.Errorf("%s %s: got %d, %s, want 421 and the accepted hosts", method, path, status, text)
						}
					}
				}
			})
		}
		if got := s.Requests(); len(got) != 0 {
			t.Errorf("%s: got %d requests recorded, want none", name, len(got))
		}
	}
}

func TestOwnHostsAreServed(t *testing.T) {
	const issuer = "http://as.example:8080"
	named := testserver.New(t, testserver.IssuerURL(issuer))
	remote := testserver.New(t, testserver.Addr("127.0.0.1:0"), testserver.AllowRemote())
	unstarted, err := testserver.NewUnstarted(testserver.IssuerURL(issuer))
	if err != nil {
		t.Fatal(err)
	}
	mounted := httptest.NewServer(unstarted)
	defer mounted.Close()
	memory := testserver.New(t, testserver.InMemory())
	for name, tt := range map[string]struct {
		client *http.Client
		jwks   string
		hosts  []string
	}{
		"loopback":          {named.Client(), named.Endpoint(testserver.EndpointJWKS), []string{"localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.10:80", "[::1]", "[::1]:9000", "[::ffff:127.0.0.1]"}},
		"the issuer's host": {named.Client(), named.Endpoint(testserver.EndpointJWKS), []string{"as.example", "AS.example", "as.example:8080", "as.example:1"}},
		"AllowRemote":       {remote.Client(), remote.Endpoint(testserver.EndpointJWKS), []string{"as", "192.0.2.1:80"}},
		"mounted":           {mounted.Client(), mounted.URL + "/jwks", []string{"as", "192.0.2.1:80"}},
		"InMemory":          {memory.Client(), memory.Endpoint(testserver.EndpointJWKS), []string{"as", "192.0.2.1:80"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, host := range tt.hosts {
				if status, _ := sendWithHost(t, tt.client, "GET", tt.jwks, host); status != http.StatusOK {
					t.Errorf("%s: got %d, want 200", host, status)
				}
			}
		})
	}
}
