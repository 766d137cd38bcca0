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

// transportFault is a fault of a server or its connection.
type transportFault struct {
	name   string
	answer answer
	class  string        // name in Stats and in the log
	takes  time.Duration // time until the attempt fails
}

// transportFaults returns the faults that a server can have. good is the text
// of a valid key set, and known is a key in this set.
func transportFaults(t *testing.T, known jwk, good string) []transportFault {
	t.Helper()
	html := func(body string) answer {
		return func(r *http.Request) (*http.Response, error) {
			return respond(r, http.StatusOK, "text/html; charset=utf-8", strings.NewReader(body)), nil
		}
	}
	goes := withHeader(status(http.StatusFound, ""), "Location", keysURL)
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
		return streamed(func(_ *http.Request, p []byte) (int, error) {
			for i := range p {
				p[i] = b
			}
			return len(p), nil
		})
	}
	return []transportFault{
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
		{"K01/an invalid status", status(799, good), "status_other", 0},
		{"K02/a connection that is refused", connectionRefused, "connection", 0},
		{"K02/a connection that is reset", failWith(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), "connection", 0},
		{"K02/a name that does not resolve", failWith(&net.DNSError{Name: "CANARY", IsNotFound: true}), "name_resolution", 0},
		{"K02/a certificate that is not trusted", failWith(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), "tls", 0},
		{"K02/a server that speaks no TLS", failWith(tls.RecordHeaderError{Msg: "CANARY"}), "tls", 0},
		{"K02/a truncated answer", streamed(func(_ *http.Request, p []byte) (int, error) {
			return copy(p, good[:10]), io.ErrUnexpectedEOF
		}), "truncated", 0},
		{"K02/truncated JSON", respondOK(good[:len(good)-20]), "not_a_set", 0},
		{"K03/an answer that never begins", hang, "timeout", fetch.Timeout},
		{"K03/an answer that begins and never ends", streamed(func(r *http.Request, _ []byte) (int, error) {
			<-r.Context().Done()
			return 0, r.Context().Err()
		}), "timeout", fetch.Timeout},
		{"K03/an answer of a byte a second", streamed(func(r *http.Request, p []byte) (int, error) {
			select {
			case <-time.After(time.Second):
				return copy(p, " "), nil
			case <-r.Context().Done():
				return 0, r.Context().Err()
			}
		}), "timeout", fetch.Timeout},
		{"K04/endless spaces", endless(' '), "too_large", 0},
		{"K04/endless brackets", endless('['), "too_large", 0},
		{"K04/a good set after 512 KiB of spaces", respondOK(strings.Repeat(" ", 512<<10) + good), "too_large", 0},
		{"K05/an empty object", respondOK(`{}`), "not_a_set", 0},
		{"K05/an empty set", respondOK(`{"keys":[]}`), "no_keys", 0},
		{"K05/null for keys", respondOK(`{"keys":null}`), "not_a_set", 0},
		{"K05/an error as JSON", respondOK(`{"error":"CANARY"}`), "not_a_set", 0},
		{"K05/an HTML page", html("<title>CANARY</title>"), "content_type", 0},
		{"K05/an HTML page sent as JSON", respondOK("<title>CANARY</title>"), "not_a_set", 0},
		{"K05/an array", respondOK("[" + encoded(known) + "]"), "not_a_set", 0},
		{"K05/KEYS in upper case", respondOK(strings.Replace(good, "keys", "KEYS", 1)), "not_a_set", 0},
		{"K05/an empty answer", respondOK(""), "not_a_set", 0},
		{"K06/a good set sent as HTML", html(good), "content_type", 0},
		{"K07/a redirect to another host", redirect("https://CANARY.example.net/keys"), "redirect", 0},
		{"K07/a redirect to http", redirect("http://login.example.com/CANARY/keys"), "redirect", 0},
		{"K07/a redirect to a metadata service", redirect("http://169.254.169.254/latest/meta-data/"), "redirect", 0},
		{"K07/a redirect to localhost", redirect("https://localhost/CANARY/keys"), "redirect", 0},
		{"K07/a redirect to a URL with a user", redirect("https://CANARY:pw@login.example.com/CANARY/keys"), "redirect", 0},
		{"K07/an endless redirect to itself", goes, "redirect", 0},
		{"K07/a redirect to a file", redirect("file:///etc/passwd"), "redirect", 0},
		{"K11/keys that are all unfit", respondOK(set(known.with("use", "enc"), freshEC("new").with("kty", "CANARY"))), "no_keys", 0},
		{"K18/101 keys", respondOK(set(slices.Repeat([]any{known}, 101)...)), "not_a_set", 0},
		{"F7/trailing garbage", respondOK(good + "CANARY"), "not_a_set", 0},
		{"a transport that panics", func(*http.Request) (*http.Response, error) { panic("CANARY") }, "panic", 0},
		{"a body that panics", streamed(func(*http.Request, []byte) (int, error) { panic(errors.New("CANARY")) }), "panic", 0},
	}
}

