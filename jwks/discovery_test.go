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
	return says(encoded(map[string]any{"issuer": issuer, "jwks_uri": uri}))
}

func discover(t *testing.T, s *site, options jwks.Options) *jwks.Remote {
	t.Helper()
	options.Client = s.client()
	if options.Logger == nil {
		options.Logger = quiet
	}
	r, err := jwks.Discover(issuer, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refusable are documents, and what comes in their place, that must not be
// followed, with their class. None says where the keys really are.
var refusable = []struct {
	name     string
	metadata answer
	class    string
}{
	{"another issuer", metadataFor("https://evil.example.net", movedURL), "metadata_issuer"},
	{"an issuer with a slash more", metadataFor(issuer+"/", movedURL), "metadata_issuer"},
	{"an issuer in another case", metadataFor(strings.ToLower(issuer), movedURL), "metadata_issuer"},
	{"no issuer", says(encoded(map[string]any{"jwks_uri": movedURL})), "metadata"},
	{"no jwks_uri", says(encoded(map[string]any{"issuer": issuer})), "metadata_endpoint"},
	{"an empty jwks_uri", metadataFor(issuer, ""), "metadata_endpoint"},
	{"an http jwks_uri", metadataFor(issuer, "http://login.example.com/moved"), "metadata_endpoint"},
	{"an http jwks_uri on loopback", metadataFor(issuer, "http://127.0.0.1/moved"), "metadata_endpoint"},
	{"a jwks_uri with a user", metadataFor(issuer, "https://a:b@login.example.com/moved"), "metadata_endpoint"},
	{"a relative jwks_uri", metadataFor(issuer, "/moved"), "metadata_endpoint"},
	{"a jwks_uri that is a number", says(encoded(map[string]any{"issuer": issuer, "jwks_uri": 5})), "metadata"},
	{"two jwks_uri", says(strings.Replace(encoded(map[string]any{"issuer": issuer, "jwks_uri": movedURL}), "{", `{"jwks_uri":"https://evil.example.net/moved",`, 1)), "metadata"},
	{"text that is no JSON", says("<title>CANARY</title>"), "metadata"},
	{"an HTML page", headed(status(http.StatusOK, ""), "Content-Type", "text/html"), "metadata"},
	{"nothing there", status(404, ""), "status_4xx"},
	{"too many requests", status(429, ""), "status_429"},
	{"a server that is down", refused, "connection"},
	{"a transport that panics", func(*http.Request) (*http.Response, error) { panic("CANARY") }, "panic"},
}

func TestMetadataThatIsRefused(t *testing.T) {
	keys := says(set(freshEC("a")))
	for _, test := range refusable {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				s := newSite(paths(map[string]answer{oidcPath: test.metadata, keysPath: keys, "/moved": keys}))
				r := discover(t, s, jwks.Options{Logger: log.logger()})
				hasNot(t, r, "a", jwks.ErrUnavailable)
				if slices.Contains(s.requests, keysPath) || slices.Contains(s.requests, "/moved") {
					t.Error("keys were fetched, want the metadata refused first")
				}
				if stats := r.Stats(); !maps.Equal(stats.Failures, map[string]int{test.class: 1}) {
					t.Errorf("got failures %v, want %s", stats.Failures, test.class)
				} else if test.name == "no jwks_uri" && !strings.Contains(stats.Err.Error(), "metadata has no jwks_uri") {
					t.Errorf("got %q, want what is missing named", stats.Err)
				}
				s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: keys}))
				time.Sleep(time.Second)
				has(t, r, "a")
				checkFailureLog(t, &log, test.class, false)
			})
		})
	}
}

