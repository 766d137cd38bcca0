package jwks_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/jwks"
)

// mishap is a way in which a server fails.
type mishap struct {
	name   string
	answer answer
	class  string        // in Stats and in the log
	takes  time.Duration // until it is given up
}

// mishaps are what a server does instead of answering with good, of which known
// is a key.
func mishaps(t *testing.T, known jwk, good string) []mishap {
	t.Helper()
	html := func(body string) answer {
		return func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "text/html; charset=utf-8", strings.NewReader(body)), nil
		}
	}
	goes := headed(status(http.StatusFound, ""), "Location", keysURL)
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
	return []mishap{
		{"K01/500 Internal Server Error", status(500, good), "status_5xx", 0},
		{"K01/502 Bad Gateway", status(502, good), "status_5xx", 0},
		{"K01/503 Service Unavailable", status(503, good), "status_5xx", 0},
		{"K01/429 Too Many Requests", status(429, good), "status_429", 0},
		{"K01/401 Unauthorized", status(401, good), "status_4xx", 0},
		{"K01/403 Forbidden", status(403, good), "status_4xx", 0},
		{"K01/404 Not Found", status(404, good), "status_4xx", 0},
		{"K01/204 No Content", status(204, ""), "status_other", 0},
		{"K01/206 Partial Content", status(206, good), "status_other", 0},
		{"K01/304 Not Modified to a request without ETag", status(304, ""), "status_other", 0},
		{"K01/a status beyond all", status(799, good), "status_other", 0},
		{"K02/a connection that is refused", refused, "connection", 0},
		{"K02/a connection that is reset", fails(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), "connection", 0},
		{"K02/a name that does not resolve", fails(&net.DNSError{Name: "CANARY", IsNotFound: true}), "name_resolution", 0},
		{"K02/a certificate that is not trusted", fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), "tls", 0},
		{"K02/a server that speaks no TLS", fails(tls.RecordHeaderError{Msg: "CANARY"}), "tls", 0},
		{"K02/an answer that breaks off", streams(func(_ *http.Request, p []byte) (int, error) {
			return copy(p, good[:10]), io.ErrUnexpectedEOF
		}), "truncated", 0},
		{"K02/JSON that breaks off", says(good[:len(good)-20]), "not_a_set", 0},
		{"K03/an answer that never begins", hangs, "timeout", fetch.Timeout},
		{"K03/an answer that begins and never ends", streams(func(r *http.Request, _ []byte) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		}), "timeout", fetch.Timeout},
		{"K03/an answer of a byte a second", streams(func(r *http.Request, p []byte) (int, error) {
			select {
			case <-time.After(time.Second):
				return copy(p, " "), nil
			case <-r.Context().Done():
				return 0, r.Context().Err()
			}
		}), "timeout", fetch.Timeout},
		{"K04/spaces without end", endless(' '), "too_large", 0},
		{"K04/brackets without end", endless('['), "too_large", 0},
		{"K04/a good set after 512 KiB of spaces", says(strings.Repeat(" ", 512<<10) + good), "too_large", 0},
		{"K05/an empty object", says(`{}`), "not_a_set", 0},
		{"K05/an empty set", says(`{"keys":[]}`), "no_keys", 0},
		{"K05/null for keys", says(`{"keys":null}`), "not_a_set", 0},
		{"K05/an error as JSON", says(`{"error":"CANARY"}`), "not_a_set", 0},
		{"K05/an HTML page", html("<title>CANARY</title>"), "content_type", 0},
		{"K05/an HTML page that says it is JSON", says("<title>CANARY</title>"), "not_a_set", 0},
		{"K05/an array", says("[" + encoded(known) + "]"), "not_a_set", 0},
		{"K05/KEYS in upper case", says(strings.Replace(good, "keys", "KEYS", 1)), "not_a_set", 0},
		{"K05/an empty answer", says(""), "not_a_set", 0},
		{"K06/a good set that says it is HTML", html(good), "content_type", 0},
		{"K07/a redirect to another host", redirect("https://CANARY.example.net/keys"), "redirect", 0},
		{"K07/a redirect to http", redirect("http://login.example.com/CANARY/keys"), "redirect", 0},
		{"K07/a redirect to a metadata service", redirect("http://169.254.169.254/latest/meta-data/"), "redirect", 0},
		{"K07/a redirect to localhost", redirect("https://localhost/CANARY/keys"), "redirect", 0},
		{"K07/a redirect to a user's place", redirect("https://CANARY:pw@login.example.com/CANARY/keys"), "redirect", 0},
		{"K07/a redirect to itself, for ever", goes, "redirect", 0},
		{"K07/a redirect to a file", redirect("file:///etc/passwd"), "redirect", 0},
		{"K11/keys that are all unfit", says(set(known.with("use", "enc"), freshEC("new").with("kty", "CANARY"))), "no_keys", 0},
		{"K18/101 keys", says(set(slices.Repeat([]any{known}, 101)...)), "not_a_set", 0},
		{"F7/trailing garbage", says(good + "CANARY"), "not_a_set", 0},
		{"a transport that panics", func(*http.Request) (*http.Response, error) { panic("CANARY") }, "panic", 0},
		{"a body that panics", streams(func(*http.Request, []byte) (int, error) { panic(errors.New("CANARY")) }), "panic", 0},
	}
}

