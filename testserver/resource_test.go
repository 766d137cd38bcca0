package testserver_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// Every grant takes resources (RFC 8707 §2), several of them, each once.
func TestResourcesOfEveryGrant(t *testing.T) {
	s, r := withRobot(t)
	const one, two = "https://one.example", "https://two.example"
	all := []string{one, two, one}
	with := func(form url.Values, resources ...string) url.Values {
		form = values(form)
		form["resource"] = resources
		return form
	}
	code := func(t *testing.T, resources ...string) reply {
		_, to := authorized(s, with(authorizing(), all...))
		return exchange(t, s, with(redeeming(to.Query().Get("code")), resources...))
	}
	for name, ask := range map[string]func(t *testing.T, resources ...string) reply{
		"a code": code,
		"a refresh token": func(t *testing.T, resources ...string) reply {
			return exchange(t, s, with(refreshing(good(t, code(t)).text("refresh_token")), resources...))
		},
		"a device code": func(t *testing.T, resources ...string) reply {
			begun := formTo(t, s, testserver.EndpointDeviceAuthorization, with(url.Values{"client_id": {"test-public"}}, all...).Encode())
			s.Login(t, begun.text("verification_uri_complete"))
			s.Advance(6 * time.Second)
			return exchange(t, s, with(url.Values{
				"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {begun.text("device_code")},
			}, resources...))
		},
		"client credentials": func(t *testing.T, resources ...string) reply {
			return exchange(t, s, with(url.Values{"grant_type": {"client_credentials"}}, resources...), testClient)
		},
		"an assertion": func(t *testing.T, resources ...string) reply {
			return exchange(t, s, with(bearing(t, s, r, nil), resources...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			for want, asked := range map[string][]string{one: {one}, "[" + one + " " + two + "]": all} {
				if _, claims := verified(t, s, good(t, ask(t, asked...)).text("access_token")); fmt.Sprint(claims["aud"]) != want {
					t.Errorf("got aud %v, want %s", claims["aud"], want)
				}
			}
			wantError(t, ask(t, "https://one.example/#x"), 400, "invalid_target")
			wantError(t, ask(t, one, "two"), 400, "invalid_target")
			if name != "client credentials" && name != "an assertion" { // for which nothing was granted before
				wantError(t, ask(t, one, "https://three.example"), 400, "invalid_target")
			}
		})
	}
}
