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

// The server refuses us, not the token: nothing is known, nothing is kept, and
// somebody must be told loudly, once.
func TestThreatsOwnCredentials(t *testing.T) {
	for _, code := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		t.Run("I07/"+strconv.Itoa(code)+" is our own fault", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(journal)
				s := newSite(status(code, `{"active":true,"error":"`+canary+`"}`))
				c := newClient(t, s, always, func(c *introspect.Config) { c.Logger = log.logger() })
				isUnknown(t, c, token, introspect.ErrCredentials)
				isUnknown(t, c, token, introspect.ErrCredentials)
				s.asked(t, 2)
				if got, want := log.lines(t), []string{"ERROR credentials: introspection does not work"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}

				s.becomes(says(`{"active":true}`))
				isActive(t, c, token)
				if got := log.lines(t); len(got) != 0 {
					t.Errorf("got log %q, want nothing", got)
				}
				time.Sleep(time.Minute)

				// Once it has understood us, only what speaks of the client is about us.
				s.becomes(status(code, `{"error":"`+canary+`"}`))
				if _, err := c.Introspect(t.Context(), "another"); errors.Is(err, introspect.ErrCredentials) {
					t.Errorf("got %v, want an error about the token", err)
				}
				s.becomes(status(code, `{"error":"invalid_client","error_description":"`+canary+`"}`))
				isUnknown(t, c, "another", introspect.ErrCredentials)
				isUnknown(t, c, token, introspect.ErrCredentials)
				if got, want := log.lines(t), []string{"WARN answer: introspection does not work", "ERROR credentials: introspection does not work", "ERROR server: introspection does not work"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}
			})
		})
	}
	t.Run("I07/a server that goes on refusing us is left alone and comes back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(status(http.StatusUnauthorized, `{"error":"invalid_client"}`))
			c := newClient(t, s)
			for i := range 50 {
				isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
			}
			s.asked(t, 5)
			s.becomes(says(`{"active":true}`))
			time.Sleep(2*time.Second + 1)
			isActive(t, c, token)
		})
	})
}

func TestThreatsMalformedQuestion(t *testing.T) {
	t.Run("I09/400 is no verdict and is told", func(t *testing.T) {
		log := new(journal)
		s := newSite(status(http.StatusBadRequest, `{"active":true,"error":"`+canary+`"}`))
		c := newClient(t, s, func(c *introspect.Config) { c.Logger = log.logger() })
		for range 20 {
			isUnknown(t, c, token, fetch.StatusError{Status: http.StatusBadRequest})
		}
		if got, want := log.lines(t), []string{"WARN answer: introspection does not work"}; !slices.Equal(got, want) {
			t.Errorf("got log %q, want %q", got, want)
		}
		// Perhaps it is this token alone: others go on.
		s.becomes(says(`{"active":true}`))
		isActive(t, c, token)
	})
}

// failures are answers that say nothing of the token, though a reader who looks
// at the body alone would find it active.
var failures = map[string]answer{
	"500":                         status(500, `{"active":true}`),
	"501":                         status(501, `{"active":true}`),
	"502":                         status(502, `{"active":true}`),
	"503":                         status(503, `{"active":true}`),
	"504":                         status(504, `{"active":true}`),
	"520, which nobody defines":   status(520, `{"active":true}`),
	"429":                         status(429, `{"active":true}`),
	"404":                         status(404, `{"active":true}`),
	"405":                         status(405, `{"active":true}`),
	"418":                         status(418, `{"active":true}`),
	"201":                         status(201, `{"active":true}`),
	"202":                         status(202, `{"active":true}`),
	"203":                         status(203, `{"active":true}`),
	"204":                         status(204, ``),
	"206":                         status(206, `{"active":true}`),
	"304":                         status(304, `{"active":true}`),
	"300 without a target":        status(300, `{"active":true}`),
	"301 to elsewhere":            redirects(301, "https://evil.example/introspect"),
	"302 within the origin":       redirects(302, issuer+"/introspect2"),
	"303 to elsewhere":            redirects(303, "https://evil.example/introspect"),
	"307 to elsewhere":            redirects(307, "https://evil.example/introspect"),
	"307 within the origin":       redirects(307, issuer+"/introspect2"),
	"308 to the same place":       redirects(308, endpoint),
	"308 to plain http":           redirects(308, "http://as.example.com/introspect"),
	"a refused connection":        refused,
	"no answer":                   hangs,
	"an answer that comes late":   after(2*time.Second+1, says(`{"active":true}`)),
	"an answer that breaks off":   breaksOff,
	"a page that is JSON":         typed(200, "text/html; charset=utf-8", `{"active":true}`),
	"a page":                      typed(200, "text/html", `<h1>Back soon</h1>`),
	"an answer larger than 1 MiB": says(`{"active":true}` + string(make([]byte, 1<<20))),
}

func TestThreatsUpstreamFailures(t *testing.T) {
	for name, failure := range failures {
		t.Run("I08/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(failure)
				c := newClient(t, s)
				for range 2 {
					isUnknown(t, c, token, introspect.ErrUnavailable)
				}
				s.asked(t, 2) // not kept
				for _, seen := range s.seen() {
					if seen.url != endpoint {
						t.Errorf("%s was asked", seen.url)
					}
				}
				s.becomes(says(`{"active":true}`))
				isActive(t, c, token)
			})
		})
	}
	t.Run("I08/an answer that is known outlives a failure until it ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s)
			isActive(t, c, token)
			s.becomes(status(500, ``))
			time.Sleep(30*time.Second - 1)
			isActive(t, c, token)
			time.Sleep(time.Nanosecond)
			isUnknown(t, c, token, introspect.ErrUnavailable)
		})
	})
}

// The endpoint is named by the configuration or by the issuer's metadata, never
// by an answer.
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
			config := newSite(refused).config()
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
		t.Run("I19/metadata that name "+name+" name nothing", func(t *testing.T) {
			s := newSite(paths(map[string]answer{
				"/.well-known/openid-configuration": says(fmt.Sprintf(`{"issuer":%q,"introspection_endpoint":%q}`, issuer, found)),
			}))
			c := newClient(t, s, discovering)
			isUnknown(t, c, token, introspect.ErrUnavailable)
			s.asked(t, 1)
		})
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprintf("I19/secrets are not sent along %d", code), func(t *testing.T) {
			s := newSite(redirects(code, "https://evil.example/introspect"))
			isUnknown(t, newClient(t, s), token, fetch.ErrRedirect)
			s.asked(t, 1)
			s = newSite(redirects(code, "https://evil.example/userinfo"))
			isUnknown(t, newUserInfo(t, s, nil), token, fetch.ErrRedirect)
			s.asked(t, 1)
		})
	}
}

func discovering(c *introspect.Config) { c.Issuer, c.Endpoint = issuer, "" }
