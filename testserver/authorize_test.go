package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestRedirectURIs(t *testing.T) {
	web := testserver.Client{ID: "web", Secret: "x", RedirectURIs: []string{"https://app.example/cb", "https://app.example:8443/cb?tenant=1", "com.example.app:/cb", "http://127.0.0.1/cb"}}
	s := testserver.New(t, testserver.Clients(web))
	for name, tt := range map[string]struct {
		uri string
		ok  bool
	}{
		"T01/the registered one":               {"https://app.example/cb", true},
		"T01/another registered one":           {"https://app.example:8443/cb?tenant=1", true},
		"T01/the scheme of an application":     {"com.example.app:/cb", true},
		"T01/another port of loopback":         {"http://127.0.0.1:65535/cb", true},
		"T01/no port of loopback":              {"http://127.0.0.1/cb", true},
		"T01/a prefix":                         {"https://app.example/c", false},
		"T01/a suffix":                         {"https://app.example/cbx", false},
		"T01/a path below":                     {"https://app.example/cb/x", false},
		"T01/a trailing slash":                 {"https://app.example/cb/", false},
		"T01/two dots":                         {"https://app.example/x/../cb", false},
		"T01/two dots, encoded":                {"https://app.example/cb/%2e%2e/cb", false},
		"T01/another case of the path":         {"https://app.example/CB", false},
		"T01/another case of the host":         {"https://APP.example/cb", false},
		"T01/another scheme":                   {"http://app.example/cb", false},
		"T01/a subdomain":                      {"https://evil.app.example/cb", false},
		"T01/a host that begins alike":         {"https://app.example.evil.example/cb", false},
		"T01/a host that ends in a dot":        {"https://app.example./cb", false},
		"T01/a user":                           {"https://app.example@evil.example/cb", false},
		"T01/a user of the right host":         {"https://u@app.example/cb", false},
		"T01/a port":                           {"https://app.example:444/cb", false},
		"T01/the port that is the default":     {"https://app.example:443/cb", false},
		"T01/a query":                          {"https://app.example/cb?x=y", false},
		"T01/an empty query":                   {"https://app.example/cb?", false},
		"T01/more of a query":                  {"https://app.example:8443/cb?tenant=1&x=y", false},
		"T01/a fragment":                       {"https://app.example/cb#x", false},
		"T01/an empty fragment":                {"https://app.example/cb#", false},
		"T01/a space":                          {" https://app.example/cb", false},
		"T01/a line break":                     {"https://app.example/cb\r\nX: y", false},
		"T01/a backslash":                      {`https://app.example\@evil.example/cb`, false},
		"T01/localhost instead of an IP":       {"http://localhost:4711/cb", false},
		"T01/another loopback IP":              {"http://127.0.0.2:4711/cb", false},
		"T01/an IP in another spelling":        {"http://127.1:4711/cb", false},
		"T01/IPv6":                             {"http://[::1]:4711/cb", false},
		"T01/loopback over TLS":                {"https://127.0.0.1:4711/cb", false},
		"T01/another path of loopback":         {"http://127.0.0.1:4711/cb2", false},
		"T01/a query of loopback":              {"http://127.0.0.1:4711/cb?x", false},
		"T01/an invalid port":                  {"http://127.0.0.1:x/cb", false},
		"T01/a port that is too high":          {"http://127.0.0.1:65536/cb", false},
		"T01/an empty port":                    {"http://127.0.0.1:/cb", false},
		"T01/a user after the port":            {"http://127.0.0.1:80@evil.example/cb", false},
		"T01/a host that begins like loopback": {"http://127.0.0.1.evil.example/cb", false},
		"T01/nothing":                          {"", false},
		"T03/a script":                         {"javascript:alert(1)", false},
	} {
		t.Run(name, func(t *testing.T) {
			rec, to := authorize(s, authorizationRequest("client_id", "web", "redirect_uri", tt.uri))
			if tt.ok {
				if to == nil || !strings.HasPrefix(to.String(), tt.uri) || to.Query().Get("code") == "" {
					t.Errorf("got %d to %v, want a code at %s", rec.Code, to, tt.uri)
				}
				return
			}
			if rec.Code != http.StatusBadRequest || to != nil || rec.Header().Get("Refresh") != "" || !strings.Contains(rec.Header().Get("Content-Type"), "text/html") {
				t.Errorf("got %d to %v, want a page with 400 and no redirect", rec.Code, to)
			}
			// If a URI was sent, the error page shows it and the registered
			// ones as text, without links.
			page := rec.Body.String()
			named := strings.Contains(page, "<bdi>Sent</bdi>") && strings.Contains(page, "<bdi>Registered</bdi>")
			if named != (tt.uri != "") || strings.Contains(page, "href=") || strings.Contains(page, "<form") {
				t.Errorf("got the page %s, want the sent and the registered URI as text", page)
			}
		})
	}
}

