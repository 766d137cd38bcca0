package jwks_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

const (
	issuer   = "https://login.example.com/CANARY"
	oidcPath = "/CANARY/.well-known/openid-configuration"
	rfcPath  = "/.well-known/oauth-authorization-server/CANARY"
	tailPath = "/CANARY/.well-known/oauth-authorization-server"
	keysPath = "/CANARY/keys"
	movedURL = "https://keys.example.org/moved"
)

func metadataFor(issuer, uri string) answer {
	return respondOK(encoded(map[string]any{"issuer": issuer, "jwks_uri": uri}))
}

func discover(t *testing.T, s *site, options jwks.Options) *jwks.Remote {
	t.Helper()
	options.Client = s.client()
	if options.Logger == nil {
		options.Logger = discardLogger
	}
	r, err := jwks.Discover(issuer, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rejectedMetadata lists answers to the metadata request that must be rejected,
// each with its failure class. No answer contains keysURL as its jwks_uri. A
// request for /moved therefore shows that the Remote used rejected metadata.
var rejectedMetadata = []struct {
	name     string
	metadata answer
	class    string
}{
	{"another issuer", metadataFor("https://evil.example.net", movedURL), "metadata_issuer"},
	{"an issuer with an extra slash", metadataFor(issuer+"/", movedURL), "metadata_issuer"},
	{"an issuer in another case", metadataFor(strings.ToLower(issuer), movedURL), "metadata_issuer"},
	{"no issuer", respondOK(encoded(map[string]any{"jwks_uri": movedURL})), "metadata"},
	{"no jwks_uri", respondOK(encoded(map[string]any{"issuer": issuer})), "metadata_endpoint"},
	{"an empty jwks_uri", metadataFor(issuer, ""), "metadata_endpoint"},
	{"an http jwks_uri", metadataFor(issuer, "http://login.example.com/moved"), "metadata_endpoint"},
	{"an http jwks_uri on loopback", metadataFor(issuer, "http://127.0.0.1/moved"), "metadata_endpoint"},
	{"a jwks_uri with a user", metadataFor(issuer, "https://a:b@login.example.com/moved"), "metadata_endpoint"},
	{"a relative jwks_uri", metadataFor(issuer, "/moved"), "metadata_endpoint"},
	{"a jwks_uri that is a number", respondOK(encoded(map[string]any{"issuer": issuer, "jwks_uri": 5})), "metadata"},
	{"two jwks_uri", respondOK(strings.Replace(encoded(map[string]any{"issuer": issuer, "jwks_uri": movedURL}), "{", `{"jwks_uri":"https://evil.example.net/moved",`, 1)), "metadata"},
	{"text that is not JSON", respondOK("<title>CANARY</title>"), "metadata"},
	{"an HTML page", withHeader(status(http.StatusOK, ""), "Content-Type", "text/html"), "metadata"},
	{"not found", status(404, ""), "status_4xx"},
	{"too many requests", status(429, ""), "status_429"},
	{"a server that is down", connectionRefused, "connection"},
	{"a transport that panics", func(*http.Request) (*http.Response, error) { panic("CANARY") }, "panic"},
}

func TestRejectedMetadata(t *testing.T) {
	keys := respondOK(set(freshEC("a")))
	for _, test := range rejectedMetadata {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logCapture
				s := newSite(byPath(map[string]answer{oidcPath: test.metadata, keysPath: keys, "/moved": keys}))
				r := discover(t, s, jwks.Options{Logger: log.logger()})
				assertKeyError(t, r, "a", jwks.ErrUnavailable)
				if slices.Contains(s.requests, keysPath) || slices.Contains(s.requests, "/moved") {
					t.Error("keys were fetched, want the metadata rejected first")
				}
				if stats := r.Stats(); !maps.Equal(stats.Failures, map[string]int{test.class: 1}) {
					t.Errorf("got failures %v, want %s", stats.Failures, test.class)
				} else if test.name == "no jwks_uri" && !strings.Contains(stats.Err.Error(), "metadata has no jwks_uri") {
					t.Errorf("got %q, want it to name the missing member", stats.Err)
				}
				s.setAnswer(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: keys}))
				time.Sleep(time.Second)
				assertKey(t, r, "a")
				checkFailureLog(t, &log, test.class, false)
			})
		})
	}
}

