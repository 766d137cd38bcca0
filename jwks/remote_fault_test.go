package jwks_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// Whatever goes wrong with a fetch, keys that are known stay (warm), keys that
// are not are unavailable (cold), and the next fetch that succeeds mends it.
func TestFaultsOfTheServer(t *testing.T) {
	known := freshEC("known")
	good := set(known, freshEC("new"))
	html := func(body string) answer {
		return func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "text/html; charset=utf-8", strings.NewReader(body)), nil
		}
	}
	redirect := func(to string) answer {
		return func(r *http.Request) (*http.Response, error) {
			if r.URL.String() != keysURL {
				t.Errorf("the redirect to %s was followed", to)
			}
			res := respond(r, http.StatusFound, "text/plain", strings.NewReader(""))
			res.Header.Set("Location", to)
			return res, nil
		}
	}
	endless := func(b byte) answer {
		return streams(func(_ *http.Request, p []byte) (int, error) {
			for i := range p {
				p[i] = b
			}
			return len(p), nil
		})
	}
	for _, test := range []struct {
		name   string
		answer answer
		takes  time.Duration
	}{
		{"K01/500 Internal Server Error", status(500, good), 0},
		{"K01/502 Bad Gateway", status(502, good), 0},
		{"K01/503 Service Unavailable", status(503, good), 0},
		{"K01/429 Too Many Requests", status(429, good), 0},
		{"K01/401 Unauthorized", status(401, good), 0},
		{"K01/403 Forbidden", status(403, good), 0},
		{"K01/404 Not Found", status(404, good), 0},
		{"K01/204 No Content", status(204, ""), 0},
		{"K01/206 Partial Content", status(206, good), 0},
		{"K01/304 Not Modified", status(304, ""), 0},
		{"K02/a connection that is refused", refused, 0},
		{"K02/an answer that breaks off", streams(func(_ *http.Request, p []byte) (int, error) {
			return copy(p, good[:10]), io.ErrUnexpectedEOF
		}), 0},
		{"K02/JSON that breaks off", says(good[:len(good)-20]), 0},
		{"K03/an answer that never begins", after(time.Hour, says(good)), 5 * time.Second},
		{"K03/an answer that begins and never ends", streams(func(r *http.Request, _ []byte) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		}), 5 * time.Second},
		{"K03/an answer of a byte a second", streams(func(r *http.Request, p []byte) (int, error) {
			select {
			case <-time.After(time.Second):
				return copy(p, " "), nil
			case <-r.Context().Done():
				return 0, r.Context().Err()
			}
		}), 5 * time.Second},
		{"K04/spaces without end", endless(' '), 0},
		{"K04/brackets without end", endless('['), 0},
		{"K04/a good set after 512 KiB of spaces", says(strings.Repeat(" ", 512<<10) + good), 0},
		{"K05/an empty object", says(`{}`), 0},
		{"K05/an empty set", says(`{"keys":[]}`), 0},
		{"K05/null for keys", says(`{"keys":null}`), 0},
		{"K05/an error as JSON", says(`{"error":"CANARY"}`), 0},
		{"K05/an HTML page", html("<title>CANARY</title>"), 0},
		{"K05/an HTML page that says it is JSON", says("<title>CANARY</title>"), 0},
		{"K05/an array", says("[" + encoded(known) + "]"), 0},
		{"K05/KEYS in upper case", says(strings.Replace(good, "keys", "KEYS", 1)), 0},
		{"K05/an empty answer", says(""), 0},
		{"K06/a good set that says it is HTML", html(good), 0},
		{"K07/a redirect to another host", redirect("https://CANARY.example.net/keys"), 0},
		{"K07/a redirect to http", redirect("http://login.example.com/CANARY/keys"), 0},
		{"K07/a redirect to a metadata service", redirect("http://169.254.169.254/latest/meta-data/"), 0},
		{"K07/a redirect to a file", redirect("file:///etc/passwd"), 0},
		{"K11/keys that are all unfit", says(set(known.with("use", "enc"), freshEC("new").with("kty", "CANARY"))), 0},
		{"K18/101 keys", says(set(slices.Repeat([]any{known}, 101)...)), 0},
		{"F7/trailing garbage", says(good + "CANARY"), 0},
		{"a transport that panics", func(*http.Request) (*http.Response, error) { panic("CANARY") }, 0},
		{"a body that panics", streams(func(*http.Request, []byte) (int, error) { panic(errors.New("CANARY")) }), 0},
	} {
		t.Run(test.name+"/warm", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				s := newSite(says(set(known)))
				r := s.remote(t, jwks.Options{Logger: log.logger()})
				has(t, r, "known")
				time.Sleep(time.Minute)

				s.becomes(test.answer)
				begin := time.Now()
				hasNot(t, r, "new", jwks.ErrUnavailable)
				if got := time.Since(begin); got != test.takes {
					t.Errorf("took %v, want %v", got, test.takes)
				}
				has(t, r, "known")
				if stats := r.Stats(); stats.Keys != 1 || stats.Failures != 1 || stats.Fetches != 2 || !errors.Is(stats.Err, jwks.ErrUnavailable) {
					t.Errorf("got %+v, want 1 key known and 1 failure in 2 fetches", stats)
				}
				checkFailureLog(t, &log, true)

				s.becomes(says(good))
				time.Sleep(5 * time.Second)
				has(t, r, "new")
			})
		})
		t.Run(test.name+"/cold", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				s := newSite(test.answer)
				r := s.remote(t, jwks.Options{Logger: log.logger()})
				begin := time.Now()
				hasNot(t, r, "known", jwks.ErrUnavailable)
				if got := time.Since(begin); got != test.takes {
					t.Errorf("took %v, want %v", got, test.takes)
				}
				if snapshot, err := r.Snapshot(); snapshot != nil || !errors.Is(err, jwks.ErrUnavailable) {
					t.Errorf("got %v and %v, want no snapshot", snapshot, err)
				}
				synctest.Wait() // if the fetch took long, Snapshot has begun the next one
				s.becomes(says(good))
				time.Sleep(6 * time.Second)
				has(t, r, "known")
				has(t, r, "new")
				if stats := r.Stats(); stats.Keys != 2 || stats.Err != nil {
					t.Errorf("got %+v, want 2 keys", stats)
				}
				checkFailureLog(t, &log, false)
			})
		})
	}
}

