package introspect_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/introspect"
)

// If the server refuses the client's credentials, the state of the token is
// unknown. Nothing is cached, and the failure is logged once, at level Error.
func TestThreatsOwnCredentials(t *testing.T) {
	for _, code := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		t.Run("I07/"+strconv.Itoa(code)+" is about our credentials", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(logCapture)
				s := newSite(status(code, `{"active":true,"error":"`+canary+`"}`))
				c := newClient(t, s, func(c *introspect.Config) { c.Logger = log.logger() })
				assertUnavailable(t, c, token, introspect.ErrCredentials)
				assertUnavailable(t, c, token, introspect.ErrCredentials)
				s.assertRequests(t, 2)
				if got, want := log.lines(t), []string{"ERROR credentials: introspection does not work"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}

				s.setAnswer(respondOK(`{"active":true}`))
				assertActive(t, c, token)
				if got := log.lines(t); len(got) != 0 {
					t.Errorf("got log %q, want nothing", got)
				}
				time.Sleep(time.Minute)

				// After a valid answer, 401 or 403 alone does not prove that
				// the credentials are wrong. The code invalid_client does.
				s.setAnswer(status(code, `{"error":"`+canary+`"}`))
				if _, err := c.Introspect(t.Context(), "another"); errors.Is(err, introspect.ErrCredentials) {
					t.Errorf("got %v, want an error other than ErrCredentials", err)
				}
				s.setAnswer(status(code, `{"error":"invalid_client","error_description":"`+canary+`"}`))
				assertUnavailable(t, c, "another", introspect.ErrCredentials)
				assertUnavailable(t, c, token, introspect.ErrCredentials)
				if got, want := log.lines(t), []string{"WARN answer: introspection does not work", "ERROR credentials: introspection does not work", "ERROR server: introspection does not work"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}
			})
		})
	}
	t.Run("I07/continued refusals cause a back-off until the server recovers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(status(http.StatusUnauthorized, `{"error":"invalid_client"}`))
			c := newClient(t, s)
			for i := range 50 {
				assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
			}
			s.assertRequests(t, 5)
			s.setAnswer(respondOK(`{"active":true}`))
			time.Sleep(2*time.Second + 1)
			assertActive(t, c, token)
		})
	})
}

func TestThreatsMalformedRequest(t *testing.T) {
	t.Run("I09/400 is an error and is logged", func(t *testing.T) {
		log := new(logCapture)
		s := newSite(status(http.StatusBadRequest, `{"active":true,"error":"`+canary+`"}`))
		c := newClient(t, s, func(c *introspect.Config) { c.Logger = log.logger() })
		for range 20 {
			assertUnavailable(t, c, token, fetch.StatusError{Status: http.StatusBadRequest})
		}
		if got, want := log.lines(t), []string{"WARN answer: introspection does not work"}; !slices.Equal(got, want) {
			t.Errorf("got log %q, want %q", got, want)
		}
		// The server may have answered 400 because of the token. Such answers
		// must not cause a back-off.
		s.setAnswer(respondOK(`{"active":true}`))
		assertActive(t, c, token)
	})
}

// upstreamFailures lists answers that must be treated as errors, although some
// bodies say that the token is active.
var upstreamFailures = map[string]answer{
	"500":                          status(500, `{"active":true}`),
	"501":                          status(501, `{"active":true}`),
	"502":                          status(502, `{"active":true}`),
	"503":                          status(503, `{"active":true}`),
	"504":                          status(504, `{"active":true}`),
	"520, which is not registered": status(520, `{"active":true}`),
	"429":                          status(429, `{"active":true}`),
	"404":                          status(404, `{"active":true}`),
	"405":                          status(405, `{"active":true}`),
	"418":                          status(418, `{"active":true}`),
	"201":                          status(201, `{"active":true}`),
	"202":                          status(202, `{"active":true}`),
	"203":                          status(203, `{"active":true}`),
	"204":                          status(204, ``),
	"206":                          status(206, `{"active":true}`),
	"304":                          status(304, `{"active":true}`),
	"300 without a target":         status(300, `{"active":true}`),
	"301 to elsewhere":             redirect(301, "https://evil.example/introspect"),
	"302 within the origin":        redirect(302, issuer+"/introspect2"),
	"303 to elsewhere":             redirect(303, "https://evil.example/introspect"),
	"307 to elsewhere":             redirect(307, "https://evil.example/introspect"),
	"307 within the origin":        redirect(307, issuer+"/introspect2"),
	"308 to the same URL":          redirect(308, endpoint),
	"308 to plain http":            redirect(308, "http://as.example.com/introspect"),
	"a refused connection":         connectionRefused,
	"no answer":                    hang,
	"a late answer":                delayed(2*time.Second+1, respondOK(`{"active":true}`)),
	"a truncated answer":           truncated,
	"JSON sent as HTML":            respondAs(200, "text/html; charset=utf-8", `{"active":true}`),
	"an HTML page":                 respondAs(200, "text/html", `<h1>Back soon</h1>`),
	"an answer larger than 1 MiB":  respondOK(`{"active":true}` + string(make([]byte, 1<<20))),
}

