package cases

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func TestParseChallenges(t *testing.T) {
	for field, want := range map[string]string{
		``:                                  `[]`,
		`Bearer`:                            `[bearer]`,
		`Basic realm="simple"`:              `[basic realm="simple"]`,
		`Bearer a="x" , b = y,c="z"`:        `[bearer a="x" b="y" c="z"]`,
		`Bearer realm=`:                     `[bearer realm=]`, // a token68
		`Negotiate YII=, Basic realm="a"`:   `[negotiate YII= basic realm="a"]`,
		`, Basic realm="a",, Bearer x="b",`: `[basic realm="a" bearer x="b"]`,
		`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`: `[newauth realm="apps" type="1" title="Login to \"apps\"" basic realm="simple"]`, // RFC 9110 §11.6.1
	} {
		if got, err := parseChallenges(field); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, %v, want %s", field, got, err, want)
		}
	}
	for _, field := range []string{
		`="x"`, `Bearer a="b", realm=`, `Bearer realm="x`, `Bearer realm="x" y="z"`, `Bearer realm="a", realm="b"`, `Bearer realm="a", Realm=b`,
		"Bearer realm=\"a\nb\"", "Bearer realm=\"a\x7f\"", `Bearer realm="a\`, "Bearer realm=\"a\\\x01\"", `Bearer "x"`, `Bearer a b`, `Bearer: x`,
	} {
		if got, err := parseChallenges(field); err == nil {
			t.Errorf("%q: got %v, want an error", field, got)
		}
	}
}

// maxText limits the fuzzed fields to a size that clients accept.
const maxText = 16 << 10

// unchecked is a requirement that returns an acr value without validating it.
type unchecked struct{ acr string }

func (u unchecked) Unmet(scopes.Evidence) *scopes.Shortfall {
	return &scopes.Shortfall{ACR: []string{u.acr, "urn:example:mfa"}}
}

// FuzzChallenge configures a realm, scopes, acr values and a max_age. These
// values must either reach the client unchanged or be refused when the program
// starts (E01). A field with a control byte would be dropped on HTTP/2 and
// would break the response on HTTP/1.1. If a custom requirement has an invalid
// acr value, the challenge leaves this value out.
func FuzzChallenge(f *testing.F) {
	for _, realm := range []string{
		"", "api", "https://api.example.com/v1", "a realm, with=signs; (and) \tspaces", " ", "a\"b", `a\b`, "a\r\nSet-Cookie: x=1", "a\x00", "a\x7f",
		"caf\u00e9", "\u2028", "\xff", "~!@#$%^&*()_+`-=[]{}|;':,./<>?",
	} {
		f.Add(realm, "read", "urn:example:write", "urn:example:hwk", uint16(300))
	}
	for _, name := range []string{"a:b/c?d=e", "!#$%&'()*+,-./", "a b", "", "a\"b", `a\b`, "a\nb", "caf\u00e9", "]^_`{|}~"} {
		f.Add("api", name, "read", "urn:example:hwk", uint16(1))
		f.Add("api", "read", "write", name, uint16(0))
	}
	f.Add("api", "read", "read", "urn:example:mfa", uint16(65535)) // a scope and an acr value that are repeated
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

	f.Fuzz(func(t *testing.T, realm, first, second, acr string, seconds uint16) {
		if len(realm)+len(first)+len(second)+len(acr) > maxText {
			return
		}
		v, err := middleware.NewVerifier(middleware.Config{
			Audience: "the audience", Realm: realm, Issuers: []middleware.Issuer{{URL: fixedIssuer, Keys: keys}}, Logger: slog.New(slog.DiscardHandler),
			Origins: []string{resource}, Resource: resource,
		})
		if fits := clean(realm); fits != (err == nil) {
			t.Fatalf("got error %v, want an error only if the realm is invalid; valid: %v", err, fits)
		}
		isName := func(text string) bool { return clean(text) && text != "" && !strings.Contains(text, " ") }
		if got, want := accepted(func() { scopes.All(first, second) }), isName(first) && isName(second); got != want {
			t.Fatalf("scopes.All accepts the scopes: got %v, want %v", got, want)
		} else if got, want := accepted(func() { scopes.ACR(acr) }), isName(acr); got != want {
			t.Fatalf("scopes.ACR accepts the value: got %v, want %v", got, want)
		} else if err != nil || !isName(first) || !isName(second) {
			return
		}
		need := []scopes.Requirement{scopes.All(first), scopes.All(second), unchecked{acr}}
		want := challenge{scheme: "Bearer", params: []param{{"realm", realm}, {"scope", first}, {"acr_values", "urn:example:mfa"}}}
		if realm == "" {
			want.params[0].value = "the audience"
		}
		if second != first {
			want.params[1].value += " " + second
		}
		if isName(acr) && acr != "urn:example:mfa" {
			want.params[2].value = acr + " urn:example:mfa"
		}
		if seconds > 0 {
			need = append(need, scopes.AuthWithin(time.Duration(seconds)*time.Second))
			want.params = append(want.params, param{"max_age", strconv.Itoa(int(seconds))})
		}
		want.params = append(want.params, param{"resource_metadata", metadataURL})
		next = httpauth.Require(v, need...)(http.NotFoundHandler())
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

// clean reports whether a text contains only printable ASCII characters other
// than quote and backslash. A quoted string can contain this text without
// escapes (RFC 6750 §3).
func clean(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// accepted reports whether construct returns without a panic.
func accepted(construct func()) (ok bool) {
	defer func() { ok = recover() == nil }()
	construct()
	return
}