// checkFailureLog demands that every line says that a fetch failed, in the
// words of this module alone.
func checkFailureLog(t *testing.T, log *journal, known bool) {
	t.Helper()
	records, text := log.lines(t)
	if len(records) == 0 {
		t.Error("nothing was logged, want the failure")
	}
	for _, record := range records {
		reason, _ := record["error"].(string)
		if record["msg"] != "key set not refreshed" || record["level"] != "WARN" || record["keys_known"] != known || len(record) != 4 ||
			!strings.HasPrefix(reason, jwks.ErrUnavailable.Error()+": ") {
			t.Errorf("got the line %v", record)
		}
	}
	for _, secret := range []string{"CANARY", "example", "169.254", "passwd", "://", "goroutine"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
}

func TestSkippedKeysAreLoggedOncePerFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		s := newSite(says(set(freshEC("a"), freshEC("CANARY").with("d", "CANARY"), freshEC("CANARY").with("use", "CANARY"))))
		// Keys for encryption are nothing to warn of.
		r := s.remote(t, jwks.Options{Logger: log.logger()})
		for range 3 {
			has(t, r, "a")
		}
		records, text := log.lines(t)
		want := []map[string]any{
			{"level": "WARN", "msg": "key of the set is not used", "reason": "key 2: " + byPrivate},
		}
		if got, want := encoded(records), encoded(want); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if strings.Contains(text, "CANARY") || strings.Contains(text, "example") {
			t.Errorf("the log quotes: %s", text)
		}
	})
}

const (
	issuer   = "https://login.example.com/CANARY"
	oidcPath = "/CANARY/.well-known/openid-configuration"
	rfcPath  = "/.well-known/oauth-authorization-server/CANARY"
	tailPath = "/CANARY/.well-known/oauth-authorization-server"
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

func TestMetadataThatIsRefused(t *testing.T) {
	keys := says(set(freshEC("a")))
	for _, test := range []struct {
		name     string
		metadata answer
	}{
		{"another issuer", metadataFor("https://evil.example.net", keysURL)},
		{"an issuer with a slash more", metadataFor(issuer+"/", keysURL)},
		{"an issuer in another case", metadataFor(strings.ToLower(issuer), keysURL)},
		{"no issuer", says(encoded(map[string]any{"jwks_uri": keysURL}))},
		{"no jwks_uri", says(encoded(map[string]any{"issuer": issuer}))},
		{"an empty jwks_uri", metadataFor(issuer, "")},
		{"an http jwks_uri", metadataFor(issuer, "http://login.example.com/CANARY/keys")},
		{"an http jwks_uri on loopback", metadataFor(issuer, "http://127.0.0.1/CANARY/keys")},
		{"a jwks_uri with a user", metadataFor(issuer, "https://a:b@login.example.com/CANARY/keys")},
		{"a relative jwks_uri", metadataFor(issuer, "/CANARY/keys")},
		{"a jwks_uri that is a number", says(encoded(map[string]any{"issuer": issuer, "jwks_uri": 5}))},
		{"two jwks_uri", says(strings.Replace(encoded(map[string]any{"issuer": issuer, "jwks_uri": keysURL}), "{", `{"jwks_uri":"https://evil.example.net/",`, 1))},
		{"HTML", says("<title>CANARY</title>")},
		{"nothing there", status(404, "")},
		{"a server that is down", refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				s := newSite(paths(map[string]answer{oidcPath: test.metadata, "/CANARY/keys": keys}))
				r := discover(t, s, jwks.Options{Logger: log.logger()})
				hasNot(t, r, "a", jwks.ErrUnavailable)
				if slices.Contains(s.requests, "/CANARY/keys") {
					t.Error("keys were fetched, want the metadata refused first")
				}
				checkFailureLog(t, &log, false)
				if test.name == "no jwks_uri" && !strings.Contains(r.Stats().Err.Error(), "metadata has no jwks_uri") {
					t.Errorf("got %q, want what is missing named", r.Stats().Err)
				}

				s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), "/CANARY/keys": keys}))
				time.Sleep(time.Second)
				has(t, r, "a")
			})
		})
	}
}