// Once keys are known, metadata that is refused or cannot be had changes
// nothing: the keys are renewed where they were.
func TestMetadataThatIsRefusedLeavesTheKeysWhereTheyWere(t *testing.T) {
	for _, test := range refusable {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: says(set(freshEC("old")))}))
				r := discover(t, s, jwks.Options{Logger: log.logger()})
				has(t, r, "old")

				s.becomes(paths(map[string]answer{oidcPath: test.metadata, keysPath: says(set(freshEC("new"))), "/moved": says(set(freshEC("CANARY")))}))
				for range 3 {
					time.Sleep(5 * time.Minute)
					has(t, r, "new")
				}
				if slices.Contains(s.requests, "/moved") {
					t.Error("the keys of refused metadata were fetched")
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

func TestMetadataIsFoundWhereverTheStandardsPutIt(t *testing.T) {
	for _, path := range []string{oidcPath, rfcPath, tailPath} {
		t.Run(path, func(t *testing.T) {
			s := newSite(paths(map[string]answer{path: metadataFor(issuer, keysURL), keysPath: says(set(freshEC("a")))}))
			has(t, discover(t, s, jwks.Options{}), "a")
		})
	}
}

func TestMetadataIsLookedAtAgainAfterAFailureOfTheKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: says(set(freshEC("old")))}))
		r := discover(t, s, jwks.Options{})
		has(t, r, "old")
		time.Sleep(time.Minute)
		hasNot(t, r, "new", jwks.ErrUnknownKey)
		if got, want := s.requests, []string{oidcPath, keysPath, keysPath}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}

		s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, movedURL), "/moved": says(set(freshEC("new")))}))
		time.Sleep(time.Minute)
		hasNot(t, r, "new", jwks.ErrUnavailable)
		has(t, r, "old")
		time.Sleep(time.Second)
		has(t, r, "new")
		if got, want := s.requests[3:], []string{keysPath, oidcPath, "/moved"}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}

		// A set that is refused sends us back to the metadata too.
		s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), "/moved": says(`{}`), keysPath: says(set(freshEC("newer")))}))
		time.Sleep(time.Minute)
		hasNot(t, r, "newer", jwks.ErrUnavailable)
		time.Sleep(time.Second)
		has(t, r, "newer")
	})
}

func TestKeysThatMoveAreFoundThoughTheOldPlaceGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := says(set(freshEC("old")))
		s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: old}))
		r := discover(t, s, jwks.Options{})
		has(t, r, "old")
		s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, movedURL), keysPath: old, "/moved": says(set(freshEC("new")))}))
		time.Sleep(5 * time.Minute)
		has(t, r, "new")

		// Metadata that cannot be had does not take the keys along.
		s.becomes(paths(map[string]answer{"/moved": says(set(freshEC("newer")))}))
		time.Sleep(5 * time.Minute)
		has(t, r, "newer")
	})
}

// Two places may well use the same ETag for different sets.
func TestTheETagOfOnePlaceIsNotShownToAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: tagged(`"1"`, set(freshEC("old")))}))
		r := discover(t, s, jwks.Options{})
		has(t, r, "old")
		s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, movedURL), "/moved": tagged(`"1"`, set(freshEC("new")))}))
		time.Sleep(5 * time.Minute)
		has(t, r, "new")
		hasNot(t, r, "old", jwks.ErrUnknownKey)
		time.Sleep(5 * time.Minute)
		has(t, r, "new")
		if got := r.Stats().NotModified; got != 1 {
			t.Errorf("got %d answers of 304, want that of the renewal at the new place", got)
		}
	})
}

func TestMetadataMayHoldAnythingElse(t *testing.T) {
	document := map[string]json.RawMessage{
		"issuer": json.RawMessage(encoded(issuer)), "jwks_uri": json.RawMessage(encoded(keysURL)),
		"scopes_supported": json.RawMessage(`["openid"]`), "mtls_endpoint_aliases": json.RawMessage(`{"a":{"b":null}}`),
	}
	s := newSite(paths(map[string]answer{oidcPath: says(encoded(document)), keysPath: says(set(freshEC("a")))}))
	has(t, discover(t, s, jwks.Options{}), "a")
}
