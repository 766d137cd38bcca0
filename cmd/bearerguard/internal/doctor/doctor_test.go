package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/doctor"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestNothingIsFoundAtARightAPI(t *testing.T) {
	for _, path := range []string{"/v1", "/v1/orders", "/v1/orders?page=2"} {
		t.Run(path, func(t *testing.T) {
			a := newAPI("https://api.example.com")
			findings, report := examine(t.Context(), t, a, path)
			if findings != nil {
				t.Errorf("got %q, want nothing", findings)
			}
			for _, c := range report.Checks {
				if c.Result != doctor.Passed {
					t.Errorf("got %+v, want it passed", c)
				}
			}
			for _, r := range a.sent {
				if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
					t.Errorf("got credentials in %s %s", r.Method, r.URL)
				}
			}
			if len(a.sent) > 25 {
				t.Errorf("got %d requests, want some twenty", len(a.sent))
			}
		})
	}
}

func TestRightInAnotherWay(t *testing.T) {
	for name, change := range map[string]func(a *api){
		"a resource without a path, with a slash": func(a *api) {
			a.members["resource"], a.places = a.base+"/", []string{wellKnown}
			a.challenge = []string{`Bearer resource_metadata="` + a.base + wellKnown + `"`}
		},
		"several challenges, in field lines and in one": func(a *api) {
			a.challenge = []string{"Negotiate abc==", `DPoP algs="ES256", resource_metadata="` + a.base + wellKnown + `/v1"`, "Basic, " + a.challenge[0]}
		},
		"metadata at the root too":                 func(a *api) { a.places = append(a.places, wellKnown) },
		"no scopes_supported":                      func(a *api) { a.members["scopes_supported"] = nil },
		"an authorization server without jwks_uri": func(a *api) { delete(a.server, "jwks_uri") },
		"a proxy that refuses other hosts": func(a *api) {
			a.serve = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Host != "api.example.com" {
						w.WriteHeader(http.StatusMisdirectedRequest)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI("https://api.example.com")
			change(a)
			if findings, _ := examine(t.Context(), t, a, "/v1/orders"); findings != nil {
				t.Errorf("got %q, want nothing", findings)
			}
		})
	}
}

// This test uses real network connections to the API and the mock authorization
// server.
func TestARightAPIOnLoopback(t *testing.T) {
	as := testserver.New(t)
	var a *api
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	a = newAPI(s.URL)
	a.members["authorization_servers"] = []string{as.Issuer()}
	report, err := doctor.Run(t.Context(), nil, s.URL+"/v1/orders")
	if err != nil || report.Findings != 0 || len(report.Checks) < 19 {
		t.Errorf("got %+v, %v, want all checks and no findings", report, err)
	}
}

func TestARunHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI("https://api.example.com")
		a.serve = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, "/v1") {
					<-r.Context().Done()
				}
				next.ServeHTTP(w, r)
			})
		}
		start := time.Now()
		findings, _ := examine(t.Context(), t, a, "/v1")
		if got := time.Since(start); got > doctor.Timeout {
			t.Errorf("took %v, want at most %v", got, doctor.Timeout)
		}
		want := []string{"failed metadata: no answer", "warned time: some answers are slow"}
		if !slices.Equal(findings, want) {
			t.Errorf("got %q, want %q", findings, want)
		}
		synctest.Wait()
	})
}

func TestASlowAnswerIsAFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI("https://api.example.com")
		a.serve = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					time.Sleep(3 * time.Second)
				}
				next.ServeHTTP(w, r)
			})
		}
		findings, _ := examine(t.Context(), t, a, "/v1")
		if want := []string{"warned time: some answers are slow"}; !slices.Equal(findings, want) {
			t.Errorf("got %q, want %q", findings, want)
		}
	})
}

// Slow answers to requests with a false host must not be reported. No client
// sends such requests, and no cache can answer them, because their query is
// random.
func TestRequestsWithAFalseHostAreNotTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI("https://api.example.com")
		a.serve = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Host == "doctor.invalid" || r.Header.Get("X-Forwarded-Host") != "" {
					time.Sleep(3 * time.Second)
				}
				next.ServeHTTP(w, r)
			})
		}
		if findings, _ := examine(t.Context(), t, a, "/v1"); findings != nil {
			t.Errorf("got %q, want nothing", findings)
		}
	})
}

func TestASlowURLIsListedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI("https://api.example.com")
		a.serve = func(next http.Handler) http.Handler {
			time.Sleep(2100 * time.Millisecond)
			return next
		}
		_, report := examine(t.Context(), t, a, "/v1")
		for _, c := range report.Checks {
			if want := "https://api.example.com/v1, https://api.example.com" + wellKnown + "/v1, https://api.example.com" + wellKnown; c.Name == "time" && c.Found != want {
				t.Errorf("got %s, want %s", c.Found, want)
			}
		}
	})
}

func TestARunThatCannotBegin(t *testing.T) {
	a := newAPI("https://api.example.com")
	for _, address := range []string{"", "api.example.com", "ftp://api.example.com/", "https:///v1", "https://u@api.example.com/", "https://api.example.com/#a", "https://api example.com"} {
		if _, err := doctor.Run(t.Context(), a, address); !errors.Is(err, doctor.ErrURL) {
			t.Errorf("%q: got %v, want %v", address, err, doctor.ErrURL)
		}
	}
	if _, err := doctor.Run(t.Context(), a, "https://other.example.com/"); err == nil || errors.Is(err, doctor.ErrURL) {
		t.Errorf("got %v, want the error of the transport", err)
	}
	if len(a.sent) > 0 {
		t.Errorf("got %d requests, want none", len(a.sent))
	}
}

func TestACanceledRunHasNoReport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := newAPI("https://api.example.com")
	a.serve = func(next http.Handler) http.Handler {
		cancel()
		return next
	}
	if _, err := doctor.Run(ctx, a, a.base+"/v1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
