package metadata_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
	"github.com/bearerguard/bearerguard/proof/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	oidc  = "/.well-known/openid-configuration"
	oauth = "/.well-known/oauth-authorization-server"
)

// server looks up the path of each request in the map answers and calls the
// handler that it finds. For other paths, it answers 404. It logs the paths of
// all requests.
type server struct {
	*httptest.Server
	answers map[string]http.HandlerFunc // set only between requests

	mu  sync.Mutex
	log []string
}

func newServer(t *testing.T, start func(*httptest.Server)) *server {
	t.Helper()
	s := &server{answers: make(map[string]http.HandlerFunc)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.log = append(s.log, r.URL.EscapedPath())
		s.mu.Unlock()
		if handler, ok := s.answers[r.URL.EscapedPath()]; ok {
			handler(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s.Server)
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func document(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
}

func text(issuer, jwksURI string) string {
	return fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, jwksURI)
}

func TestDiscoverTriesTheLocationsInOrder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		path   string // path of the issuer
		answer map[string]int
		found  string // path of the document; "" if the server has no document
		want   []string
		err    error
	}{
		{"an issuer without path has two locations", "", nil, "",
			[]string{oidc, oauth}, fetch.StatusError{Status: http.StatusNotFound}},
		{"an issuer with a path has three", "/realms/a", nil, "",
			[]string{"/realms/a" + oidc, oauth + "/realms/a", "/realms/a" + oauth}, fetch.StatusError{Status: http.StatusNotFound}},
		{"a slash at the end of an issuer is not doubled", "/", nil, "",
			[]string{oidc, oauth}, fetch.StatusError{Status: http.StatusNotFound}},
		{"a slash at the end of a path is not doubled", "/realms/a/", nil, "",
			[]string{"/realms/a" + oidc, oauth + "/realms/a", "/realms/a" + oauth}, fetch.StatusError{Status: http.StatusNotFound}},
		{"an escaped path stays escaped", "/a%2Fb/c%20d", nil, "",
			[]string{"/a%2Fb/c%20d" + oidc, oauth + "/a%2Fb/c%20d", "/a%2Fb/c%20d" + oauth}, fetch.StatusError{Status: http.StatusNotFound}},
		{"no request follows if the first location has it", "/a", nil, "/a" + oidc, []string{"/a" + oidc}, nil},
		{"the second location has it", "/a", nil, oauth + "/a", []string{"/a" + oidc, oauth + "/a"}, nil},
		{"the third location has it", "/a", nil, "/a" + oauth, []string{"/a" + oidc, oauth + "/a", "/a" + oauth}, nil},
		{"a refusal counts as absent", "/a", map[string]int{"/a" + oidc: 403, oauth + "/a": 401}, "/a" + oauth,
			[]string{"/a" + oidc, oauth + "/a", "/a" + oauth}, nil},
		{"status 410 counts as absent", "", map[string]int{oidc: 410}, oauth, []string{oidc, oauth}, nil},
		{"no request follows after 500", "/a", map[string]int{"/a" + oidc: 500}, oauth + "/a",
			[]string{"/a" + oidc}, fetch.StatusError{Status: http.StatusInternalServerError}},
		{"no request follows after 503", "/a", map[string]int{"/a" + oidc: 503}, "/a" + oauth,
			[]string{"/a" + oidc}, fetch.StatusError{Status: http.StatusServiceUnavailable}},
		{"no request follows after 429", "/a", map[string]int{"/a" + oidc: 429}, "/a" + oauth,
			[]string{"/a" + oidc}, fetch.StatusError{Status: http.StatusTooManyRequests}},
		{"no request follows after 502 at the second location", "/a", map[string]int{oauth + "/a": 502}, "/a" + oauth,
			[]string{"/a" + oidc, oauth + "/a"}, fetch.StatusError{Status: http.StatusBadGateway}},
		{"status 204 counts as absent", "", map[string]int{oidc: 204}, oauth, []string{oidc, oauth}, nil},
		{"a redirect without target counts as absent", "", map[string]int{oidc: 302}, oauth, []string{oidc, oauth}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, (*httptest.Server).Start)
			issuer := s.URL + tt.path
			for path, code := range tt.answer {
				s.answers[path] = status(code)
			}
			if tt.found != "" {
				s.answers[tt.found] = document(text(issuer, s.URL+"/keys"))
			}
			got, err := metadata.Discover(t.Context(), s.Client(), issuer, false)
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			want := metadata.Document{}
			if tt.err == nil {
				want.JWKSURI = s.URL + "/keys"
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if log := s.requests(); !slices.Equal(log, tt.want) {
				t.Errorf("got requests to %q, want %q", log, tt.want)
			}
		})
	}
}