func TestThreatsUpstreamFailures(t *testing.T) {
	for name, failure := range upstreamFailures {
		t.Run("I08/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(failure)
				c := newClient(t, s)
				for range 2 {
					assertUnavailable(t, c, token, introspect.ErrUnavailable)
				}
				s.assertRequests(t, 2) // not cached
				for _, seen := range s.received() {
					if seen.url != endpoint {
						t.Errorf("got a request to %s, want requests only to the endpoint", seen.url)
					}
				}
				s.setAnswer(respondOK(`{"active":true}`))
				assertActive(t, c, token)
			})
		})
	}
	t.Run("I08/a cached answer is used during a failure until it expires", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s)
			assertActive(t, c, token)
			s.setAnswer(status(500, ``))
			time.Sleep(30*time.Second - 1)
			assertActive(t, c, token)
			time.Sleep(time.Nanosecond)
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
		})
	})
}

// The endpoint comes from the configuration or the issuer's metadata, never
// from an answer.
func TestThreatsAddresses(t *testing.T) {
	for name, change := range map[string]func(*introspect.Config){
		"an endpoint on plain http":    func(c *introspect.Config) { c.Endpoint = "http://as.example.com/introspect" },
		"an endpoint in a file":        func(c *introspect.Config) { c.Endpoint = "file:///etc/passwd" },
		"an endpoint with a user":      func(c *introspect.Config) { c.Endpoint = "https://as.example.com@evil.example/" },
		"an endpoint without a host":   func(c *introspect.Config) { c.Endpoint = "https:///introspect" },
		"an endpoint without a scheme": func(c *introspect.Config) { c.Endpoint = "as.example.com/introspect" },
		"an issuer on plain http":      func(c *introspect.Config) { c.Endpoint, c.Issuer = "", "http://as.example.com" },
	} {
		t.Run("I19/"+name+" is a fault of the configuration", func(t *testing.T) {
			config := newSite(connectionRefused).config()
			change(&config)
			if c, err := introspect.New(config); c != nil || err == nil {
				t.Errorf("got %v, %v, want a fault", c, err)
			}
		})
	}
	for name, found := range map[string]string{
		"plain http": "http://as.example.com/introspect", "loopback": "http://127.0.0.1:1/", "a file": "file:///etc/passwd",
		"a relative address": "/introspect", "a user": "https://as.example.com@evil.example/",
	} {
		t.Run("I19/metadata that names "+name+" is refused", func(t *testing.T) {
			s := newSite(byPath(map[string]answer{
				"/.well-known/openid-configuration": respondOK(fmt.Sprintf(`{"issuer":%q,"introspection_endpoint":%q}`, issuer, found)),
			}))
			c := newClient(t, s, withDiscovery)
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			s.assertRequests(t, 1)
		})
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprintf("I19/secrets are not sent after %d", code), func(t *testing.T) {
			s := newSite(redirect(code, "https://evil.example/introspect"))
			assertUnavailable(t, newClient(t, s), token, fetch.ErrRedirect)
			s.assertRequests(t, 1)
			s = newSite(redirect(code, "https://evil.example/userinfo"))
			assertUnavailable(t, newUserInfo(t, s, nil), token, fetch.ErrRedirect)
			s.assertRequests(t, 1)
		})
	}
}

func withDiscovery(c *introspect.Config) { c.Issuer, c.Endpoint = issuer, "" }