// Whatever goes wrong with a fetch, keys that are known stay, and the next fetch
// that succeeds mends it.
func TestFaultsWhileKeysAreKnown(t *testing.T) {
	known := freshEC("known")
	good := set(known, freshEC("new"))
	for _, test := range mishaps(t, known, good) {
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
				if got, want := time.Since(begin), min(test.takes, patience); got != want {
					t.Errorf("took %v, want %v", got, want)
				}
				hasIn(t, r, "known", 0)
				time.Sleep(time.Until(begin.Add(test.takes)))
				synctest.Wait()
				stats := r.Stats()
				if stats.Keys != 1 || stats.Fetches != 2 || !errors.Is(stats.Err, jwks.ErrUnavailable) || stats.Age != time.Minute+test.takes {
					t.Errorf("got %+v, want the key of a minute ago and 2 fetches", stats)
				}
				if want := map[string]int{test.class: 1}; !maps.Equal(stats.Failures, want) {
					t.Errorf("got failures %v, want %v", stats.Failures, want)
				}

				s.becomes(says(good))
				time.Sleep(time.Second)
				hasIn(t, r, "new", 0)
				checkFailureLog(t, &log, test.class, true)
			})
		})
	}
}

// Keys that were never known are unavailable for as long as the fault lasts and
// a second more.
func TestFaultsBeforeAnyKeyIsKnown(t *testing.T) {
	known := freshEC("known")
	good := set(known, freshEC("new"))
	for _, test := range mishaps(t, known, good) {
		t.Run(test.name+"/cold", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				s := newSite(test.answer)
				r := s.remote(t, jwks.Options{Logger: log.logger()})
				begin := time.Now()
				hasNot(t, r, "known", jwks.ErrUnavailable)
				if got, want := time.Since(begin), min(test.takes, patience); got != want {
					t.Errorf("took %v, want %v", got, want)
				}
				if snapshot, err := r.Snapshot(); snapshot != nil || !errors.Is(err, jwks.ErrUnavailable) {
					t.Errorf("got %v and %v, want no snapshot", snapshot, err)
				}
				time.Sleep(time.Until(begin.Add(test.takes)))
				synctest.Wait()
				stats := r.Stats()
				if stats.Keys != 0 || stats.Age != 0 || stats.Fetches != 1 || !errors.Is(stats.Err, jwks.ErrUnavailable) {
					t.Errorf("got %+v, want no key in 1 fetch", stats)
				}
				if want := map[string]int{test.class: 1}; !maps.Equal(stats.Failures, want) {
					t.Errorf("got failures %v, want %v", stats.Failures, want)
				}

				s.becomes(says(good))
				time.Sleep(time.Second)
				hasIn(t, r, "known", 0)
				hasIn(t, r, "new", 0)
				if stats := r.Stats(); stats.Keys != 2 || stats.Err != nil || stats.Fetches != 2 {
					t.Errorf("got %+v, want 2 keys by the next fetch", stats)
				}
				checkFailureLog(t, &log, test.class, false)
			})
		})
	}
}

// checkFailureLog demands one line that says that a fetch failed and why, in
// the words of this module alone, and one that says that it is over.
func checkFailureLog(t *testing.T, log *journal, class string, known bool) {
	t.Helper()
	records, text := log.lines(t)
	if len(records) != 2 {
		t.Fatalf("got %d lines, want the failure and its end: %s", len(records), text)
	}
	failure, end := records[0], encoded(records[1])
	reason, _ := failure["error"].(string)
	if failure["msg"] != "key set not refreshed" || failure["level"] != "WARN" || failure["keys_known"] != known || failure["reason"] != class ||
		len(failure) != 5 || !strings.HasPrefix(reason, jwks.ErrUnavailable.Error()+": ") {
		t.Errorf("got the line %v", failure)
	}
	if want := encoded(map[string]any{"msg": "key set refreshed again", "level": "INFO", "failures": 1}); end != want {
		t.Errorf("got the line %v, want %v", end, want)
	}
	checkNothingIsQuoted(t, text)
}

func checkNothingIsQuoted(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"CANARY", "example", "169.254", "passwd", "://", "goroutine"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
}
