package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

func TestRedirectsWithinTheOrigin(t *testing.T) {
	for _, tt := range []struct {
		name  string
		count int
		want  error
	}{
		{"one is followed", 1, nil},
		{"three are followed", 3, nil},
		{"four are refused", 4, fetch.ErrRedirect},
		{"a hundred are refused", 100, fetch.ErrRedirect},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(tt.name+" by "+strconv.Itoa(status), func(t *testing.T) {
				s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
					at, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
					if r.Method != http.MethodGet {
						t.Errorf("got %s, want GET", r.Method)
					}
					if at < tt.count {
						http.Redirect(w, r, "/"+strconv.Itoa(at+1), status)
						return
					}
					answer(http.StatusOK, `{"a":1}`)(w, r)
				})
				body, err := get(t.Context(), s.Client(), s.URL+"/0")
				if !errors.Is(err, tt.want) || (err == nil) != (string(body) == `{"a":1}`) {
					t.Errorf("got %q, %v, want %v", body, err, tt.want)
				}
				if got, most := int(s.requests.Load()), min(tt.count, 3)+1; got != most {
					t.Errorf("got %d requests, want %d", got, most)
				}
			})
		}
	}
}

func TestRedirectsOutOfTheOriginAreRefused(t *testing.T) {
	elsewhere := trap(t)
	for _, tt := range []struct {
		name   string
		target func(s *server) string
	}{
		{"another port", func(*server) string { return elsewhere.URL + "/" + canary }},
		{"another port without scheme", func(*server) string { return "//127.0.0.1:" + elsewhere.port() + "/" }},
		{"another name of the host", func(s *server) string { return "http://localhost:" + s.port() + "/" }},
		{"another name and port", func(*server) string { return "http://localhost:" + elsewhere.port() + "/" }},
		{"an IPv6 spelling of the host", func(s *server) string { return "http://[::ffff:127.0.0.1]:" + s.port() + "/" }},
		{"a decimal spelling of the host", func(s *server) string { return "http://2130706433:" + s.port() + "/" }},
		{"the default port", func(*server) string { return "http://127.0.0.1/" }},
		{"https", func(s *server) string { return "https://127.0.0.1:" + s.port() + "/" }},
		{"a user name", func(s *server) string { return "http://" + canary + "@127.0.0.1:" + s.port() + "/" }},
		{"a user name and a password", func(s *server) string { return "http://" + canary + ":p@127.0.0.1:" + s.port() + "/" }},
		{"a user name that looks like the host", func(s *server) string {
			return "http://127.0.0.1:" + s.port() + "@127.0.0.1:" + elsewhere.port() + "/"
		}},
		{"the address of cloud metadata", func(*server) string { return "http://169.254.169.254/latest/" }},
		{"a file", func(*server) string { return "file:///etc/passwd" }},
		{"a data URL", func(*server) string { return "data:application/json,{}" }},
		{"a script", func(*server) string { return "javascript:" + canary }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, nil)
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if s.requests.Add(1) == 1 {
					w.Header().Set("Location", tt.target(s))
					w.WriteHeader(http.StatusFound)
					_, _ = io.WriteString(w, canary)
				}
			})
			body, err := get(t.Context(), s.Client(), s.URL+"/"+canary)
			if !errors.Is(err, fetch.ErrRedirect) || body != nil {
				t.Errorf("got %q, %v, want %v", body, err, fetch.ErrRedirect)
			}
			if got := s.requests.Load(); got != 1 {
				t.Errorf("got %d requests, want 1", got)
			}
			checkSilent(t, err)
		})
	}
}

func TestARedirectFromHTTPSToHTTPIsRefused(t *testing.T) {
	elsewhere := trap(t)
	s := newTLSServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:"+elsewhere.port()+"/", http.StatusFound)
	})
	if _, err := get(t.Context(), s.Client(), s.URL); !errors.Is(err, fetch.ErrRedirect) {
		t.Errorf("got %v, want %v", err, fetch.ErrRedirect)
	}
}

// Every redirect, and not only the first one, must stay within the origin of
// the first request.
func TestALaterRedirectOutOfTheOriginIsRefused(t *testing.T) {
	elsewhere := trap(t)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second", http.StatusFound)
			return
		}
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	})
	if _, err := get(t.Context(), s.Client(), s.URL+"/first"); !errors.Is(err, fetch.ErrRedirect) {
		t.Errorf("got %v, want %v", err, fetch.ErrRedirect)
	}
	if got := s.requests.Load(); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
}

func TestRedirectsWithoutATarget(t *testing.T) {
	for _, tt := range []struct {
		name, location string
		want           error
	}{
		{"without Location it is an unexpected status", "", fetch.StatusError{Status: http.StatusFound}},
		{"a Location that is not a URL is refused", "http://[" + canary, fetch.ErrUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.location != "" {
					w.Header().Set("Location", tt.location)
				}
				w.WriteHeader(http.StatusFound)
			})
			_, err := get(t.Context(), s.Client(), s.URL)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			checkSilent(t, err)
		})
	}
}

// The CheckRedirect of the caller's client must not be used, because it might
// allow redirects to another origin.
func TestTheClientsRedirectPolicyIsReplaced(t *testing.T) {
	elsewhere := trap(t)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	client := s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
	if _, err := get(t.Context(), client, s.URL); !errors.Is(err, fetch.ErrRedirect) {
		t.Errorf("got %v, want %v", err, fetch.ErrRedirect)
	}
}
