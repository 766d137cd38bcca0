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
			t.Errorf("got %s with body %q, credentials %q:%q and header %v, want a POST of the form with the given credentials", r.Method, body, user, password, r.Header)
		}
		answer(http.StatusOK, `{"active":true}`)(w, r)
	})
	header := http.Header{"Authorization": {"Basic dTpw"}, "Accept": {"application/json"}}
	body, err := postForm(t.Context(), s.Client(), s.URL, url.Values{"token": {"t"}, "a": {"&=+ \r\n"}}, header)
	if err != nil || string(body) != `{"active":true}` {
		t.Errorf("got %q and error %v, want the body of the server", body, err)
	}
	if len(header) != 2 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

// The body of a POST contains a token and often a secret, so it must not be
// sent to another endpoint.
func TestPostFormFollowsNoRedirect(t *testing.T) {
	elsewhere := trap(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for place, target := range map[string]string{"the same origin": "/other", "another origin": elsewhere.URL + "/other"} {
			t.Run(strconv.Itoa(status)+" to "+place, func(t *testing.T) {
				s := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) })
				_, err := postForm(t.Context(), s.Client(), s.URL+"/"+canary, url.Values{"token": {canary}}, http.Header{"Authorization": {canary}})
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

// A server may close an idle connection just when the client reuses it. The
// client then sends the request again. This is safe for all requests of this
// module.
func TestPostFormIsRepeatedWhenAnIdleConnectionWasClosed(t *testing.T) {
	var s *server
	s = newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "token="+canary || r.Header.Get("Authorization") != canary {
			t.Errorf("got body %q with header %v, want the form and the given Authorization", body, r.Header)
		}
		if _, ok := r.Header["Idempotency-Key"]; ok {
			t.Errorf("got header %v, want it without Idempotency-Key, which is only for the transport", r.Header)
		}
		if s.requests.Load() == 2 {
			hijack(t, "")(w, r)
			return
		}
		answer(http.StatusOK, `{}`)(w, r)
	})
	form, header := url.Values{"token": {canary}}, http.Header{"Authorization": {canary}}
	for range 2 {
		if body, err := postForm(t.Context(), s.Client(), s.URL, form, header); err != nil || string(body) != "{}" {
			t.Errorf("got %q and error %v, want {}", body, err)
		}
	}
	if got := s.requests.Load(); got != 3 {
		t.Errorf("got %d requests, want 3", got)
	}
	if got := s.connections.Load(); got != 2 {
		t.Errorf("got %d connections, want 2", got)
	}
	if len(header) != 1 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestPostFormIsNotRepeated(t *testing.T) {
	for name, broken := range map[string]string{
		"when a fresh connection was closed": "",
		"when an answer was truncated":       "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
		"when the answer was not HTTP":       "SSH-2.0-" + canary + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, hijack(t, broken))
			_, err := postForm(t.Context(), s.Client(), s.URL, url.Values{"token": {canary}}, nil)
			if err == nil {
				t.Error("got no error, want one")
			}
			if got := s.requests.Load(); got != 1 {
				t.Errorf("got %d requests, want 1", got)
			}
			checkSilent(t, err)
		})
	}
}

func TestPostSendsItsBodyAsItIs(t *testing.T) {
	for name, tt := range map[string]struct{ body, media, want string }{
		"a body of another type": {`{"access_token":"a&b"}`, "application/json", "application/json"},
		"no body":                {"", "", "application/x-www-form-urlencoded"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.Method != http.MethodPost || string(body) != tt.body || r.Header.Get("Content-Type") != tt.want || r.ContentLength != int64(len(tt.body)) {
					t.Errorf("got %s with body %q of %d bytes and header %v, want a POST of the given body and type", r.Method, body, r.ContentLength, r.Header)
				}
				answer(http.StatusOK, `{}`)(w, r)
			})
			header := http.Header{}
			if tt.media != "" {
				header.Set("Content-Type", tt.media)
			}
			if got, err := fetch.Post(t.Context(), s.Client(), s.URL, tt.body, header); err != nil || string(got.Body) != "{}" {
				t.Errorf("got %q and error %v, want {}", got.Body, err)
			}
		})
	}
}
