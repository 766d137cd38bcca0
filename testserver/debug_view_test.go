package testserver_test

import (
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// debugText returns the requests on the debug page as text, without markup.
// Without a query, it also returns the rest of the page.
func debugText(t *testing.T, s *testserver.Server, query string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest("GET", "http://127.0.0.1/debug"+query, nil))
	if rec.Code != 200 {
		t.Fatalf("got %d %s, want the page", rec.Code, rec.Body)
	}
	_, requests, _ := strings.Cut(rec.Body.String(), `id="requests"`)
	requests, rest, _ := strings.Cut(requests, `id="registered"`)
	if strings.HasPrefix(query, "?") {
		rest = ""
	}
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(requests[strings.Index(requests, `class="rows"`):]+rest, " ")
	return strings.Join(strings.Fields(text), " ")
}

func TestDebugPageGroupsAndFiltersRequests(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Clock(atNoon), testserver.Users(alice))
	for range 3 {
		get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	}
	s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(4))
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, testClient)
	get(t, s.Client(), s.Issuer()+"/nothing")
	all := debugText(t, s, "")
	for _, want := range []string{
		"2026-", "GET jwks 200 × 3", "GET jwks 503 injected", "POST token 200 test-client", "GET no endpoint 404", "alice Alice · alice@example.com",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("got %s, want %q in it", all, want)
		}
	}
	for query, want := range map[string][4]bool{ // whether the page has a row for jwks, token and "no endpoint", and the text for no matching rows
		"?endpoint=jwks":                       {true, false, false, false},
		"?client=test-client":                  {false, true, false, false},
		"?endpoint=token&client=test-client":   {false, true, false, false},
		"?endpoint=no+endpoint":                {false, false, true, false},
		"?endpoint=jwks&client=test-client":    {false, false, false, true},
		"?endpoint=%3Cscript%3E&client=%22%27": {false, false, false, true},
	} {
		text := debugText(t, s, query)
		got := [4]bool{strings.Contains(text, "GET jwks"), strings.Contains(text, "POST token"), strings.Contains(text, "no endpoint"), strings.Contains(text, "none that match")}
		if got != want {
			t.Errorf("%s: got %v of %s, want %v", query, got, text, want)
		}
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest("GET", "http://127.0.0.1/debug", nil))
	for _, want := range []string{"1 request so far, 3 to come", s.Now().UTC().Format("2006-01-02 15:04:05") + " UTC", `href="/jwks"`} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("got no %q on the page", want)
		}
	}
}

// The error page for an unregistered URI shows the client, the URI that the
// client sent and the URIs that are registered.
func TestErrorPages(t *testing.T) {
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "web", Secret: "s", RedirectURIs: []string{"https://app.example/cb"}, PostLogoutRedirectURIs: []string{"https://app.example/bye"}}))
	for name, tt := range map[string]struct {
		u    string
		want []string
	}{
		"a redirect URI": {s.Endpoint(testserver.EndpointAuthorize) + "?" + authorizationRequest("client_id", "web", "redirect_uri", "https://app.example/CB").Encode(),
			[]string{"sent a redirect_uri that is not registered", ">web<", ">https://app.example/CB<", ">https://app.example/cb<", "bearerguard client add"}},
		"a client": {s.Endpoint(testserver.EndpointAuthorize) + "?" + authorizationRequest("client_id", "wbe").Encode(),
			[]string{"not registered with this server", ">wbe<", "bearerguard client add"}},
		"a logout": {s.Endpoint(testserver.EndpointEndSession) + "?client_id=web&post_logout_redirect_uri=https://app.example/",
			[]string{"sent a post_logout_redirect_uri that is not registered", ">web<", ">https://app.example/<", ">https://app.example/bye<"}},
		"a logout without a client": {s.Endpoint(testserver.EndpointEndSession) + "?post_logout_redirect_uri=https://app.example/",
			[]string{"The request is invalid: post_logout_redirect_uri requires client_id or id_token_hint"}},
	} {
		rec := serve(s, "GET", tt.u)
		for _, want := range tt.want {
			if rec.Code != 400 || !strings.Contains(rec.Body.String(), want) {
				t.Errorf("%s: got %d %s, want %q in it", name, rec.Code, rec.Body, want)
			}
		}
	}
}

func TestScopeDescriptions(t *testing.T) {
	s := testserver.New(t, testserver.Interactive(), testserver.Users(alice), fromFile(`{"scope_descriptions":{"orders:read":"See your orders.","email":"Write to you."}}`))
	page := newBrowser(t, s).signIn(authorizationRequest("scope", "openid email orders:read stock")).Body.String()
	for _, want := range []string{"Know who you are.", "Write to you.", "See your orders.", "The API decides what this allows."} {
		if strings.Count(page, want) != 1 {
			t.Errorf("got %s, want %q once", page, want)
		}
	}
	login := newBrowser(t, s).open(authorizationRequest()).Body.String()
	for _, want := range []string{">Alice<", ">alice@example.com<"} {
		if !strings.Contains(login, want) {
			t.Errorf("got a login page without %s", want)
		}
	}
	if _, err := testserver.FormatConfig(strings.NewReader(`{"scope_descriptions":{"a b":"x","c":""}}`), false); err == nil ||
		!strings.Contains(err.Error(), `scope_descriptions["a b"]: is not a scope`) || !strings.Contains(err.Error(), "scope_descriptions.c") {
		t.Errorf("got %v, want an error that lists both faults", err)
	}
}
