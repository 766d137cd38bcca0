package apitest_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

const wellKnown = "/.well-known/oauth-protected-resource"

// newDescribedAPI returns an API that has metadata and the given hole. The
// resource in the metadata is origin+path.
func newDescribedAPI(as *testserver.Server, origin, path, hole string) http.Handler {
	c := newVulnerableAPI(as, hole)
	host := func(r *http.Request, text string) string {
		switch {
		case c.has("the URL in the challenge follows Host"):
			return "https://" + r.Host + text
		case c.has("the URL in the challenge follows X-Forwarded-Host") && r.Header.Get("X-Forwarded-Host") != "":
			return "https://" + r.Header.Get("X-Forwarded-Host") + text
		}
		return origin + text
	}
	c.parameters = func(r *http.Request) string {
		at := host(r, wellKnown+strings.TrimSuffix(path, "/"))
		switch hole {
		case "the challenge has no URL":
			return ""
		case "the challenge has a relative URL":
			at = wellKnown + path
		case "the challenge has a URL without TLS":
			at = "http://api.example.com" + wellKnown + path
		case "the well-known path follows the path":
			at = origin + path + wellKnown
		case "the path is forgotten":
			at = origin + wellKnown
		}
		return fmt.Sprintf(`, resource_metadata=%q`, at)
	}
	document := func(w http.ResponseWriter, r *http.Request) {
		resource, media, status := origin+path, "application/json", http.StatusOK
		switch {
		case c.has("the document is about another API"):
			resource = "https://other.example.com" + path
		case c.has("the document is about another path"):
			resource = origin + "/v2"
		case c.has("the document has no resource"):
			resource = ""
		case c.has("the document is text"):
			media = "text/plain; charset=utf-8"
		case c.has("the document needs a token") && r.Header.Get("Authorization") == "":
			status = http.StatusUnauthorized
		case c.has("HEAD is refused") && r.Method == http.MethodHead:
			status = http.StatusMethodNotAllowed
		case c.has("another host is refused") && strings.HasSuffix(r.Host, ".invalid"):
			status = http.StatusMisdirectedRequest
		}
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		text := fmt.Sprintf(`{"resource":%q,"bearer_methods_supported":["header"]}`, resource)
		switch {
		case c.has("the document is not JSON"):
			text += "}"
		case c.has("the document follows Host"):
			text = strings.Replace(text, "}", fmt.Sprintf(`,"resource_name":%q}`, r.Host), 1)
		}
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, text)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/", c)
	mux.HandleFunc(wellKnown+"/v1", document)
	mux.HandleFunc(wellKnown+"/v", document)
	mux.HandleFunc(wellKnown, document)
	return mux
}

func TestCheckFindsHolesOfMetadata(t *testing.T) {
	for _, tt := range []struct {
		hole, found string
		words       []string
	}{
		{"the challenge has no URL", "metadata-url", []string{"RFC 9728 §5.1", "Add resource_metadata", "no token"}},
		{"the challenge has a relative URL", "metadata-url", []string{"want resource_metadata=\"https://"}},
		{"the challenge has a URL without TLS", "metadata-url", []string{"http://api.example.com"}},
		{"the well-known path follows the path", "metadata-url", []string{"between its host and its path"}},
		{"the path is forgotten", "metadata-resource", []string{`the resource "https://api.example.com/v1"`, "§3.3", "metadata is at https://api.example.com" + wellKnown}},
		{"the document is about another API", "metadata-resource", []string{`"https://other.example.com/v1"`}},
		{"the document is about another path", "metadata-resource", []string{`"https://api.example.com/v2"`}},
		{"the document has no resource", "metadata-document", []string{"without a resource", "RFC 9728 §2"}},
		{"the document is text", "metadata-document", []string{"text/plain", "want 200, application/json"}},
		{"the document is not JSON", "metadata-document", []string{"without a resource"}},
		{"the document needs a token", "metadata-document", []string{"got 401", "do not require a token"}},
		{"HEAD is refused", "metadata-head", []string{"got 405", "want 200", "RFC 9110 §9.1"}},
		{"the document follows Host", "metadata-host", []string{"got another document"}},
		{"the URL in the challenge follows Host", "metadata-host", []string{"attacker.invalid", "from the configuration"}},
		{"the URL in the challenge follows X-Forwarded-Host", "metadata-host", []string{"attacker.invalid"}},
	} {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			as := testserver.New(t)
			found := metadataFindings(t, as, newDescribedAPI(as, "https://api.example.com", "/v1", tt.hole))
			wantAll(t, found[tt.found], append(tt.words, "RFC ", "\n\tfix:  ")...)
			if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, []string{tt.found}) {
				t.Errorf("got %q, want only %s", found, tt.found)
			}
		})
	}
}

// metadataFindings checks an API with routes below /v1 and returns the
// failures.
func metadataFindings(t *testing.T, as *testserver.Server, api http.Handler) map[string]string {
	t.Helper()
	tb := &recorder{TB: t}
	apitest.Check(tb, as, api, func() *http.Request {
		return httptest.NewRequest("POST", "https://api.example.com/v1/orders?page=1", strings.NewReader("{}"))
	}, apitest.RequireScope("orders:read"), apitest.RequireMetadata())
	found := map[string]string{}
	for _, text := range tb.errors {
		name, rest, _ := strings.Cut(strings.TrimPrefix(text, "apitest.Check: "), ": ")
		found[name] = rest
	}
	return found
}

func TestAPIWithMetadataPasses(t *testing.T) {
	for name, tt := range map[string]struct{ origin, path, hole string }{
		"a path":                   {"https://api.example.com", "/v1", ""},
		"no path":                  {"https://api.example.com", "", ""},
		"the path is a slash":      {"https://api.example.com", "/", ""},
		"another port on loopback": {"http://127.0.0.1:8080", "/v1", ""},
		"localhost":                {"http://localhost", "/v1", ""},
		"another host is refused":  {"https://api.example.com", "/v1", "another host is refused"},
	} {
		as := testserver.New(t)
		for kind, text := range metadataFindings(t, as, newDescribedAPI(as, tt.origin, tt.path, tt.hole)) {
			t.Errorf("%s: got %s: %s", name, kind, text)
		}
	}
}

func TestResourceOfAnotherPathIsReported(t *testing.T) {
	as := testserver.New(t)
	for _, path := range []string{"/v1", "/v"} { // neither path is a prefix of /orders, the path of the request
		found := findings(t, as, newDescribedAPI(as, "https://api.example.com", path, ""), apitest.RequireScope("orders:read"), apitest.RequireMetadata())
		if len(found) != 1 {
			t.Errorf("%s: got %q, want only metadata-resource", path, found)
		}
		wantAll(t, found["metadata-resource"], `the resource "https://api.example.com`+path+`"`, "a resource whose path is the request's path or a parent of it: /orders", "Behind a proxy")
	}
}

func TestCheckURLMapsTheOriginOfMetadata(t *testing.T) {
	as := testserver.New(t)
	api := httptest.NewServer(newDescribedAPI(as, "https://api.example.com", "/v1", ""))
	defer api.Close()
	var all []apitest.Result
	apitest.CheckURL(t, as, api.URL+"/v1", orders, apitest.RequireScope("orders:read"), apitest.RequireMetadata(),
		apitest.Results(func(r []apitest.Result) { all = r }))
	var names []string
	for _, r := range all {
		if strings.HasPrefix(r.Name, "metadata-") {
			names = append(names, r.Name)
		}
	}
	if got, want := strings.Join(names, " "), "metadata-url metadata-document metadata-resource metadata-head metadata-host"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