// firstAnswer is a test case with an answer at the first location that Discover
// tries.
type firstAnswer struct {
	name   string
	answer http.HandlerFunc
	want   error // the error if no other location has metadata
}

func typed(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
	}
}

// If the answer at one location is not metadata, Discover tries the next
// location (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).
func TestDiscoverSkipsAnswersThatAreNotMetadata(t *testing.T) {
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for _, tt := range []firstAnswer{
		{"an HTML page", typed("text/html; charset=utf-8", "<!doctype html>"), fetch.ErrContentType},
		{"JSON with the media type of HTML", typed("text/html", `{"issuer":"x"}`), fetch.ErrContentType},
		{"an HTML page with the media type of JSON", document("\n<!doctype html>"), metadata.ErrAbsent},
		{"an HTML page without a media type", typed("", "<html>"), metadata.ErrAbsent},
		{"a redirect to an HTML page", redirect("/login"), fetch.ErrContentType},
		{"a redirect to a page of another host", redirect("http://169.254.169.254/"), fetch.ErrRedirect},
		{"a redirect to itself", redirect(oidc), fetch.ErrRedirect},
		{"plain text", typed("text/plain", "not found"), metadata.ErrAbsent},
		{"an empty body", document(""), metadata.ErrAbsent},
		{"an empty object", document(`{}`), metadata.ErrAbsent},
		{"an error in JSON", document(`{"error":"not_found","status":404}`), metadata.ErrAbsent},
		{"JSON without an issuer", document(`{"jwks_uri":"https://evil.example/keys"}`), metadata.ErrAbsent},
		{"JSON with an issuer that is null", document(`{"issuer":null,"jwks_uri":"https://evil.example/keys"}`), metadata.ErrAbsent},
		{"an array", document(`[]`), metadata.ErrAbsent},
		{"null", document(`null`), metadata.ErrAbsent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, (*httptest.Server).Start)
			s.answers[oidc], s.answers["/login"] = tt.answer, typed("text/html", "<form>")
			if _, err := metadata.Discover(t.Context(), s.Client(), s.URL, false); !errors.Is(err, tt.want) {
				t.Errorf("without other metadata: got %v, want %v", err, tt.want)
			}
			s.answers[oauth] = document(text(s.URL, s.URL+"/keys"))
			if got, err := metadata.Discover(t.Context(), s.Client(), s.URL, false); err != nil || got.JWKSURI != s.URL+"/keys" {
				t.Errorf("got %+v, %v, want the metadata at the other location", got, err)
			}
		})
	}
}

// If a document is wrong, discovery must stop and report the error. It must not
// try the next location, because another party might control that location.
func TestDiscoverStopsAtAWrongDocument(t *testing.T) {
	for _, tt := range []firstAnswer{
		{"another issuer", document(text("https://other.example", "https://other.example/keys")), metadata.ErrIssuer},
		{"an issuer that is not a string", document(`{"issuer":["https://other.example"]}`), metadata.ErrDocument},
		{"truncated JSON", document(`{"issuer":"https://as.exam`), metadata.ErrDocument},
		{"two issuers", document(`{"issuer":"https://a.example","issuer":"https://b.example"}`), metadata.ErrDocument},
		{"a body that is too large", document(`{"issuer":"` + strings.Repeat("a", fetch.MaxBytes) + `"}`), fetch.ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, (*httptest.Server).Start)
			s.answers[oidc] = tt.answer
			s.answers[oauth] = document(text(s.URL, s.URL+"/keys"))
			got, err := metadata.Discover(t.Context(), s.Client(), s.URL, false)
			if !errors.Is(err, tt.want) || got != (metadata.Document{}) {
				t.Errorf("got %+v, %v, want %v", got, err, tt.want)
			}
			if log := s.requests(); !slices.Equal(log, []string{oidc}) {
				t.Errorf("got requests to %q, want %q", log, oidc)
			}
		})
	}
}