// Once the Remote has keys, rejected or unavailable metadata does not affect
// them: they are renewed from the same URL.
func TestRejectedMetadataKeepsTheOldURL(t *testing.T) {
	for _, test := range rejectedMetadata {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logCapture
				s := newSite(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: respondOK(set(freshEC("old")))}))
				r := discover(t, s, jwks.Options{Logger: log.logger()})
				assertKey(t, r, "old")

				s.setAnswer(byPath(map[string]answer{oidcPath: test.metadata, keysPath: respondOK(set(freshEC("new"))), "/moved": respondOK(set(freshEC("CANARY")))}))
				for range 3 {
					time.Sleep(5 * time.Minute)
					assertKey(t, r, "new")
				}
				if slices.Contains(s.requests, "/moved") {
					t.Error("the jwks_uri of rejected metadata was fetched")
				}
				stats := r.Stats()
				if want := map[string]int{test.class: 3}; !maps.Equal(stats.Failures, want) || stats.Err != nil || stats.Fetches != 4 || stats.Age != 0 {
					t.Errorf("got %+v, want failures %v and the keys fresh", stats, want)
				}
				records, text := log.lines(t)
				if len(records) != 1 || records[0]["msg"] != "metadata not refreshed" || records[0]["level"] != "WARN" || records[0]["reason"] != test.class || len(records[0]) != 4 {
					t.Errorf("got the lines %s, want one about the metadata", text)
				}
				checkNothingIsQuoted(t, text)
			})
		})
	}
}

func TestWellKnownLocations(t *testing.T) {
	for _, path := range []string{oidcPath, rfcPath, tailPath} {
		t.Run(path, func(t *testing.T) {
			s := newSite(byPath(map[string]answer{path: metadataFor(issuer, keysURL), keysPath: respondOK(set(freshEC("a")))}))
			assertKey(t, discover(t, s, jwks.Options{}), "a")
		})
	}
}

func TestMetadataIsReadAgainAfterFailedFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: respondOK(set(freshEC("old")))}))
		r := discover(t, s, jwks.Options{})
		assertKey(t, r, "old")
		time.Sleep(time.Minute)
		assertKeyError(t, r, "new", jwks.ErrUnknownKey)
		if got, want := s.requests, []string{oidcPath, keysPath, keysPath}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}

		s.setAnswer(byPath(map[string]answer{oidcPath: metadataFor(issuer, movedURL), "/moved": respondOK(set(freshEC("new")))}))
		time.Sleep(time.Minute)
		assertKeyError(t, r, "new", jwks.ErrUnavailable)
		assertKey(t, r, "old")
		time.Sleep(time.Second)
		assertKey(t, r, "new")
		if got, want := s.requests[3:], []string{keysPath, oidcPath, "/moved"}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}

		// If a fetched set is rejected, the metadata is read again too.
		s.setAnswer(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), "/moved": respondOK(`{}`), keysPath: respondOK(set(freshEC("newer")))}))
		time.Sleep(time.Minute)
		assertKeyError(t, r, "newer", jwks.ErrUnavailable)
		time.Sleep(time.Second)
		assertKey(t, r, "newer")
	})
}

func TestMovedKeysAreFoundWhileTheOldURLWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := respondOK(set(freshEC("old")))
		s := newSite(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: old}))
		r := discover(t, s, jwks.Options{})
		assertKey(t, r, "old")
		s.setAnswer(byPath(map[string]answer{oidcPath: metadataFor(issuer, movedURL), keysPath: old, "/moved": respondOK(set(freshEC("new")))}))
		time.Sleep(5 * time.Minute)
		assertKey(t, r, "new")

		// Unavailable metadata does not affect the keys.
		s.setAnswer(byPath(map[string]answer{"/moved": respondOK(set(freshEC("newer")))}))
		time.Sleep(5 * time.Minute)
		assertKey(t, r, "newer")
	})
}

// An ETag must be sent only to the URL from which it came. At a different URL,
// the same ETag may belong to a different set.
func TestETagIsNotSentToAnotherURL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: withETag(`"1"`, set(freshEC("old")))}))
		r := discover(t, s, jwks.Options{})
		assertKey(t, r, "old")
		s.setAnswer(byPath(map[string]answer{oidcPath: metadataFor(issuer, movedURL), "/moved": withETag(`"1"`, set(freshEC("new")))}))
		time.Sleep(5 * time.Minute)
		assertKey(t, r, "new")
		assertKeyError(t, r, "old", jwks.ErrUnknownKey)
		time.Sleep(5 * time.Minute)
		assertKey(t, r, "new")
		if got := r.Stats().NotModified; got != 1 {
			t.Errorf("got %d answers of 304, want 1, for the renewal from the new URL", got)
		}
	})
}

func TestOtherMetadataMembersAreIgnored(t *testing.T) {
	document := map[string]json.RawMessage{
		"issuer": json.RawMessage(encoded(issuer)), "jwks_uri": json.RawMessage(encoded(keysURL)),
		"scopes_supported": json.RawMessage(`["openid"]`), "mtls_endpoint_aliases": json.RawMessage(`{"a":{"b":null}}`),
	}
	s := newSite(byPath(map[string]answer{oidcPath: respondOK(encoded(document)), keysPath: respondOK(set(freshEC("a")))}))
	assertKey(t, discover(t, s, jwks.Options{}), "a")
}
