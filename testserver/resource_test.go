package testserver_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// The token endpoint accepts several resources with every grant (RFC 8707 §2).
// It removes duplicates.
func TestResourcesOfEveryGrant(t *testing.T) {
	wantTargets(t, "resource", func(resources ...string) []string { return resources })
}

// The parameter audience, as in Auth0, works like the parameter resource.
func TestAudienceOfEveryGrant(t *testing.T) {
	wantTargets(t, "audience", func(names ...string) []string { return names })
}

// One audience parameter may contain several names, as in Hydra.
func TestAudienceWithSeveralNames(t *testing.T) {
	wantTargets(t, "audience", func(names ...string) []string { return []string{strings.Join(names, " ")} })
}

func TestResourceAndAudienceTogether(t *testing.T) {
	s := testserver.New(t)
	r := wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "resource": {"https://one.example"}, "audience": {"two"}}, testClient))
	if _, claims := verified(t, s, r.text("access_token")); fmt.Sprint(claims["aud"]) != "[https://one.example two]" {
		t.Errorf("got aud %v, want both", claims["aud"])
	}
}

// Without the option Resources, every valid resource is accepted. With the
// option, only the listed ones and the default audience are accepted (RFC 8707
// §2).
func TestResourcesOption(t *testing.T) {
	const known = `{"resources":["https://one.example","two"]}`
	for name, tt := range map[string]struct {
		s        *testserver.Server
		accepted bool
	}{
		"no list":           {testserver.New(t), true},
		"an empty list":     {testserver.New(t, testserver.Resources("two"), fromFile(`{"resources":[]}`)), true},
		"one that has it":   {testserver.New(t, testserver.Resources("https://one.example", "two", "three", "https://one.example/", "https://three.example")), true},
		"one that lacks it": {testserver.New(t, fromFile(known)), false},
	} {
		t.Run(name, func(t *testing.T) {
			want := func(r reply) {
				t.Helper()
				if tt.accepted {
					wantTokens(t, r)
					return
				}
				wantError(t, r, 400, "invalid_target")
			}
			for _, names := range []string{"three", "two three", "https://one.example/"} {
				want(exchange(t, tt.s, url.Values{"grant_type": {"client_credentials"}, "audience": {names}}, testClient))
			}
			want(exchange(t, tt.s, url.Values{"grant_type": {"client_credentials"}, "resource": {"https://three.example"}}, testClient))
			want(exchange(t, tt.s, refreshRequest(tokens(t, tt.s).text("refresh_token"), "audience", "three")))
			begun := formTo(t, tt.s, testserver.EndpointDeviceAuthorization, url.Values{"client_id": {"test-public"}, "audience": {"three"}}.Encode())
			if (begun.text("device_code") != "") != tt.accepted || !tt.accepted && begun.text("error") != "invalid_target" {
				t.Errorf("got %v for a device, want it accepted: %v", begun.body, tt.accepted)
			}
			wantTokens(t, exchange(t, tt.s, url.Values{"grant_type": {"client_credentials"}, "audience": {"api"}}, testClient)) // the default audience by name
			wantTokens(t, exchange(t, tt.s, url.Values{"grant_type": {"client_credentials"}, "audience": {"two"}, "resource": {"https://one.example"}}, testClient))
			wantTokens(t, exchange(t, tt.s, url.Values{"grant_type": {"client_credentials"}}, testClient)) // without a parameter, for the default audience
			pushed := formTo(t, tt.s, testserver.EndpointPAR, authorizationRequest("audience", "three").Encode())
			if (pushed.text("request_uri") != "") != tt.accepted || !tt.accepted && pushed.text("error") != "invalid_target" {
				t.Errorf("got %v for a pushed request, want it accepted: %v", pushed.body, tt.accepted)
			}
			_, to := authorize(tt.s, authorizationRequest("audience", "three"))
			if got := to.Query().Get("error"); (got == "") != tt.accepted || !tt.accepted && got != "invalid_target" {
				t.Errorf("got the error %q at the callback, want it accepted: %v", got, tt.accepted)
			}
		})
	}
	for _, name := range []string{"\xff", "a\x00b", "\u202ea"} {
		wantError(t, exchange(t, testserver.New(t), url.Values{"grant_type": {"client_credentials"}, "audience": {name}}, testClient), 400, "invalid_target")
	}
	for _, name := range []string{"", "a b", "a\t"} {
		if _, err := testserver.NewUnstarted(testserver.Resources(name)); err == nil {
			t.Errorf("%q: got no error", name)
		}
	}
}

// wantTargets checks, for every grant, that a client can narrow the audience of
// its token with the given parameter. write converts the names of audiences to
// the values of this parameter.
func wantTargets(t *testing.T, parameter string, write func(names ...string) []string) {
	t.Helper()
	s, r := newJWTBearerServer(t)
	s.AddClient(gateway)
	const one, two = "https://one.example", "https://two.example"
	all := []string{one, two, one}
	with := func(form url.Values, names ...string) url.Values {
		form = values(form)
		if len(names) > 0 {
			form[parameter] = write(names...)
		}
		return form
	}
	code := func(t *testing.T, resources ...string) reply {
		_, to := authorize(s, with(authorizationRequest(), all...))
		return exchange(t, s, with(codeRequest(to.Query().Get("code")), resources...))
	}
	for name, request := range map[string]func(t *testing.T, resources ...string) reply{
		"a code": code,
		"a refresh token": func(t *testing.T, resources ...string) reply {
			return exchange(t, s, with(refreshRequest(wantTokens(t, code(t)).text("refresh_token")), resources...))
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
			return exchange(t, s, with(jwtBearerRequest(t, s, r, nil), resources...))
		},
		"a token": func(t *testing.T, resources ...string) reply {
			return exchange(t, s, with(exchangeRequest(s.Token(testserver.Audience(one, two))), resources...), asGateway)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for want, asked := range map[string][]string{one: {one}, "[" + one + " " + two + "]": all} {
				if _, claims := verified(t, s, wantTokens(t, request(t, asked...)).text("access_token")); fmt.Sprint(claims["aud"]) != want {
					t.Errorf("got aud %v, want %s", claims["aud"], want)
				}
			}
			if parameter == "resource" { // a resource must be a URI without fragment
				wantError(t, request(t, "https://one.example/#x"), 400, "invalid_target")
				wantError(t, request(t, one, "two"), 400, "invalid_target")
			}
			if name != "client credentials" && name != "an assertion" { // the other requests refer to an earlier grant or token, which limits the resources
				wantError(t, request(t, one, "https://three.example"), 400, "invalid_target")
			}
		})
	}
}
