package testserver_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// push pushes an authorization request of the public client. The pairs are
// alternating names and values to set in the request. push returns the query
// for the authorization endpoint.
func push(t testing.TB, s *testserver.Server, pairs ...string) url.Values {
	t.Helper()
	form := authorizationRequest(pairs...)
	r := formTo(t, s, testserver.EndpointPAR, form.Encode())
	if r.status != http.StatusCreated || !strings.HasPrefix(r.text("request_uri"), "urn:ietf:params:oauth:request_uri:") || r.body["expires_in"] != 90.0 || len(r.body) != 2 {
		t.Fatalf("got %d %v, want a request_uri for 90 seconds", r.status, r.body)
	}
	if got := r.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
	return url.Values{"client_id": form["client_id"], "request_uri": {r.text("request_uri")}}
}

// wantPage sends an authorization request and checks that the response is an
// error page about the request_uri, without a redirect.
func wantPage(t testing.TB, s *testserver.Server, query url.Values) {
	t.Helper()
	if rec, to := authorize(s, query); to != nil || rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "request_uri") {
		t.Errorf("got %d to %v, want a page about the request_uri", rec.Code, to)
	}
}

func TestPushedParametersOverrideTheQuery(t *testing.T) {
	s := testserver.New(t)
	query := push(t, s, "scope", "openid a", "nonce", "pushed", "resource", "https://api.example.com", "state", "mine")
	for name, value := range map[string]string{
		"scope": "openid a b", "nonce": "other", "state": "other", "redirect_uri": "http://127.0.0.1:4712/callback", "response_type": "token", "prompt": "none login",
		"response_mode": "form_post", "code_challenge": s256("other"), "code_challenge_method": "plain", "resource": "https://evil.example", "request": "e30.e30.", "max_age": "x",
	} {
		query.Set(name, value)
	}
	rec, to := authorize(s, query)
	if to == nil || !strings.HasPrefix(to.String(), callback+"?") || to.Query().Get("state") != "mine" || to.Query().Get("iss") != s.Issuer() {
		t.Fatalf("got %d to %v, want the pushed redirect URI and state", rec.Code, to)
	}
	r := wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code"))))
	_, access := verified(t, s, r.text("access_token"))
	_, id := verified(t, s, r.text("id_token"))
	if r.text("scope") != "openid a" || access["aud"] != "https://api.example.com" || id["nonce"] != "pushed" {
		t.Errorf("got scope %q, aud %v and nonce %v, want the pushed ones", r.text("scope"), access["aud"], id["nonce"])
	}
	if e := s.Events()[0]; e.Kind != "pushed" || e.ClientID != "test-public" || e.Fingerprint == "" {
		t.Errorf("got %v, want the push first", e)
	}
}

func TestRequestURIIsSingleUse(t *testing.T) {
	s := testserver.New(t)
	t.Run("T02/a request_uri used again", func(t *testing.T) {
		query := push(t, s)
		if _, to := authorize(s, query); to == nil || to.Query().Get("code") == "" {
			t.Fatalf("got %v, want a code", to)
		}
		wantPage(t, s, query)
	})
	t.Run("T02/a request_uri used again after a refusal", func(t *testing.T) {
		s.DenyNext("access_denied", testserver.Times(1))
		query := push(t, s)
		if _, to := authorize(s, query); to == nil || to.Query().Get("error") != "access_denied" {
			t.Fatalf("got %v, want the error", to)
		}
		wantPage(t, s, query)
	})
}

// Of two concurrent requests with the same request_uri, only one may get a
// code. The first request reads the clock several times. In step n, the test
// sends the second request during the n-th read.
func TestConcurrentRequestURIIsSingleUse(t *testing.T) {
	t.Run("T02/a request_uri by two at once", func(t *testing.T) {
		for step := range 6 {
			look := func() {}
			s := testserver.New(t, testserver.Clock(func() time.Time { look(); return atNoon() }))
			query := push(t, s)
			codes := 0
			count := func(to *url.URL) {
				if to != nil {
					codes++
				}
			}
			looks := 0
			look = func() {
				if looks++; looks == step {
					_, to := authorize(s, query)
					count(to)
				}
			}
			_, to := authorize(s, query)
			count(to)
			if codes != 1 {
				t.Errorf("at %d: got %d codes, want one", step, codes)
			}
		}
	})
}