// Cached keys must remain in use during any fault, and the next successful
// fetch must renew them.
func TestFaultsWithCachedKeys(t *testing.T) {
	known := freshEC("known")
	good := set(known, freshEC("new"))
	for _, test := range transportFaults(t, known, good) {
		t.Run(test.name+"/warm", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logCapture
				s := newSite(respondOK(set(known)))
				r := s.remote(t, jwks.Options{Logger: log.logger()})
				assertKey(t, r, "known")
				time.Sleep(time.Minute)

				s.setAnswer(test.answer)
				begin := time.Now()
				assertKeyError(t, r, "new", jwks.ErrUnavailable)
				if got, want := time.Since(begin), min(test.takes, waitLimit); got != want {
					t.Errorf("took %v, want %v", got, want)
				}
				assertKeyAfter(t, r, "known", 0)
				time.Sleep(time.Until(begin.Add(test.takes)))
				synctest.Wait()
				stats := r.Stats()
				if stats.Keys != 1 || stats.Fetches != 2 || !errors.Is(stats.Err, jwks.ErrUnavailable) || stats.Age != time.Minute+test.takes {
					t.Errorf("got %+v, want the key of a minute ago and 2 fetches", stats)
				}
				if want := map[string]int{test.class: 1}; !maps.Equal(stats.Failures, want) {
					t.Errorf("got failures %v, want %v", stats.Failures, want)
				}

				s.setAnswer(respondOK(good))
				time.Sleep(time.Second)
				assertKeyAfter(t, r, "new", 0)
				checkFailureLog(t, &log, test.class, true)
			})
		})
	}
}

// Without cached keys, keys become available at most a second after the fault
// ends.
func TestFaultsWithoutCachedKeys(t *testing.T) {
	known := freshEC("known")
	good := set(known, freshEC("new"))
	for _, test := range transportFaults(t, known, good) {
		t.Run(test.name+"/cold", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log logCapture
				s := newSite(test.answer)
				r := s.remote(t, jwks.Options{Logger: log.logger()})
				begin := time.Now()
				assertKeyError(t, r, "known", jwks.ErrUnavailable)
				if got, want := time.Since(begin), min(test.takes, waitLimit); got != want {
					t.Errorf("took %v, want %v", got, want)
				}
				if snapshot, err := r.Snapshot(); snapshot != nil || !errors.Is(err, jwks.ErrUnavailable) {
					t.Errorf("got %v and %v, want no snapshot", snapshot, err)
				}
				time.Sleep(time.Until(begin.Add(test.takes)))
				synctest.Wait()
				stats := r.Stats()
				if stats.Keys != 0 || stats.Age != 0 || stats.Fetches != 1 || !errors.Is(stats.Err, jwks.ErrUnavailable) {
					t.Errorf("got %+v, want no key after 1 fetch", stats)
				}
				if want := map[string]int{test.class: 1}; !maps.Equal(stats.Failures, want) {
					t.Errorf("got failures %v, want %v", stats.Failures, want)
				}

				s.setAnswer(respondOK(good))
				time.Sleep(time.Second)
				assertKeyAfter(t, r, "known", 0)
				assertKeyAfter(t, r, "new", 0)
				if stats := r.Stats(); stats.Keys != 2 || stats.Err != nil || stats.Fetches != 2 {
					t.Errorf("got %+v, want 2 keys after the next fetch", stats)
				}
				checkFailureLog(t, &log, test.class, false)
			})
		})
	}
}

// checkFailureLog checks that the log has exactly two lines: one for a failed
// fetch, and one for the recovery. Neither line may quote input.
func checkFailureLog(t *testing.T, log *logCapture, class string, known bool) {
	t.Helper()
	records, text := log.lines(t)
	if len(records) != 2 {
		t.Fatalf("got %d lines, want the failure and its end: %s", len(records), text)
	}
	failure, end := records[0], encoded(records[1])
	reason, _ := failure["error"].(string)
	if failure["msg"] != "key set not refreshed" || failure["level"] != "WARN" || failure["keys_known"] != known || failure["reason"] != class ||
		len(failure) != 5 || !strings.HasPrefix(reason, jwks.ErrUnavailable.Error()+": ") {
		t.Errorf("got the log line %v, want a warning with the reason, the error and keys_known", failure)
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
			t.Errorf("the log contains %q: %s", secret, text)
		}
	}
}