func TestInvalidRedirectURIsAreRefused(t *testing.T) {
	for name, uri := range map[string]string{
		"T03/a script": "javascript:alert(1)", "T03/a script in another case": "JavaScript:alert(1)", "T03/a document": "data:text/html,x",
		"T03/an old script": "vbscript:x", "T03/a fragment": "https://app.example/#x", "T03/no scheme": "/cb", "T03/no host": "https:///cb",
		"T03/a user": "https://u@app.example/cb", "T03/a line break": "https://app.example/\ncb", "T03/nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			text := fatalText(t, func(tb *recorder) {
				testserver.New(tb, testserver.Clients(testserver.Client{ID: "web", Public: true, RedirectURIs: []string{uri}}))
			})
			wantAll(t, text, `client "web": redirect URI`)
			wantAll(t, fatalText(t, func(tb *recorder) {
				testserver.New(tb).AddClient(testserver.Client{RedirectURIs: []string{uri}})
			}), "AddClient: ", "redirect URI")
		})
	}
}

func TestAuthorizationErrors(t *testing.T) {
	s := testserver.New(t, testserver.Clients(
		testserver.Client{ID: "one", Secret: "x", RedirectURIs: []string{"https://one.example/cb?keep=a%20b"}},
		testserver.Client{ID: "narrow", Secret: "x", RedirectURIs: []string{callback}, Scopes: []string{"a"}},
		testserver.Client{ID: "machine", Secret: "x", RedirectURIs: []string{callback}, Grants: []testserver.Grant{"client_credentials"}},
		testserver.Client{ID: "app", Public: true, RedirectURIs: []string{"com.example.app:/cb"}},
	), testserver.Scopes("a", "b"))
	const errorPage = "page"
	for name, tt := range map[string]struct {
		change []string
		want   string // errorPage, an error code, or "" for a code
	}{
		"T02/a valid request":                            {nil, ""},
		"T02/redirect_uri missing, several registered":   {[]string{"redirect_uri", "-"}, errorPage},
		"T02/redirect_uri missing, one registered":       {[]string{"client_id", "one", "redirect_uri", "-"}, ""},
		"T02/redirect_uri missing, and openid":           {[]string{"client_id", "one", "redirect_uri", "-", "scope", "openid"}, errorPage},
		"T02/client_id missing":                          {[]string{"client_id", "-"}, errorPage},
		"T02/unknown client_id":                          {[]string{"client_id", "nobody"}, errorPage},
		"T02/unknown client_id and other errors":         {[]string{"client_id", "nobody", "response_type", "x", "state", "-"}, errorPage},
		"T02/unregistered redirect_uri and other errors": {[]string{"redirect_uri", "https://evil.example/", "response_type", "x", "prompt", "none"}, errorPage},
		"T02/unregistered redirect_uri without PKCE":     {[]string{"redirect_uri", "https://evil.example/", "code_challenge", "-"}, errorPage},
		"T02/response_type missing":                      {[]string{"response_type", "-"}, "invalid_request"},
		"T02/response_type token":                        {[]string{"response_type", "token"}, "unsupported_response_type"},
		"T02/response_type code token":                   {[]string{"response_type", "code token"}, "unsupported_response_type"},
		"T02/unknown response_mode":                      {[]string{"response_mode", "web_message"}, "invalid_request"},
		"T02/response_mode form_post of an application":  {[]string{"client_id", "app", "redirect_uri", "com.example.app:/cb", "response_mode", "form_post"}, "invalid_request"},
		"T02/a scope that is not the server's":           {[]string{"scope", "a c"}, "invalid_scope"},
		"T02/a scope that is not the client's":           {[]string{"client_id", "narrow", "scope", "b"}, "invalid_scope"},
		"T02/a malformed scope":                          {[]string{"scope", "a  b"}, "invalid_scope"},
		"T02/a grant that is not the client's":           {[]string{"client_id", "machine"}, "unauthorized_client"},
		"T02/a request object":                           {[]string{"request", "e30.e30."}, "request_not_supported"},
		"T02/a request object by reference":              {[]string{"request_uri", "https://app.example/r"}, "request_uri_not_supported"},
		"T02/prompt none and login":                      {[]string{"prompt", "none login"}, "invalid_request"},
		"T02/an invalid prompt":                          {[]string{"prompt", "x"}, "invalid_request"},
		"T02/an invalid max_age":                         {[]string{"max_age", "-1"}, "invalid_request"},
		"T02/an invalid resource":                        {[]string{"resource", "orders"}, "invalid_target"},
		"T02/a resource with a fragment":                 {[]string{"resource", "https://api.example/#x"}, "invalid_target"},
		"T04/no challenge from a public client":          {[]string{"code_challenge", "-", "code_challenge_method", "-"}, "invalid_request"},
		"T04/no challenge from a confidential client":    {[]string{"client_id", "test-client", "code_challenge", "-", "code_challenge_method", "-"}, ""},
		"T04/plain":                        {[]string{"code_challenge", verifier, "code_challenge_method", "plain"}, "invalid_request"},
		"T04/no method, which means plain": {[]string{"code_challenge_method", "-"}, "invalid_request"},
		"T04/a method without a challenge": {[]string{"client_id", "test-client", "code_challenge", "-"}, "invalid_request"},
		"T04/a method in another case":     {[]string{"code_challenge_method", "s256"}, "invalid_request"},
		"T04/a challenge of 42":            {[]string{"code_challenge", s256(verifier)[1:]}, "invalid_request"},
		"T04/a challenge of 44":            {[]string{"code_challenge", s256(verifier) + "A"}, "invalid_request"},
		"T04/a challenge with padding":     {[]string{"code_challenge", s256(verifier) + "="}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			rec, to := authorize(s, authorizationRequest(tt.change...))
			if tt.want == errorPage {
				if to != nil || rec.Code != http.StatusBadRequest {
					t.Errorf("got %d to %v, want a page", rec.Code, to)
				}
				return
			}
			if to == nil {
				t.Fatalf("got %d, want a redirect", rec.Code)
			}
			q := to.Query()
			if q.Get("error") != tt.want || q.Has("code") != (tt.want == "") || q.Get("state") != "s" || q.Get("iss") != s.Issuer() {
				t.Errorf("got %v, want error %q, state and iss", q, tt.want)
			}
		})
	}
}