func TestInvalidRequestURIs(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	for name, change := range map[string]func(url.Values){
		"T02/a request_uri of another client":    func(q url.Values) { q.Set("client_id", "test-client") },
		"T02/a request_uri of an unknown client": func(q url.Values) { q.Set("client_id", "nobody") },
		"T02/a request_uri without client_id":    func(q url.Values) { q.Del("client_id") },
		"T02/a request_uri twice":                func(q url.Values) { q["request_uri"] = append(q["request_uri"], q["request_uri"]...) },
		"T02/client_id twice":                    func(q url.Values) { q["client_id"] = append(q["client_id"], "test-client") },
		"T02/an unknown request_uri":             func(q url.Values) { q.Set("request_uri", "urn:ietf:params:oauth:request_uri:x") },
		"T02/a request_uri from before a reset":  func(url.Values) { s.Reset() },
		"T02/a request_uri that has expired":     func(url.Values) { s.Advance(90 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			query := push(t, s)
			change(query)
			wantPage(t, s, query)
		})
	}
	query := push(t, s)
	s.Advance(90*time.Second - time.Nanosecond)
	if _, to := authorize(s, query); to == nil || to.Query().Get("code") == "" {
		t.Errorf("got %v, want a code until the request_uri expires", to)
	}
}

func TestInvalidPushesAreRefused(t *testing.T) {
	s := testserver.New(t, testserver.Scopes("a"), testserver.Clients(
		testserver.Client{ID: "machine", Secret: "machine-secret", RedirectURIs: []string{callback}, Grants: []testserver.Grant{"client_credentials"}},
	))
	for name, tt := range map[string]struct {
		change []string
		auth   []string
		status int
		code   string
	}{
		"T02/a request_uri in a push":             {[]string{"request_uri", "urn:ietf:params:oauth:request_uri:x"}, nil, 400, "invalid_request"},
		"T02/a request_uri with a URL":            {[]string{"request_uri", "https://app.example/r"}, nil, 400, "invalid_request"},
		"T02/a request object":                    {[]string{"request", "e30.e30."}, nil, 400, "request_not_supported"},
		"T01/an unregistered redirect URI":        {[]string{"redirect_uri", "https://evil.example/"}, nil, 400, "invalid_request"},
		"T03/a script":                            {[]string{"redirect_uri", "javascript:alert(1)"}, nil, 400, "invalid_request"},
		"T02/no redirect URI":                     {[]string{"redirect_uri", "-"}, nil, 400, "invalid_request"},
		"T04/no challenge from a public client":   {[]string{"code_challenge", "-", "code_challenge_method", "-"}, nil, 400, "invalid_request"},
		"T04/plain":                               {[]string{"code_challenge_method", "plain"}, nil, 400, "invalid_request"},
		"T02/response_type token":                 {[]string{"response_type", "token"}, nil, 400, "unsupported_response_type"},
		"T02/a scope that is not the server's":    {[]string{"scope", "b"}, nil, 400, "invalid_scope"},
		"T02/an invalid resource":                 {[]string{"resource", "orders"}, nil, 400, "invalid_target"},
		"T02/an invalid prompt":                   {[]string{"prompt", "x"}, nil, 400, "invalid_request"},
		"T02/a grant that is not the client's":    {[]string{"client_id", "machine", "client_secret", "machine-secret"}, nil, 400, "unauthorized_client"},
		"T10/a client that does not authenticate": {[]string{"client_id", "test-client"}, nil, 401, "invalid_client"},
		"T10/a wrong secret":                      {[]string{"client_id", "test-client", "client_secret", "wrong"}, nil, 401, "invalid_client"},
		"T10/an unknown client":                   {[]string{"client_id", "nobody"}, nil, 401, "invalid_client"},
		"T10/Basic without client_id":             {[]string{"client_id", "-"}, []string{testClient}, 400, "invalid_request"},
		"T10/Basic with another client_id":        {nil, []string{testClient}, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r := formTo(t, s, testserver.EndpointPAR, authorizationRequest(tt.change...).Encode(), tt.auth...)
			wantError(t, r, tt.status, tt.code)
			if r.body["request_uri"] != nil {
				t.Errorf("got %v, want no request_uri", r.body)
			}
		})
	}
	t.Run("T20/a repeated parameter", func(t *testing.T) {
		wantError(t, formTo(t, s, testserver.EndpointPAR, authorizationRequest().Encode()+"&state=t"), 400, "invalid_request")
	})
	wantError(t, formTo(t, s, testserver.EndpointPAR, authorizationRequest("state", strings.Repeat("x", 64<<10)).Encode()), 413, "invalid_request")
}

