package asclient_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/testserver"
)

const anyPort = "http://127.0.0.1:0/callback"

// loginAt prepares a login at the mock server with the client test-public.
func loginAt(ctx context.Context, t *testing.T, as *testserver.Server, scopes []string, params url.Values, show func(page asclient.Page)) *asclient.Login {
	t.Helper()
	client, err := asclient.Discover(ctx, asclient.Config{Issuer: as.Issuer(), ID: "test-public"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := client.NewLogin(scopes, params, func(_ context.Context, page asclient.Page) { show(page) })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// completeLogin returns a function that logs in the user, applies change to the
// parameters of the authorization response, and sends the response to the
// callback.
func completeLogin(t *testing.T, as *testserver.Server, change func(q url.Values)) func(asclient.Page) {
	return func(page asclient.Page) {
		back := as.Login(t, page.URL)
		q := back.Query()
		change(q)
		back.RawQuery = q.Encode()
		resp, err := http.Get(back.String())
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
	}
}

func TestALoginByCodeReturnsTokens(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		scopes []string
		id     bool
	}{
		"without openid":                {[]string{"orders:read"}, false},
		"with openid, with an ID token": {[]string{"openid"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var request url.Values
			show := func(page asclient.Page) {
				u, _ := url.Parse(page.URL)
				request = u.Query()
				completeLogin(t, as, func(url.Values) {})(page)
			}
			got, err := loginAt(t.Context(), t, as, tt.scopes, url.Values{"login_hint": {"alice", "bob"}}, show).ByCode(t.Context(), anyPort)
			if err != nil || got.Access == "" || (got.ID != "") != tt.id {
				t.Errorf("got %+v, %v, want tokens", got, err)
			}
			if request.Has("nonce") != tt.id || request.Get("state") == "" || request.Get("code_challenge_method") != "S256" || len(request["login_hint"]) != 1 || request.Get("login_hint") != "alice" {
				t.Errorf("got the request %v", request)
			}
		})
	}
}

func TestAnInvalidAnswerFailsTheLogin(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		change func(q url.Values)
		kind   asclient.Kind
		text   string
	}{
		"another issuer": {func(q url.Values) { q.Set("iss", "https://evil.example.com") }, asclient.InvalidAnswer, "login failed: the iss parameter of the answer is missing or wrong"},
		"no issuer":      {func(q url.Values) { q.Del("iss") }, asclient.InvalidAnswer, "login failed: the iss parameter of the answer is missing or wrong"},
		"another code":   {func(q url.Values) { q.Set("code", "forged") }, asclient.Refused, "code exchange failed: the authorization server refuses with 400 Bad Request: invalid_grant"},
		"an error":       {func(q url.Values) { q.Del("code"); q.Set("error", "access_denied"); q.Set("error_description", "no") }, asclient.Refused, "login failed: the authorization server refuses: access_denied (no)"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loginAt(t.Context(), t, as, nil, nil, completeLogin(t, as, tt.change)).ByCode(t.Context(), anyPort)
			checkError(t, err, tt.kind, tt.text)
			if got != (asclient.Tokens{}) {
				t.Errorf("got %+v with the error", got)
			}
		})
	}
}

func TestALoginEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := loginAt(ctx, t, testserver.New(t), nil, nil, func(asclient.Page) { cancel() })
	if got, err := l.ByCode(ctx, anyPort); !errors.Is(err, context.Canceled) {
		t.Errorf("got %+v, %v, want context.Canceled", got, err)
	}
}

func TestAPortInUseIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	l := loginAt(t.Context(), t, testserver.New(t), nil, nil, func(asclient.Page) { t.Error("a page was shown") })
	_, err = l.ByCode(t.Context(), "http://"+taken.Addr().String()+"/")
	checkError(t, err, asclient.CannotListen, "the redirect URI: listen tcp ")
}

func TestARedirectURIMustBeOnLoopback(t *testing.T) {
	l := loginAt(t.Context(), t, testserver.New(t), nil, nil, func(asclient.Page) { t.Error("a page was shown") })
	for name, tt := range map[string]struct{ uri, text string }{
		"https":          {"https://127.0.0.1/", "such as http://127.0.0.1:0/callback"},
		"a user":         {"http://u@127.0.0.1/", "such as http://127.0.0.1:0/callback"},
		"a query":        {"http://127.0.0.1/?a=b", "such as http://127.0.0.1:0/callback"},
		"a fragment":     {"http://127.0.0.1/#a", "such as http://127.0.0.1:0/callback"},
		"not a URL":      {"http://127.0.0.1:x/", "such as http://127.0.0.1:0/callback"},
		"another host":   {"http://app.example.com/", "the host must be"},
		"all interfaces": {"http://0.0.0.0/", "the host must be"},
		"no host":        {"http:///callback", "the host must be"},
	} {
		t.Run(name, func(t *testing.T) {
			checkError(t, asclient.CheckRedirect(tt.uri), asclient.InvalidRedirect, tt.text)
			_, err := l.ByCode(t.Context(), tt.uri)
			checkError(t, err, asclient.InvalidRedirect, tt.text)
		})
	}
	for _, uri := range []string{anyPort, "http://localhost/", "http://[::1]:8080/x"} {
		if err := asclient.CheckRedirect(uri); err != nil {
			t.Errorf("got %v for %s", err, uri)
		}
	}
}