func TestRepeatedParametersAreRefused(t *testing.T) {
	s := testserver.New(t)
	for name, query := range authorizationRequest("scope", "a", "nonce", "n") {
		t.Run("T20/"+name, func(t *testing.T) {
			q := authorizationRequest("scope", "a", "nonce", "n")
			q[name] = append(query, query...)
			rec, to := authorize(s, q)
			if name == "client_id" || name == "redirect_uri" {
				if to != nil || rec.Code != http.StatusBadRequest {
					t.Errorf("got %d to %v, want a page", rec.Code, to)
				}
				return
			}
			if to == nil || to.Query().Get("error") != "invalid_request" || (to.Query().Get("state") == "s") != (name != "state") {
				t.Errorf("got %d to %v, want invalid_request, and the state unless it is repeated", rec.Code, to)
			}
		})
	}
}

func TestResponseKeepsRedirectQueryAndState(t *testing.T) {
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "one", Secret: "x", RedirectURIs: []string{"https://one.example/cb?keep=a%20b", "https://one.example/?"}}))
	for name, state := range map[string]string{
		"T09/plain": "xyz", "T09/with characters that need encoding": "a b+c&d=e%20%2B#é\x00\r\n\"<", "T09/long": strings.Repeat("x", 4000),
	} {
		t.Run(name, func(t *testing.T) {
			for _, uri := range []string{"https://one.example/cb?keep=a%20b", "https://one.example/?"} {
				rec, to := authorize(s, authorizationRequest("client_id", "one", "redirect_uri", uri, "state", state))
				if to == nil || !strings.HasPrefix(rec.Header().Get("Location"), uri) || strings.Contains(rec.Header().Get("Location"), "?&") {
					t.Fatalf("got %d to %v, want the query of the redirect URI kept", rec.Code, to)
				}
				if got := to.Query()["state"]; len(got) != 1 || got[0] != state {
					t.Errorf("got state %q, want %q", got, state)
				}
			}
		})
	}
	for name, change := range map[string][]string{"absent": {"state", "-"}, "absent from an error": {"state", "-", "response_type", "x"}} {
		if _, to := authorize(s, authorizationRequest(change...)); to == nil || to.Query().Has("state") {
			t.Errorf("%s: got %v, want no state", name, to)
		}
	}
}

