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

// loginAt prepares a login of the mock server's public client.
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

// visit is a user who logs in, and whose browser brings a changed answer.
func visit(t *testing.T, as *testserver.Server, change func(q url.Values)) func(asclient.Page) {
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
		"without openid there is not an ID token": {[]string{"orders:read"}, false},
		"with openid there is an ID token":        {[]string{"openid"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var asked url.Values
			show := func(page asclient.Page) {
				u, _ := url.Parse(page.URL)
				asked = u.Query()
				visit(t, as, func(url.Values) {})(page)
			}
			got, err := loginAt(t.Context(), t, as, tt.scopes, url.Values{"login_hint": {"alice", "bob"}}, show).ByCode(t.Context(), anyPort)
			if err != nil || got.Access == "" || (got.ID != "") != tt.id {
				t.Errorf("got %+v, %v, want tokens", got, err)
			}
			if asked.Has("nonce") != tt.id || asked.Get("state") == "" || asked.Get("code_challenge_method") != "S256" || len(asked["login_hint"]) != 1 || asked.Get("login_hint") != "alice" {
				t.Errorf("got the request %v", asked)
			}
		})
	}
}

func TestAnAnswerThatIsNotOfThisLoginIsNotBelieved(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		change func(q url.Values)
		kind   asclient.Kind
		text   string
	}{
		"it names another issuer":     {func(q url.Values) { q.Set("iss", "https://evil.example.com") }, asclient.InvalidAnswer, "no login: the answer does not name the issuer"},
		"it does not name the issuer": {func(q url.Values) { q.Del("iss") }, asclient.InvalidAnswer, "no login: the answer does not name the issuer"},
		"it has another code":         {func(q url.Values) { q.Set("code", "forged") }, asclient.Refused, "no tokens for the code: the authorization server refuses with 400 Bad Request: invalid_grant"},
		"it is an error":              {func(q url.Values) { q.Del("code"); q.Set("error", "access_denied"); q.Set("error_description", "no") }, asclient.Refused, "no login: the authorization server refuses: access_denied (no)"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loginAt(t.Context(), t, as, nil, nil, visit(t, as, tt.change)).ByCode(t.Context(), anyPort)
			checkError(t, err, tt.kind, tt.text)
			if got != (asclient.Tokens{}) {
				t.Errorf("got %+v beside the error", got)
			}
		})
	}
}

func TestALoginEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := loginAt(ctx, t, testserver.New(t), nil, nil, func(asclient.Page) { cancel() })
	if got, err := l.ByCode(ctx, anyPort); !errors.Is(err, context.Canceled) {
		t.Errorf("got %+v, %v, want that of the context", got, err)
	}
}

func TestAPortThatIsTakenIsNotListenedAt(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	l := loginAt(t.Context(), t, testserver.New(t), nil, nil, func(asclient.Page) { t.Error("a page was shown") })
	_, err = l.ByCode(t.Context(), "http://"+taken.Addr().String()+"/")
	checkError(t, err, asclient.CannotListen, "the redirect URI: listen tcp ")
}

func TestARedirectURIMustLeadToThisMachine(t *testing.T) {
	l := loginAt(t.Context(), t, testserver.New(t), nil, nil, func(asclient.Page) { t.Error("a page was shown") })
	for name, tt := range map[string]struct{ uri, text string }{
		"https is not for it":            {"https://127.0.0.1/", "want one such as"},
		"it does not have a user":        {"http://u@127.0.0.1/", "want one such as"},
		"it does not have a query":       {"http://127.0.0.1/?a=b", "want one such as"},
		"it does not have a fragment":    {"http://127.0.0.1/#a", "want one such as"},
		"it is a URL":                    {"http://127.0.0.1:x/", "want one such as"},
		"its host is not another one":    {"http://app.example.com/", "the host has to be"},
		"its host is not all interfaces": {"http://0.0.0.0/", "the host has to be"},
		"its host is not left out":       {"http:///callback", "the host has to be"},
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