func TestDiscoverIgnoresAByteOrderMark(t *testing.T) {
	s := newServer(t, (*httptest.Server).Start)
	s.answers[oidc] = document("\ufeff" + text(s.URL, s.URL+"/keys"))
	if got, err := metadata.Discover(t.Context(), s.Client(), s.URL, false); err != nil || got.JWKSURI != s.URL+"/keys" {
		t.Errorf("got %+v, %v, want the document behind the mark", got, err)
	}
}

func TestDiscoverStopsWhenTheServerIsDown(t *testing.T) {
	if _, err := metadata.Discover(t.Context(), &http.Client{Transport: &http.Transport{}}, "http://"+program.Address(t), false); !errors.Is(err, fetch.ErrUnreachable) {
		t.Errorf("got %v, want %v", err, fetch.ErrUnreachable)
	}
}

func TestDiscoverOverTLS(t *testing.T) {
	s := newServer(t, (*httptest.Server).StartTLS)
	s.answers[oidc] = document(text(s.URL, s.URL+"/keys"))
	got, err := metadata.Discover(t.Context(), s.Client(), s.URL, false)
	if err != nil || got.JWKSURI != s.URL+"/keys" {
		t.Errorf("got %+v and error %v, want the jwks_uri of the server", got, err)
	}
	s.answers[oidc] = document(text(s.URL, "http://127.0.0.1/keys"))
	if got, err := metadata.Discover(t.Context(), s.Client(), s.URL, false); !errors.Is(err, metadata.ErrEndpoint) {
		t.Errorf("a jwks_uri on http in metadata from https: got %+v, %v, want %v", got, err, metadata.ErrEndpoint)
	}
}

