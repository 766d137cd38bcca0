package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"testing"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

func TestGetAsSendsOnlyTheToken(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodGet || len(body) != 0 || r.URL.RawQuery != "" || len(r.Cookies()) != 0 ||
			r.Header.Get("Authorization") != "Bearer "+canary || r.Header.Get("Accept") != "application/json" || r.Header.Get("Content-Type") != "" {
			t.Errorf("got %s %s with header %v and body %q, want a GET with the token as bearer token", r.Method, r.URL, r.Header, body)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("Content-Type", "Application/JSON; charset=utf-8")
		_, _ = io.WriteString(w, `{"sub":"alice"}`)
	})
	client := s.Client()
	client.Jar, _ = cookiejar.New(nil)
	for range 2 {
		answer, err := fetch.GetAs(t.Context(), client, s.URL+"/userinfo", canary)
		if err != nil || string(answer.Body) != `{"sub":"alice"}` || answer.Media != "application/json" {
			t.Errorf("got %+v and error %v, want the JSON of the server", answer, err)
		}
	}
	if got := s.connections.Load(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
}

// If a redirect were followed, its target would receive the token.
func TestGetAsFollowsNoRedirect(t *testing.T) {
	elsewhere := trap(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for place, target := range map[string]string{"the same origin": "/other", "another origin": elsewhere.URL + "/other"} {
			t.Run(strconv.Itoa(status)+" to "+place, func(t *testing.T) {
				s := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) })
				_, err := fetch.GetAs(t.Context(), s.Client(), s.URL+"/"+canary, canary)
				if !errors.Is(err, fetch.ErrRedirect) {
					t.Errorf("got %v, want %v", err, fetch.ErrRedirect)
				}
				if got := s.requests.Load(); got != 1 {
					t.Errorf("got %d requests, want 1", got)
				}
				checkSilent(t, err)
			})
		}
	}
}

func TestGetAsRefusesTheSameAnswersAsGet(t *testing.T) {
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"401":                       {answer(401, canary), fetch.StatusError{Status: 401}},
		"403":                       {answer(403, canary), fetch.StatusError{Status: 403}},
		"304 without If-None-Match": {answer(304, ""), fetch.StatusError{Status: 304}},
		"204":                       {answer(204, ""), fetch.StatusError{Status: 204}},
		"an HTML page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, canary)
		}, fetch.ErrContentType},
		"a large body": {answer(200, string(make([]byte, fetch.MaxBytes+1))), fetch.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, tt.handler)
			got, err := fetch.GetAs(t.Context(), s.Client(), s.URL, canary)
			if !errors.Is(err, tt.want) || got.Body != nil {
				t.Errorf("got %q, %v, want %v", got.Body, err, tt.want)
			}
			checkSilent(t, err)
		})
	}
	t.Run("a token that is not a field value", func(t *testing.T) {
		s := newServer(t, answer(200, "{}"))
		_, err := fetch.GetAs(t.Context(), s.Client(), s.URL, canary+"\r\nX-Evil: 1")
		if err == nil || s.requests.Load() != 0 {
			t.Errorf("got %v and %d requests, want an error and 0 requests", err, s.requests.Load())
		}
		checkSilent(t, err)
	})
}
