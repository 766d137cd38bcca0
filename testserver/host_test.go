package testserver_test

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

var jwtText = regexp.MustCompile(`eyJ[\w-]*\.(eyJ[\w-]*)\.[\w-]*`)

// elsewhere sends a request that claims another host in every way there is, and
// returns the answer with all that it says, the claims of tokens included.
func elsewhere(s *testserver.Server, method, u string, form url.Values, cookies ...*http.Cookie) (*httptest.ResponseRecorder, string) {
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
	var said strings.Builder
	_ = rec.Header().Write(&said)
	said.WriteString(html.UnescapeString(rec.Body.String()))
	for _, m := range jwtText.FindAllStringSubmatch(rec.Body.String(), -1) {
		claims, _ := base64.RawURLEncoding.DecodeString(m[1])
		said.Write(claims)
	}
	return rec, said.String()
}

func TestNoRequestMovesTheServer(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"plain": nil, "behind a path": {testserver.IssuerURL("https://as.example/tenant")}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Interactive(), testserver.Users(testserver.User{Sub: "alice", Password: "alices-password"}))...)
			check := func(what string, said string, parts ...string) {
				t.Helper()
				if strings.Contains(said, "evil.example") {
					t.Errorf("%s: got %s, want nothing of the claimed host", what, said)
				}
				wantAll(t, said, parts...)
			}
			iss := `"iss":"` + s.Issuer() + `"`
			for _, ep := range []testserver.Endpoint{testserver.Discovery, testserver.ASMetadata} {
				_, said := elsewhere(s, "GET", s.Endpoint(ep), nil)
				check(string(ep), said, `"issuer":"`+s.Issuer()+`"`, `"token_endpoint":"`+s.Endpoint(testserver.TokenEP)+`"`)
			}
			authorize := s.Endpoint(testserver.Authorize) + "?" + authorizing("scope", "openid").Encode()
			page, said := elsewhere(s, "GET", authorize, nil)
			check("the login page", said)
			if cookies := page.Result().Cookies(); len(cookies) != 1 || cookies[0].Domain != "" {
				t.Fatalf("got cookies %v, want one for this host alone", cookies)
			}
			page, said = elsewhere(s, "POST", s.Endpoint(testserver.LoginPage), carried(page, "username", "alice", "password", "alices-password"), page.Result().Cookies()...)
			check("the login", said, "Location: "+s.Endpoint(testserver.Authorize)+"?")
			cookies := page.Result().Cookies()
			page, said = elsewhere(s, "GET", page.Header().Get("Location"), nil, cookies...)
			check("the consent page", said)
			page, said = elsewhere(s, "POST", s.Endpoint(testserver.ConsentPage), carried(page, "decision", "allow", "scope", "openid"), cookies...)
			check("the answer", said, "Location: "+callback+"?", url.QueryEscape(s.Issuer()))

			rec, said := elsewhere(s, "POST", s.Endpoint(testserver.TokenEP), redeeming(answerOf(t, page).Get("code")))
			check("tokens", said, iss)
			r := reply{body: parse(rec.Body.Bytes())}
			_, said = elsewhere(s, "POST", s.Endpoint(testserver.TokenEP), refreshing(r.text("refresh_token")))
			check("refreshed tokens", said, iss)
			credentials, _ := url.ParseQuery(byPost)
			_, said = elsewhere(s, "POST", s.Endpoint(testserver.TokenEP), values(credentials, "grant_type", "client_credentials"))
			check("client credentials", said, iss)
			_, said = elsewhere(s, "POST", s.Endpoint(testserver.Introspect), values(credentials, "token", r.text("access_token")))
			check("introspection", said, `"active":true`, iss)
			_, said = elsewhere(s, "POST", s.Endpoint(testserver.DeviceAuthorization), url.Values{"client_id": {"test-public"}})
			check("a device", said, `"verification_uri":"`+s.Issuer()+"/device")
			_, said = elsewhere(s, "POST", s.Endpoint(testserver.UserInfo), url.Values{"access_token": {r.text("access_token")}})
			check("userinfo", said, `"sub":"alice"`)
			_, said = elsewhere(s, "GET", s.Endpoint(testserver.EndSession), nil, cookies...)
			check("logout", said)
		})
	}
}