func TestEveryResponseHasTheIssuer(t *testing.T) {
	s := testserver.New(t)
	for name, change := range map[string][]string{"T14/a code": nil, "T14/an error": {"response_type", "x"}} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", s.Endpoint(testserver.EndpointAuthorize)+"?"+authorizationRequest(change...).Encode(), nil)
			r.Host = "evil.example"
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			to, err := rec.Result().Location()
			if err != nil || to.Query().Get("iss") != s.Issuer() {
				t.Errorf("got %v, want iss %s", to, s.Issuer())
			}
			doc := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointASMetadata))
			if doc["issuer"] != s.Issuer() || doc["authorization_response_iss_parameter_supported"] != true {
				t.Errorf("got %v, want the issuer and the iss parameter advertised", doc)
			}
		})
	}
}

func TestFormPost(t *testing.T) {
	s := testserver.New(t)
	t.Run("T12/form_post", func(t *testing.T) {
		rec, _ := authorize(s, authorizationRequest("response_mode", "form_post", "state", `"><script>`))
		if page := rec.Body.String(); rec.Code != http.StatusOK || strings.Contains(page, `"><script>`) {
			t.Errorf("got %d %s, want a page without the markup of the state", rec.Code, page)
		}
	})
	to := s.Login(t, s.Endpoint(testserver.EndpointAuthorize)+"?"+authorizationRequest("response_mode", "form_post").Encode())
	if q := to.Query(); q.Get("code") == "" || q.Get("state") != "s" || q.Get("iss") != s.Issuer() {
		t.Errorf("got %v, want code, state and iss", to)
	}
	wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code"))))
}

func TestAuthorizationByPOST(t *testing.T) {
	s := testserver.New(t)
	t.Run("T15/by POST", func(t *testing.T) {
		rec := postTo(s, s.Endpoint(testserver.EndpointAuthorize), authorizationRequest())
		to, err := rec.Result().Location()
		if err != nil || rec.Code != http.StatusSeeOther || to.Query().Get("code") == "" {
			t.Errorf("got %d to %v, want 303 with a code", rec.Code, to)
		}
	})
}

func postTo(s *testserver.Server, u string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", u, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", formType)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

func TestUnregisteredClientsArePinned(t *testing.T) {
	s := testserver.New(t, testserver.AllowUnregistered())
	const first, second = "https://new.example/cb", "https://new.example/other"
	for i, tt := range []struct {
		uri string
		ok  bool
	}{{first, true}, {second, false}, {first, true}, {"javascript:x", false}} {
		if rec, to := authorize(s, authorizationRequest("client_id", "new", "redirect_uri", tt.uri)); (to != nil) != tt.ok {
			t.Errorf("%d: got %d to %v, want %v", i, rec.Code, to, tt.ok)
		}
	}
	for name, change := range map[string][]string{
		"T03/a script": {"redirect_uri", "javascript:alert(1)"}, "T03/a fragment": {"redirect_uri", first + "#x"},
		"T03/a long ID": {"client_id", strings.Repeat("x", 257)}, "T03/an ID with a line break": {"client_id", "a\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			if rec, to := authorize(s, authorizationRequest(append([]string{"client_id", "newer", "redirect_uri", first}, change...)...)); to != nil || rec.Code != http.StatusBadRequest {
				t.Errorf("got %d to %v, want a page", rec.Code, to)
			}
		})
	}
	secret := func(secret string) reply {
		code := codeFor(t, s, "client_id", "new", "redirect_uri", first)
		return exchange(t, s, codeRequest(code, "client_id", "new", "redirect_uri", first, "client_secret", secret))
	}
	wantTokens(t, secret("mine"))
	wantError(t, secret("another"), 401, "invalid_client")
	wantTokens(t, secret("mine"))
	const third = "https://third.example/cb" // the client third sends no code_challenge, so it needs a secret
	code := codeFor(t, s, "client_id", "third", "redirect_uri", third, "code_challenge", "-", "code_challenge_method", "-")
	wantError(t, exchange(t, s, codeRequest(code, "client_id", "third", "redirect_uri", third, "code_verifier", "-")), 400, "invalid_grant")
	wantTokens(t, exchange(t, s, codeRequest(code, "client_id", "third", "redirect_uri", third, "code_verifier", "-", "client_secret", "x")))
	if _, to := authorize(testserver.New(t), authorizationRequest("client_id", "new", "redirect_uri", first)); to != nil {
		t.Errorf("got %v without the option, want a page", to)
	}
}
