package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

func TestPostFormSendsTheFormAndTheHeader(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		if r.Method != http.MethodPost || string(body) != "a=%26%3D%2B+%0D%0A&token=t" || user != "u" || password != "p" ||
			r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("got %s %q as %q:%q with %v", r.Method, body, user, password, r.Header)
		}
		answer(http.StatusOK, `{"active":true}`)(w, r)
	})
	header := http.Header{"Authorization": {"Basic dTpw"}, "Accept": {"application/json"}}
	body, err := fetch.PostForm(t.Context(), s.Client(), s.URL, url.Values{"token": {"t"}, "a": {"&=+ \r\n"}}, header)
	if err != nil || string(body) != `{"active":true}` {
		t.Errorf("got %q, %v", body, err)
	}
	if len(header) != 2 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

// What a POST carries is a token and often a secret: one endpoint alone may
// see them.
func TestPostFormFollowsNoRedirect(t *testing.T) {
	elsewhere := trap(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for place, target := range map[string]string{"the same origin": "/other", "another origin": elsewhere.URL + "/other"} {
			t.Run(strconv.Itoa(status)+" to "+place, func(t *testing.T) {
				s := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) })
				_, err := fetch.PostForm(t.Context(), s.Client(), s.URL+"/"+canary, url.Values{"token": {canary}}, http.Header{"Authorization": {canary}})
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

func TestPostFormIsNotSentTwice(t *testing.T) {
	s := newServer(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if s.requests.Add(1) == 1 {
			answer(http.StatusOK, `{}`)(w, r)
			return
		}
		hijack(t, "")(w, r) // the connection is one that worked before, so the transport may try another
	})
	form := url.Values{"token": {canary}}
	if _, err := fetch.PostForm(t.Context(), s.Client(), s.URL, form, nil); err != nil {
		t.Fatal(err)
	}
	_, err := fetch.PostForm(t.Context(), s.Client(), s.URL, form, nil)
	if !errors.Is(err, fetch.ErrUnreachable) {
		t.Errorf("got %v, want %v", err, fetch.ErrUnreachable)
	}
	if got := s.requests.Load(); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
	checkSilent(t, err)
}