func TestPushClientAuthentication(t *testing.T) {
	r := newRobot(t, "ES256")
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "robot", JWKS: r.jwks, RedirectURIs: []string{callback}}))
	asserting := func(aud, jti string) []string {
		return []string{"client_id", "robot", "client_assertion_type", assertionType, "client_assertion", r.assert(t, map[string]any{
			"iss": "robot", "sub": "robot", "aud": aud, "jti": jti, "exp": s.Now().Unix() + 60,
		}, r.key)}
	}
	for name, tt := range map[string]struct {
		change, auth []string
	}{
		"client_secret_basic":                    {[]string{"client_id", "test-client"}, []string{testClient}},
		"client_secret_post":                     {[]string{"client_id", "test-client", "client_secret", "test-secret"}, nil},
		"private_key_jwt for the issuer":         {asserting(s.Issuer(), "1"), nil},
		"private_key_jwt for the token endpoint": {asserting(s.Endpoint(testserver.EndpointToken), "2"), nil},
		"private_key_jwt for the PAR endpoint":   {asserting(s.Endpoint(testserver.EndpointPAR), "3"), nil},
		"none":                                   {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			form := authorizationRequest(tt.change...)
			got := formTo(t, s, testserver.EndpointPAR, form.Encode(), tt.auth...)
			_, to := authorize(s, url.Values{"client_id": form["client_id"], "request_uri": {got.text("request_uri")}})
			if to == nil || to.Query().Get("code") == "" {
				t.Errorf("got %d %v and then %v, want a code", got.status, got.body, to)
			}
		})
	}
}