const issuer = "https://as.example/realms/a"

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		uri  string
		want error
	}{
		{"issuer and keys are read", text(issuer, "https://as.example/keys"), "https://as.example/keys", nil},
		{"the order does not matter", `{"jwks_uri":"https://as.example/keys","issuer":"` + issuer + `"}`, "https://as.example/keys", nil},
		{"keys may be on another host", text(issuer, "https://keys.example/a?p=1"), "https://keys.example/a?p=1", nil},
		{"keys may be in a private network", text(issuer, "https://10.0.0.1/keys"), "https://10.0.0.1/keys", nil},
		{"the scheme of the keys may be in capitals", text(issuer, "HTTPS://as.example/keys"), "HTTPS://as.example/keys", nil},
		{"a document without keys passes", `{"issuer":"` + issuer + `"}`, "", nil},
		{"an empty jwks_uri counts as absent", text(issuer, ""), "", nil},
		{"unknown members of any type are ignored", `{"issuer":"` + issuer + `","scopes_supported":["a"],"x":{"y":null},"token_endpoint":1}`, "", nil},
		{"escapes are read", `{"\u0069ssuer":"https:\/\/as.example\/realms\/\u0061"}`, "", nil},

		{"no issuer is refused", `{"jwks_uri":"https://as.example/keys"}`, "", metadata.ErrAbsent},
		{"an empty issuer is refused", text("", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"another issuer is refused", text("https://evil.example/realms/a", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"another path is refused", text("https://as.example/realms/b", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"an extra slash is refused", text(issuer+"/", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"a prefix is refused", text("https://as.example", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"a longer issuer is refused", text(issuer+".evil.example", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"another case is refused", text("https://AS.example/realms/a", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"the default port is refused", text("https://as.example:443/realms/a", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"http instead of https is refused", text("http://as.example/realms/a", "https://as.example/keys"), "", metadata.ErrIssuer},
		{"a name in another case is not issuer", `{"Issuer":"` + issuer + `"}`, "", metadata.ErrAbsent},
		{"an issuer inside another member is ignored", `{"x":{"issuer":"` + issuer + `"}}`, "", metadata.ErrAbsent},

		{"an issuer that is null is refused", `{"issuer":null}`, "", metadata.ErrAbsent},
		{"an issuer in an array is refused", `{"issuer":["` + issuer + `"]}`, "", metadata.ErrDocument},
		{"an issuer that is a number is refused", `{"issuer":1}`, "", metadata.ErrDocument},
		{"keys that are null are absent", `{"issuer":"` + issuer + `","jwks_uri":null}`, "", nil},
		{"another issuer with keys that are null is refused", `{"issuer":"https://evil.example","jwks_uri":null}`, "", metadata.ErrIssuer},
		{"keys in an array are refused", `{"issuer":"` + issuer + `","jwks_uri":["https://as.example/keys"]}`, "", metadata.ErrDocument},
		{"keys that are an object are refused", `{"issuer":"` + issuer + `","jwks_uri":{}}`, "", metadata.ErrDocument},
		{"two issuers are refused", `{"issuer":"` + issuer + `","issuer":"` + issuer + `"}`, "", metadata.ErrDocument},
		{"two issuers in two spellings are refused", `{"issuer":"` + issuer + `","\u0069ssuer":"https://evil.example"}`, "", metadata.ErrDocument},
		{"two addresses of keys are refused", `{"issuer":"` + issuer + `","jwks_uri":"https://as.example/a","jwks_uri":"https://as.example/a"}`, "", metadata.ErrDocument},
		{"two of any other member are refused", `{"issuer":"` + issuer + `","x":1,"x":1}`, "", metadata.ErrDocument},
		{"invalid UTF-8 is refused", "{\"issuer\":\"" + issuer + "\",\"x\":\"\xff\"}", "", metadata.ErrDocument},
		{"a byte order mark is refused", "\ufeff{\"issuer\":\"" + issuer + "\"}", "", metadata.ErrAbsent}, // package fetch removes the mark earlier
		{"an array is refused", `[{"issuer":"` + issuer + `"}]`, "", metadata.ErrAbsent},
		{"null is refused", `null`, "", metadata.ErrAbsent},
		{"an empty text is refused", ``, "", metadata.ErrAbsent},
		{"text after the document is refused", `{"issuer":"` + issuer + `"}<!-- -->`, "", metadata.ErrDocument},

		{"keys by http are refused", text(issuer, "http://as.example/keys"), "", metadata.ErrEndpoint},
		{"keys by http on a loopback address are refused", text(issuer, "http://127.0.0.1/keys"), "", metadata.ErrEndpoint},
		{"keys by http on localhost are refused", text(issuer, "http://localhost/keys"), "", metadata.ErrEndpoint},
		{"keys in a file are refused", text(issuer, "file:///etc/passwd"), "", metadata.ErrEndpoint},
		{"keys in a data URL are refused", text(issuer, "data:application/json,{}"), "", metadata.ErrEndpoint},
		{"keys at a relative address are refused", text(issuer, "/keys"), "", metadata.ErrEndpoint},
		{"keys at an address without host are refused", text(issuer, "https:///keys"), "", metadata.ErrEndpoint},
		{"keys at an address with a user name are refused", text(issuer, "https://as.example@evil.example/keys"), "", metadata.ErrEndpoint},
		{"keys at an address with a fragment are refused", text(issuer, "https://as.example/keys#1"), "", metadata.ErrEndpoint},
		{"keys at an address with a line break are refused", text(issuer, "https://as.example/\nkeys"), "", metadata.ErrEndpoint},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := metadata.Parse([]byte(tt.text), issuer, false)
			if err != tt.want || got.JWKSURI != tt.uri { //nolint:errorlint // the constant itself: no text may be added
				t.Errorf("got %q, %v, want %q, %v", got.JWKSURI, err, tt.uri, tt.want)
			}
		})
	}
}

func TestParseAllowsHTTPOnlyForHTTPIssuers(t *testing.T) {
	for _, tt := range []struct {
		name     string
		issuer   string
		keys     string
		insecure bool
		want     error
	}{
		{"a loopback issuer may have loopback keys", "http://127.0.0.1:8080", "http://127.0.0.1:8080/keys", false, nil},
		{"a loopback issuer may have https keys", "http://127.0.0.1:8080", "https://as.example/keys", false, nil},
		{"a loopback issuer may not have keys elsewhere by http", "http://127.0.0.1:8080", "http://as.example/keys", false, metadata.ErrEndpoint},
		{"an https issuer may not have http keys", "https://as.example", "http://127.0.0.1/keys", false, metadata.ErrEndpoint},
		{"an https issuer in capitals may not have http keys", "HTTPS://as.example", "http://127.0.0.1/keys", false, metadata.ErrEndpoint},
		{"an https issuer on a loopback address may not have http keys", "https://127.0.0.1", "http://127.0.0.1/keys", false, metadata.ErrEndpoint},
		{"with InsecureHTTP http is allowed", "http://as.internal", "http://keys.internal/keys", true, nil},
		{"with InsecureHTTP files are refused", "http://as.internal", "file://as.internal/keys", true, metadata.ErrEndpoint},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := metadata.Parse([]byte(text(tt.issuer, tt.keys)), tt.issuer, tt.insecure)
			if !errors.Is(err, tt.want) || (err == nil) != (got.JWKSURI == tt.keys) {
				t.Errorf("got %+v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// Many callers do not need the introspection or UserInfo endpoint. If the URL
// of such an endpoint is unacceptable, Parse leaves the field for that endpoint
// empty and accepts the document.
func TestParseOmitsUnacceptableEndpoints(t *testing.T) {
	for _, tt := range []struct {
		name, issuer, value string // JSON text
		insecure            bool
		want                string
	}{
		{"https is accepted", issuer, `"https://as.example/x"`, false, "https://as.example/x"},
		{"another host is accepted", issuer, `"https://api.example/x?y=1"`, false, "https://api.example/x?y=1"},
		{"http is omitted", issuer, `"http://as.example/x"`, false, ""},
		{"loopback http with an https issuer is omitted", issuer, `"http://127.0.0.1/x"`, false, ""},
		{"loopback http with a loopback issuer is accepted", "http://127.0.0.1:1", `"http://127.0.0.1:1/x"`, false, "http://127.0.0.1:1/x"},
		{"other http with a loopback issuer is omitted", "http://127.0.0.1:1", `"http://as.example/x"`, false, ""},
		{"http is accepted with InsecureHTTP", "http://as.internal", `"http://as.internal/x"`, true, "http://as.internal/x"},
		{"a file is omitted", "http://as.internal", `"file:///etc/passwd"`, true, ""},
		{"a user name is omitted", issuer, `"https://as.example@evil.example/x"`, false, ""},
		{"a fragment is omitted", issuer, `"https://as.example/x#y"`, false, ""},
		{"a relative address is omitted", issuer, `"/x"`, false, ""},
		{"an address without host is omitted", issuer, `"https:///x"`, false, ""},
		{"a line break is omitted", issuer, `"https://as.example/\nx"`, false, ""},
		{"an empty text is omitted", issuer, `""`, false, ""},
		{"null is omitted", issuer, `null`, false, ""},
		{"an array is omitted", issuer, `["https://as.example/x"]`, false, ""},
		{"a number is omitted", issuer, `1`, false, ""},
	} {
		for member, read := range map[string]func(metadata.Document) string{
			"introspection_endpoint": func(d metadata.Document) string { return d.IntrospectionEndpoint },
			"userinfo_endpoint":      func(d metadata.Document) string { return d.UserInfoEndpoint },
		} {
			t.Run(member+"/"+tt.name, func(t *testing.T) {
				text := fmt.Sprintf(`{"issuer":%q,%q:%s}`, tt.issuer, member, tt.value)
				got, err := metadata.Parse([]byte(text), tt.issuer, tt.insecure)
				if err != nil || read(got) != tt.want {
					t.Errorf("got %q, %v, want %q", read(got), err, tt.want)
				}
				if got.JWKSURI != "" || got.IntrospectionEndpoint != "" && got.UserInfoEndpoint != "" {
					t.Errorf("got %+v, want only that member", got)
				}
			})
		}
	}
	t.Run("two of a member are refused", func(t *testing.T) {
		text := `{"issuer":"` + issuer + `","introspection_endpoint":"https://as.example/a","introspection_endpoint":"https://as.example/a"}`
		if got, err := metadata.Parse([]byte(text), issuer, false); !errors.Is(err, metadata.ErrDocument) || got != (metadata.Document{}) {
			t.Errorf("got %+v, %v, want %v", got, err, metadata.ErrDocument)
		}
	})
	t.Run("all members are read together", func(t *testing.T) {
		text := `{"issuer":"` + issuer + `","jwks_uri":"https://as.example/a","introspection_endpoint":"https://as.example/b","userinfo_endpoint":"https://as.example/c"}`
		want := metadata.Document{JWKSURI: "https://as.example/a", IntrospectionEndpoint: "https://as.example/b", UserInfoEndpoint: "https://as.example/c"}
		if got, err := metadata.Parse([]byte(text), issuer, false); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	})
}
