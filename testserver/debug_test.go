package testserver_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// debugBrowser is a browser that has the debug page open.
type debugBrowser struct {
	*browser
	page *httptest.ResponseRecorder
}

func openDebugPage(t *testing.T, opts ...testserver.Option) *debugBrowser {
	s := testserver.New(t, append(opts, testserver.Interactive())...)
	d := &debugBrowser{browser: newBrowser(t, s)}
	d.reload()
	return d
}

func (d *debugBrowser) reload() string {
	d.t.Helper()
	d.page = d.send(httptest.NewRequest("GET", d.s.Issuer()+"/debug", nil))
	if d.page.Code != http.StatusOK {
		d.t.Fatalf("got %d %s, want the debug page", d.page.Code, d.page.Body)
	}
	_, main, _ := strings.Cut(d.page.Body.String(), "<main")
	return html.UnescapeString(main)
}

// submit posts the form of the page. The pairs change fields of the form.
// header contains additional header fields of the request.
func (d *debugBrowser) submit(header http.Header, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for name, value := range hiddenFields(d.page) {
		form[name] = value
	}
	r := httptest.NewRequest("POST", d.s.Issuer()+"/debug", strings.NewReader(values(form, pairs...).Encode()))
	r.Header.Set("Content-Type", formType)
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	if _, ok := header["Host"]; ok {
		r.Host = header.Get("Host")
	}
	return d.send(r)
}

var minted = regexp.MustCompile(`<textarea[^>]*>([^<]*)</textarea>`)

// token returns the token that the page in rec shows, or "" if the page does
// not show a token.
func (d *debugBrowser) token(rec *httptest.ResponseRecorder) string {
	if m := minted.FindStringSubmatch(rec.Body.String()); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

func TestDebugPageShowsTheServer(t *testing.T) {
	const secret = "a-secret-that-must-not-be-shown"
	d := openDebugPage(t, testserver.Clients(testserver.Client{ID: "web", Secret: secret, RedirectURIs: []string{"https://app.example/cb"}, Scopes: []string{"orders:read"}}))
	s := d.s
	exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}}, basic("web:"+secret))
	s.Inject(testserver.EndpointJWKS, testserver.Status(503))
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	page := d.reload()
	wantAll(t, page, s.Issuer(), "test-client", "test-public", "web", "https://app.example/cb", "client_credentials",
		s.SigningKey().ID, "ES256", "signs", "published", "503", "injected", "expired", "Authorization", "Basic ")
	for _, not := range []string{secret, "test-secret", "test-password"} {
		if strings.Contains(page, not) {
			t.Errorf("got %q in the page, want no secret", not)
		}
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
		if got := d.page.Header().Get(name); got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
	if list := s.Requests(); len(list) != 2 || s.Count(testserver.EndpointAny) != 2 {
		t.Errorf("got %d requests, want 2: requests to the debug page are not recorded", len(list))
	}
}

func TestFaultsDoNotAffectTheDebugPage(t *testing.T) {
	d := openDebugPage(t)
	d.s.Inject(testserver.EndpointAny, testserver.Status(500))
	d.reload()
}

func TestDebugPageRotatesKeys(t *testing.T) {
	for name, alg := range map[string]testserver.Alg{"a key pair": "ES256", "a shared secret": "HS256"} {
		t.Run(name, func(t *testing.T) {
			d := openDebugPage(t, testserver.SigningAlg(alg))
			d.s.Publish(testserver.GenerateKey("EdDSA", "foreign"))
			before := d.s.SigningKey().ID
			rec := d.submit(nil, "do", "rotate")
			if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/debug" {
				t.Fatalf("got %d to %q, want 303 to the page", rec.Code, rec.Header().Get("Location"))
			}
			after := d.s.SigningKey().ID
			if after == before {
				t.Errorf("got the old key %s, want a new key", after)
			}
			wantAll(t, d.reload(), after, "foreign")
		})
	}
}

func TestDebugPageMintsTokens(t *testing.T) {
	d := openDebugPage(t, testserver.Audience("orders", "billing"), testserver.AccessTTL(90*time.Minute))
	wantAll(t, d.reload(), `value="orders billing"`, `value="1h30m"`, `value="test-client"`)
	full := []string{"do", "mint", "client_id", "web", "sub", "alice", "aud", "orders", "scope", "a  b", "expires_in", "1m", "defect", ""}
	for name, tt := range map[string]struct {
		change []string
		want   map[string]any
	}{
		"all fields":        {nil, map[string]any{"client_id": "web", "sub": "alice", "aud": "orders", "scope": "a b"}},
		"several audiences": {[]string{"aud", "orders billing"}, map[string]any{"aud": []any{"orders", "billing"}}},
		"empty fields":      {[]string{"client_id", "", "sub", "", "aud", "", "scope", "", "expires_in", ""}, map[string]any{"client_id": nil, "sub": nil, "aud": nil, "scope": nil, "exp": nil}},
		"a defect":          {[]string{"defect", "wrong-audience"}, map[string]any{"sub": "alice"}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := d.submit(nil, append(slices.Clone(full), tt.change...)...)
			if rec.Code != http.StatusOK || rec.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("got %d with Cache-Control %q, want 200 and no-store", rec.Code, rec.Header().Get("Cache-Control"))
			}
			_, claims := verified(t, d.s, d.token(rec))
			for claim, want := range tt.want {
				if got := claims[claim]; !reflect.DeepEqual(got, want) {
					t.Errorf("got %s %v, want %v", claim, got, want)
				}
			}
			if name == "a defect" && reflect.DeepEqual(claims["aud"], "orders") {
				t.Error("got the right audience, want the defect")
			}
			if strings.Contains(d.reload(), d.token(rec)) {
				t.Error("got the token a second time, want it shown only once")
			}
		})
	}
	for name, change := range map[string][]string{
		"a malformed scope":                      {"scope", `a"b`},
		"a malformed time":                       {"expires_in", "soon"},
		"an unknown defect":                      {"defect", "none-such"},
		"a defect that a correct API may accept": {"defect", "no-kid"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := d.submit(nil, append(slices.Clone(full), change...)...)
			if d.token(rec) != "" || !strings.Contains(rec.Body.String(), `role="alert"`) || !strings.Contains(rec.Body.String(), `value="alice"`) {
				t.Errorf("got %d %s, want an error, and the fields kept", rec.Code, rec.Body)
			}
		})
	}
}

func TestDebugPageOffersEveryDefect(t *testing.T) {
	page := openDebugPage(t).reload()
	for d := range testserver.Defects() {
		wantAll(t, page, `<option value="`+string(d)+`"`)
	}
}

func TestDebugPageDoesNotUseUpTheSeed(t *testing.T) {
	tokens := func(look bool) string {
		s := testserver.New(t, testserver.Seed("x"), testserver.InMemory(), testserver.Interactive(), testserver.Clock(func() time.Time { return time.Unix(1e9, 0) }))
		if look {
			newBrowser(t, s).send(httptest.NewRequest("GET", s.Issuer()+"/debug", nil))
		}
		return s.Token()
	}
	if tokens(false) != tokens(true) {
		t.Error("got another token after the debug page was opened, want the same")
	}
}