func TestMetadataIsFoundWhereverTheStandardsPutIt(t *testing.T) {
	for _, path := range []string{oidcPath, rfcPath, tailPath} {
		t.Run(path, func(t *testing.T) {
			s := newSite(paths(map[string]answer{path: metadataFor(issuer, keysURL), "/CANARY/keys": says(set(freshEC("a")))}))
			has(t, discover(t, s, jwks.Options{}), "a")
		})
	}
}

func TestDiscoveryIsDoneOnceAndAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const movedURL = "https://keys.example.org/moved"
		s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), "/CANARY/keys": says(set(freshEC("old")))}))
		r := discover(t, s, jwks.Options{})
		has(t, r, "old")
		time.Sleep(time.Minute)
		hasNot(t, r, "new", jwks.ErrUnknownKey)
		if got, want := s.requests, []string{oidcPath, "/CANARY/keys", "/CANARY/keys"}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}

		s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, movedURL), "/moved": says(set(freshEC("new")))}))
		time.Sleep(time.Minute)
		hasNot(t, r, "new", jwks.ErrUnavailable)
		has(t, r, "old")
		time.Sleep(5 * time.Second)
		has(t, r, "new")
		if got, want := s.requests[3:], []string{"/CANARY/keys", oidcPath, "/moved"}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}

		// A set that is refused sends us back to the metadata too.
		s.becomes(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), "/moved": says(`{}`), "/CANARY/keys": says(set(freshEC("newer")))}))
		time.Sleep(time.Minute)
		hasNot(t, r, "newer", jwks.ErrUnavailable)
		time.Sleep(5 * time.Second)
		has(t, r, "newer")
	})
}

func TestKeysThatMoveAreFoundThoughTheOldPlaceGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := says(set(freshEC("old")))
		s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), "/CANARY/keys": old}))
		r := discover(t, s, jwks.Options{})
		has(t, r, "old")
		s.becomes(paths(map[string]answer{
			oidcPath: metadataFor(issuer, "https://keys.example.org/moved"), "/CANARY/keys": old, "/moved": says(set(freshEC("new"))),
		}))
		time.Sleep(5 * time.Minute)
		has(t, r, "new")

		// Metadata that cannot be had does not take the keys along.
		s.becomes(paths(map[string]answer{"/moved": says(set(freshEC("newer")))}))
		time.Sleep(5 * time.Minute)
		has(t, r, "newer")
	})
}

func TestK19AWithdrawnKeyIsNotTrustedAfterAQuietNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slowly := after(4*time.Second, says(set(freshEC("new"))))
		s := newSite(says(set(freshEC("withdrawn"))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "withdrawn")
		s.becomes(slowly)
		time.Sleep(8 * time.Hour)
		hasNot(t, r, "withdrawn", jwks.ErrUnknownKey)

		s.becomes(refused)
		time.Sleep(8 * time.Hour)
		has(t, r, "new") // what cannot be renewed is used as it is
	})
}

func TestTheCallersContextDoesNotTravel(t *testing.T) {
	type key struct{}
	seen := any("no request")
	s := newSite(func(r *http.Request) (*http.Response, error) {
		seen = r.Context().Value(key{})
		return says(set(freshEC("a")))(r)
	})
	r := s.remote(t, jwks.Options{})
	if _, err := jwks.Key(context.WithValue(t.Context(), key{}, "CANARY"), r, "a", "ES256"); err != nil || seen != nil {
		t.Errorf("got %v and the value %v, want none", err, seen)
	}
}

func TestDiscoveryIsBoundedInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slowly := func(a answer) answer { return after(4*time.Second, a) }
		s := newSite(paths(map[string]answer{
			oidcPath: slowly(status(404, "")), rfcPath: slowly(status(404, "")), tailPath: slowly(metadataFor(issuer, keysURL)),
			"/CANARY/keys": slowly(says(set(freshEC("a")))),
		}))
		r := discover(t, s, jwks.Options{})
		begin := time.Now()
		hasNot(t, r, "a", jwks.ErrUnavailable)
		if got := time.Since(begin); got != 10*time.Second {
			t.Errorf("took %v, want it cut at 10 s", got)
		}
	})
}

func TestMetadataMayHoldAnythingElse(t *testing.T) {
	document := map[string]json.RawMessage{
		"issuer": json.RawMessage(encoded(issuer)), "jwks_uri": json.RawMessage(encoded(keysURL)),
		"scopes_supported": json.RawMessage(`["openid"]`), "mtls_endpoint_aliases": json.RawMessage(`{"a":{"b":null}}`),
	}
	s := newSite(paths(map[string]answer{oidcPath: says(encoded(document)), "/CANARY/keys": says(set(freshEC("a")))}))
	has(t, discover(t, s, jwks.Options{}), "a")
}
