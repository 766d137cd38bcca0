package testserver_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// startDevice starts the device flow. It returns the first response and a
// function that polls for the tokens.
func startDevice(t *testing.T, s *testserver.Server) (first reply, poll func() reply) {
	t.Helper()
	first = formTo(t, s, testserver.EndpointDeviceAuthorization, "client_id=test-public&scope=openid+a")
	return first, func() reply {
		return exchange(t, s, url.Values{"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {first.text("device_code")}})
	}
}

func TestDevices(t *testing.T) {
	t.Run("T19/allowed", func(t *testing.T) {
		s := testserver.New(t, testserver.Clock(atNoon))
		first, poll := startDevice(t, s)
		if first.status != 200 || first.body["interval"] != 5.0 || first.body["expires_in"] != 600.0 || len(first.text("user_code")) != 9 || !strings.HasPrefix(first.text("verification_uri"), s.Issuer()+"/") {
			t.Fatalf("got %d %v, want a response as in RFC 8628 §3.2", first.status, first.body)
		}
		wantError(t, poll(), 400, "authorization_pending")
		s.Advance(5 * time.Second)
		s.Login(t, first.text("verification_uri_complete"), testserver.LoginAs{User: alice, Scopes: []string{"openid"}})
		r := wantTokens(t, poll())
		if _, claims := verified(t, s, r.text("id_token")); claims["sub"] != "alice" || r.text("scope") != "openid" || r.text("refresh_token") == "" {
			t.Errorf("got %v, want alice's tokens with the granted scope", r.body)
		}
		s.Advance(5 * time.Second)
		wantError(t, poll(), 400, "invalid_grant") // a device code can be used only once
	})
	t.Run("T19/too fast", func(t *testing.T) {
		s := testserver.New(t, testserver.Clock(atNoon))
		_, poll := startDevice(t, s)
		wantError(t, poll(), 400, "authorization_pending")
		s.Advance(4 * time.Second)
		wantError(t, poll(), 400, "slow_down")
		s.Advance(9 * time.Second) // slow_down has raised the interval from five seconds to ten
		wantError(t, poll(), 400, "slow_down")
		s.Advance(15 * time.Second)
		wantError(t, poll(), 400, "authorization_pending")
	})
	for name, tt := range map[string]struct{ first, restarted time.Duration }{
		"too fast from the start":      {first: time.Second},
		"twice too fast":               {first: 2500 * time.Millisecond},
		"restarted after slowing down": {first: 4 * time.Second, restarted: 5 * time.Second},
		"restarted and much faster":    {first: 4 * time.Second, restarted: time.Second},
	} {
		t.Run("T19/"+name+", but five seconds slower each time", func(t *testing.T) {
			s := testserver.New(t, testserver.Clock(atNoon))
			_, poll := startDevice(t, s)
			poll()
			for _, interval := range []time.Duration{tt.first, tt.restarted} {
				if interval == 0 {
					continue
				}
				tries := 0
				for ; tries < 10; tries++ {
					s.Advance(interval)
					if poll().text("error") != "slow_down" {
						break
					}
					interval += 5 * time.Second
				}
				if tries == 0 || tries > 3 {
					t.Errorf("got %d times slow_down, want a few", tries)
				}
			}
		})
	}
	t.Run("T19/too fast and never slower", func(t *testing.T) {
		s := testserver.New(t, testserver.Clock(atNoon))
		_, poll := startDevice(t, s)
		wantError(t, poll(), 400, "authorization_pending")
		for range 5 {
			s.Advance(4 * time.Second)
			wantError(t, poll(), 400, "slow_down")
		}
		s.Advance(29 * time.Second) // the interval is 30 seconds
		wantError(t, poll(), 400, "slow_down")
	})
	t.Run("polls with network jitter", func(t *testing.T) {
		s := testserver.New(t, testserver.Clock(atNoon))
		_, poll := startDevice(t, s)
		for range 3 {
			wantError(t, poll(), 400, "authorization_pending")
			s.Advance(4600 * time.Millisecond)
		}
	})
	t.Run("T19/expired", func(t *testing.T) {
		s := testserver.New(t)
		first, poll := startDevice(t, s)
		s.Advance(10 * time.Minute)
		wantError(t, poll(), 400, "expired_token")
		if rec := serve(s, "GET", first.text("verification_uri_complete")); rec.Code != 400 {
			t.Errorf("got %d for the expired code, want 400", rec.Code)
		}
	})
	t.Run("T19/denied", func(t *testing.T) {
		s := testserver.New(t)
		first, poll := startDevice(t, s)
		s.Login(t, first.text("verification_uri_complete"), testserver.LoginAs{Deny: true})
		wantError(t, poll(), 400, "access_denied")
	})
	t.Run("T19/denied by the test", func(t *testing.T) {
		s := testserver.New(t)
		s.DenyNext("access_denied")
		first, poll := startDevice(t, s)
		serve(s, "GET", first.text("verification_uri_complete"))
		wantError(t, poll(), 400, "access_denied")
	})
	t.Run("T19/interactive", func(t *testing.T) {
		s := testserver.New(t, testserver.Interactive(), testserver.Users(alice))
		first, poll := startDevice(t, s)
		if rec := serve(s, "GET", first.text("verification_uri_complete")); rec.Code != 200 {
			t.Errorf("got %d, want a page", rec.Code)
		}
		wantError(t, poll(), 400, "authorization_pending") // opening the link does not approve the device
		s.Advance(5 * time.Second)
		s.Login(t, first.text("verification_uri_complete"), testserver.LoginAs{Scopes: []string{"a"}})
		if r := wantTokens(t, poll()); r.text("scope") != "a" {
			t.Errorf("got %v, want the scope a", r.body)
		}
		first, poll = startDevice(t, s)
		s.Login(t, first.text("verification_uri_complete"), testserver.LoginAs{Deny: true})
		wantError(t, poll(), 400, "access_denied")
	})
	t.Run("T19/decided twice", func(t *testing.T) {
		for want, opts := range map[string][][]testserver.LoginAs{"access_denied": {{{Deny: true}}, nil}, "": {nil, {{Deny: true}}}} {
			s := testserver.New(t)
			first, poll := startDevice(t, s)
			s.Login(t, first.text("verification_uri_complete"), opts[0]...)
			wantAll(t, fatalText(t, func(tb *recorder) { s.Login(tb, first.text("verification_uri_complete"), opts[1]...) }), "400")
			if got := poll().text("error"); got != want {
				t.Errorf("got %q, want the first decision, %q", got, want)
			}
		}
	})
	t.Run("T19/a link does not skip the code", func(t *testing.T) {
		s := interactive(t)
		p := newBrowser(t, s)
		p.signIn(authorizationRequest("scope", "a"))
		first, _ := startDevice(t, s)
		rec := p.send(httptest.NewRequest("GET", first.text("verification_uri_complete"), nil))
		if page := rec.Body.String(); !strings.Contains(page, `name="user_code"`) || strings.Contains(page, `name="decision"`) {
			t.Errorf("got %s, want the code to be compared first", page)
		}
	})
	t.Run("T19/by another client", func(t *testing.T) {
		s := testserver.New(t)
		first, _ := startDevice(t, s)
		wantError(t, exchange(t, s, url.Values{"grant_type": {string(testserver.DeviceCode)}, "device_code": {first.text("device_code")}}, testClient), 400, "invalid_grant")
		wantError(t, exchange(t, s, url.Values{"grant_type": {string(testserver.DeviceCode)}, "device_code": {"x"}}, testClient), 400, "invalid_grant")
		wantError(t, exchange(t, s, url.Values{"grant_type": {string(testserver.DeviceCode)}}, testClient), 400, "invalid_request")
	})
	t.Run("T20/a code twice", func(t *testing.T) {
		s := testserver.New(t)
		first, poll := startDevice(t, s)
		for _, more := range []string{"BBBB-BBBB", first.text("user_code")} {
			if rec := serve(s, "GET", first.text("verification_uri_complete")+"&user_code="+more); rec.Code != 400 {
				t.Errorf("got %d, want 400", rec.Code)
			}
		}
		wantError(t, poll(), 400, "authorization_pending")
	})
	t.Run("T19/unknown codes", func(t *testing.T) {
		s := testserver.New(t)
		for _, code := range []string{"", "BCDF-GHJK", "x", "%00"} {
			if rec := postTo(s, s.Endpoint(testserver.EndpointDevice), url.Values{"user_code": {code}}); strings.Contains(rec.Body.String(), "has access") {
				t.Errorf("%q: got %s", code, rec.Body)
			}
		}
	})
	t.Run("a code as a user types it", func(t *testing.T) {
		s := testserver.New(t)
		first, poll := startDevice(t, s)
		typed := " " + strings.ToLower(strings.ReplaceAll(first.text("user_code"), "-", " ")) + " "
		postTo(s, s.Endpoint(testserver.EndpointDevice), url.Values{"user_code": {typed}})
		wantTokens(t, poll())
	})
}
