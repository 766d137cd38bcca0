package cases

import (
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// maxText limits the fuzzed fields to a size that clients accept.
const maxText = 16 << 10

// FuzzChallenge proves that a realm and scopes from the configuration reach the
// client unchanged, or are refused when the program starts (E01). On HTTP/2 a
// field with a control byte would be dropped, on HTTP/1.1 it would break the
// answer.
func FuzzChallenge(f *testing.F) {
	for _, realm := range []string{
		"", "api", "https://api.example.com/v1", "a realm, with=signs; (and) \tspaces", " ", "a\"b", `a\b`, "a\r\nSet-Cookie: x=1", "a\x00", "a\x7f",
		"caf\u00e9", "\u2028", "\xff", "~!@#$%^&*()_+`-=[]{}|;':,./<>?",
	} {
		f.Add(realm, "read", "urn:example:write")
	}
	for _, name := range []string{"a:b/c?d=e", "!#$%&'()*+,-./", "a b", "", "a\"b", `a\b`, "a\nb", "caf\u00e9", "]^_`{|}~"} {
		f.Add("api", name, "read")
	}
	f.Add("api", "read", "read") // one scope twice
	_, keys := fixed(f)

	var next http.Handler
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	f.Cleanup(server.Close)
	clients := map[string]*http.Transport{"HTTP/1.1": {Protocols: new(http.Protocols)}, "HTTP/2.0": {Protocols: new(http.Protocols)}}
	clients["HTTP/1.1"].Protocols.SetHTTP1(true)
	clients["HTTP/2.0"].Protocols.SetUnencryptedHTTP2(true)
	for _, client := range clients {
		f.Cleanup(client.CloseIdleConnections)
	}

	f.Fuzz(func(t *testing.T, realm, first, second string) {
		if len(realm)+len(first)+len(second) > maxText {
			return
		}
		v, err := middleware.NewVerifier(middleware.Config{
			Audience: "the audience", Realm: realm, Issuers: []middleware.Issuer{{URL: fixedIssuer, Keys: keys}}, Logger: slog.New(slog.DiscardHandler),
		})
		if fits := clean(realm); fits != (err == nil) {
			t.Fatalf("got %v for a realm that fits a challenge: %v", err, fits)
		}
		if fits := clean(first) && clean(second) && !strings.Contains(first+second, " ") && first != "" && second != ""; fits != accepted(first, second) {
			t.Fatalf("got the requirement accepted: %v, want %v", !fits, fits)
		} else if err != nil || !fits {
			return
		}
		want := challenge{scheme: "Bearer", params: []param{{"realm", realm}, {"scope", first}}}
		if realm == "" {
			want.params[0].value = "the audience"
		}
		if second != first {
			want.params[1].value += " " + second
		}
		next = httpauth.Require(v, scopes.All(first), scopes.All(second))(http.NotFoundHandler())
		for protocol, client := range clients {
			r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.RoundTrip(r)
			if err != nil {
				t.Fatalf("%s: %v", protocol, err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.Proto != protocol || response.StatusCode != http.StatusUnauthorized {
				t.Fatalf("got %s %s, want 401 over %s", response.Proto, response.Status, protocol)
			}
			fields := response.Header.Values("WWW-Authenticate")
			if len(fields) != 1 {
				t.Fatalf("%s: got %q, want one field", protocol, fields)
			}
			if strings.ContainsFunc(fields[0], func(c rune) bool { return c < 0x20 || c > 0x7e }) {
				t.Errorf("%s: got %q, want printable ASCII", protocol, fields[0])
			}
			got, err := parseChallenges(fields[0])
			if err != nil || len(got) != 1 || got[0].scheme != want.scheme || !slices.Equal(got[0].params, want.params) {
				t.Errorf("%s: got %v, %v in %q, want %v", protocol, got, err, fields[0], want)
			}
		}
	})
}

// clean reports whether text may appear in a quoted string without escapes:
// printable ASCII except quote and backslash (RFC 6750 §3).
func clean(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// accepted reports whether scopes.All accepts these scopes.
func accepted(names ...string) (ok bool) {
	defer func() { ok = recover() == nil }()
	for _, name := range names {
		scopes.All(name)
	}
	return
}