func TestRequirePAR(t *testing.T) {
	for name, opt := range map[string]testserver.Option{
		"by an option": testserver.Clients(testserver.Client{ID: "strict", Public: true, RedirectURIs: []string{callback}, RequirePAR: true}),
		"by a file":    fromFile(`{"clients":[{"id":"strict","public":true,"redirect_uris":["` + callback + `"],"require_pushed_authorization_requests":true}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opt)
			for _, change := range [][]string{nil, {"request_uri", "https://app.example/r"}, {"request_uri", "urn:x"}} {
				_, to := authorize(s, authorizationRequest(append([]string{"client_id", "strict"}, change...)...))
				if to == nil || to.Query().Get("error") != "invalid_request" || to.Query().Get("state") != "s" {
					t.Errorf("got %v, want invalid_request for a request that was not pushed", to)
				}
			}
			if _, to := authorize(s, push(t, s, "client_id", "strict")); to == nil || to.Query().Get("code") == "" {
				t.Errorf("got %v, want a code for a pushed request", to)
			}
		})
	}
}

func TestPushedRequestWithPages(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Users(alice), testserver.Clock(atNoon))
	p := newBrowser(t, s)
	query := push(t, s, "scope", "a b", "state", "state-that-was-pushed")
	first := p.open(query)
	for range 2 { // the user reloads the page
		first = p.open(query)
	}
	if text := first.Body.String(); first.Code != http.StatusOK || strings.Contains(text, "state-that-was-pushed") {
		t.Fatalf("got %d %s, want a login page without parameters of the request", first.Code, text)
	}
	s.Advance(2 * time.Minute) // the request_uri has expired, but not for the browser that shows the page
	p.post(testserver.EndpointLogin, hiddenFields(first, "username", "alice", "password", "alices-password"))
	p.open(query)
	consent := p.open(query) // the user reloads the page
	if consent.Code != http.StatusOK || !strings.Contains(consent.Body.String(), `name="decision"`) {
		t.Fatalf("got %d %s, want the consent", consent.Code, consent.Body)
	}
	t.Run("T02/a request_uri of another browser", func(t *testing.T) { wantPage(t, s, query) })
	s.Advance(2 * time.Minute)
	allow := hiddenFields(consent, "decision", "allow", "scope", "a")
	q := callbackQuery(t, p.post(testserver.EndpointConsent, allow))
	if q.Get("state") != "state-that-was-pushed" || wantTokens(t, exchange(t, s, codeRequest(q.Get("code")))).text("scope") != "a" {
		t.Errorf("got %v, want a code for the allowed scope", q)
	}
	t.Run("T02/a consent sent again", func(t *testing.T) {
		if rec := p.post(testserver.EndpointConsent, allow); rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" {
			t.Errorf("got %d to %q, want a page", rec.Code, rec.Header().Get("Location"))
		}
		if rec := p.open(query); rec.Code != http.StatusBadRequest {
			t.Errorf("got %d, want a page", rec.Code)
		}
	})
	t.Run("T02/a browser that is too slow", func(t *testing.T) {
		query := push(t, s, "prompt", "login")
		page := p.open(query)
		s.Advance(90*time.Second + 10*time.Minute)
		if rec := p.open(query); page.Code != http.StatusOK || rec.Code != http.StatusBadRequest {
			t.Errorf("got %d and then %d, want it expired", page.Code, rec.Code)
		}
	})
}

func TestPushedIDTokenHint(t *testing.T) {
	for name, s := range map[string]*testserver.Server{"not persisted": testserver.New(t, testserver.Users(alice)), "persisted": startPersisted(t, statePath(t), testserver.Users(alice))} {
		for sub, want := range map[string]string{"alice": "", "bob": "login_required"} {
			query := push(t, s, "id_token_hint", s.IDToken(testserver.Subject(sub)))
			if _, to := authorize(s, query); to == nil || to.Query().Get("error") != want {
				t.Errorf("%s: got %v for a hint for %s, want the error %q", name, to, sub, want)
			}
		}
	}
}

func TestPushedRequestsSurviveARestart(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path)
	waits, used := push(t, one, "scope", "a"), push(t, one)
	if _, to := authorize(one, used); to == nil {
		t.Fatal("got no redirect")
	}
	closeServer(t, one)
	two := startPersisted(t, path)
	wantPage(t, two, used)
	_, to := authorize(two, waits)
	if to == nil || wantTokens(t, exchange(t, two, codeRequest(to.Query().Get("code")))).text("scope") != "a" {
		t.Errorf("got %v, want a code", to)
	}
}

func TestWithoutPAR(t *testing.T) {
	for _, ep := range []testserver.Endpoint{testserver.EndpointPAR, testserver.EndpointAuthorize, testserver.EndpointToken} {
		doc := getJSONOf(t, testserver.New(t, testserver.Disable(ep)), testserver.EndpointDiscovery)
		if doc["pushed_authorization_request_endpoint"] != nil || doc["require_pushed_authorization_requests"] != nil {
			t.Errorf("without %s: got %v, want nothing about pushed requests", ep, doc)
		}
	}
	s := testserver.New(t, testserver.Disable(testserver.EndpointPAR))
	if _, to := authorize(s, authorizationRequest("request_uri", "urn:ietf:params:oauth:request_uri:x")); to == nil || to.Query().Get("error") != "request_uri_not_supported" {
		t.Errorf("got %v, want request_uri_not_supported", to)
	}
	if got := fmt.Sprint(getJSONOf(t, testserver.New(t), testserver.EndpointDiscovery)["require_pushed_authorization_requests"]); got != "false" {
		t.Errorf("got require_pushed_authorization_requests %s, want false", got)
	}
}
