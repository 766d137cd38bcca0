package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// shortfall is a requirement that no token meets.
type shortfall scopes.Shortfall

func (s shortfall) Unmet(scopes.Evidence) *scopes.Shortfall { return (*scopes.Shortfall)(&s) }

// onPath is a requirement that only requests for this path meet.
type onPath string

func (p onPath) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if e.Request != nil && e.Request.URL.Path == string(p) {
		return nil
	}
	return &scopes.Shortfall{}
}

func TestThreatsStepUp(t *testing.T) {
	s := newSetup(t)
	token := s.Token(s.Header(), s.Claims("acr", `"pwd"`, "auth_time", fmt.Sprint(now.Add(-time.Hour).Unix())))
	const weak = `Bearer realm="api", error="insufficient_user_authentication", error_description="authentication of the user does not meet the requirements of this resource"`
	read, write := scopes.All("read"), scopes.All("write")
	mfa, hour := scopes.ACR("mfa"), scopes.AuthWithin(time.Hour)
	for _, tt := range []struct {
		name string
		need []scopes.Requirement
		want string // expected challenge; "" if accepted
	}{
		{"both are sufficient", []scopes.Requirement{scopes.ACR("mfa", "pwd"), hour}, ""},
		{"only the acr is insufficient, and both are named", []scopes.Requirement{mfa, hour}, weak + `, acr_values="mfa", max_age="3600"`},
		{"only auth_time is insufficient, and both are named", []scopes.Requirement{scopes.ACR("pwd"), scopes.AuthWithin(time.Hour - 1)}, weak + `, acr_values="pwd", max_age="3599"`},
		{"a scope that is present is not named", []scopes.Requirement{read, mfa}, weak + `, acr_values="mfa"`},
		{"a scope that is missing is named first", []scopes.Requirement{mfa, read, write}, weak + `, scope="read write", acr_values="mfa"`},
		{"a missing scope before the acr", []scopes.Requirement{write, mfa}, weak + `, scope="write", acr_values="mfa"`},
		{"a claim that is missing too", []scopes.Requirement{scopes.Claim("role", "a"), mfa}, weak + `, acr_values="mfa"`},
		{"an acr that only one of two accepts is not named", []scopes.Requirement{scopes.ACR("a", "b", "c"), scopes.ACR("c", "d", "b")}, weak + `, acr_values="b c"`},
		{"two acr that exclude each other are both named", []scopes.Requirement{scopes.ACR("a"), scopes.ACR("b")}, weak + `, acr_values="a b"`},
		{"the shorter of two times is named", []scopes.Requirement{scopes.AuthWithin(time.Minute), scopes.AuthWithin(time.Second), scopes.AuthWithin(time.Hour)}, weak + `, max_age="1"`},
		{"a part of a second is not named", []scopes.Requirement{scopes.AuthWithin(time.Minute + time.Second - 1)}, weak + `, max_age="60"`},
		{"less than a second is named as one", []scopes.Requirement{shortfall{MaxAge: 1}}, weak + `, max_age="1"`},
		{"the longest time, beyond 32 bits", []scopes.Requirement{shortfall{MaxAge: 1<<63 - 1}}, weak + `, max_age="9223372036"`},
		{"a custom requirement", []scopes.Requirement{shortfall{Scopes: scopes.Of("write"), ACR: []string{"x"}, MaxAge: time.Minute}}, weak + `, scope="write", acr_values="x", max_age="60"`},
		{"values that would break the challenge are left out", []scopes.Requirement{shortfall{ACR: []string{"a b", "a\"b", "a\r\nb", "", "é", "x", "x"}}}, weak + `, acr_values="x"`},
		{"nothing can be named", []scopes.Requirement{shortfall{ACR: []string{""}}}, weak},
		{"an alternative that the token meets is not named", []scopes.Requirement{scopes.OneOf(mfa, read), scopes.AuthWithin(time.Minute)}, weak + `, max_age="60"`},
		{"an alternative that only the acr meets is named", []scopes.Requirement{scopes.OneOf(write, scopes.ACR("pwd")), scopes.OneOf(scopes.ACR("pwd"), write), scopes.AuthWithin(time.Minute)}, weak + `, acr_values="pwd", max_age="60"`},
		{"an alternative that only auth_time meets is named", []scopes.Requirement{scopes.OneOf(hour, write), mfa}, weak + `, acr_values="mfa", max_age="3600"`},
		{"an alternative that the request meets is not named", []scopes.Requirement{scopes.OneOf(scopes.AuthWithin(time.Second), onPath("/")), mfa}, weak + `, acr_values="mfa"`},
		{"an alternative that a claim meets is not named", []scopes.Requirement{scopes.OneOf(scopes.AuthWithin(time.Second), scopes.Claim("sub", "alice")), mfa}, weak + `, acr_values="mfa"`},
		{"a requirement that names nothing", []scopes.Requirement{shortfall{}}, `Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource"`},
	} {
		t.Run("S08/"+tt.name, func(t *testing.T) {
			h := make(http.Header)
			_, err := s.v.Authorize(h, request(t, "Bearer "+token), tt.need...)
			if got := h.Get("WWW-Authenticate"); got != tt.want || (err == nil) != (tt.want == "") {
				t.Errorf("got %v and\n%s, want\n%s", err, got, tt.want)
			}
		})
	}
}

func TestStepUpIsAnError(t *testing.T) {
	var observed middleware.Observation
	s := newSetup(t, func(c *middleware.Config) {
		c.Observe = func(_ context.Context, o middleware.Observation) { observed = o }
	})
	token, err := s.verify(s.Good())
	if err != nil {
		t.Fatal(err)
	}
	err = s.v.Check(token, scopes.ACR("mfa", "hwk"), scopes.AuthWithin(time.Minute), scopes.All("read"))
	refusal, ok := errors.AsType[*middleware.Error](err)
	if !ok || !errors.Is(err, middleware.ErrAuthentication) || errors.Is(err, middleware.ErrRequirement) {
		t.Fatalf("got %v, want %v", err, middleware.ErrAuthentication)
	}
	if refusal.Code != middleware.CodeInsufficientAuthentication || refusal.StatusCode() != http.StatusUnauthorized {
		t.Errorf("got %q and %d, want %q and 401", refusal.Code, refusal.StatusCode(), middleware.CodeInsufficientAuthentication)
	}
	if !slices.Equal(refusal.ACR, []string{"mfa", "hwk"}) || refusal.MaxAge != time.Minute || refusal.Scope.Len() != 0 {
		t.Errorf("got the acr %q, the age %v and the scopes %q", refusal.ACR, refusal.MaxAge, refusal.Scope)
	}
	if want := `{"error":"insufficient_user_authentication","error_description":"authentication of the user does not meet the requirements of this resource"}`; bodyOf(refusal) != want {
		t.Errorf("got the body %s, want %s", bodyOf(refusal), want)
	}
	if observed.Code != refusal.Code || observed.Reason != "authentication" {
		t.Errorf("got the observation %+v, want the reason authentication", observed)
	}
}

func TestTheClockSkewAppliesToAuthTime(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.ClockSkew = time.Minute })
	for ahead, want := range map[time.Duration]error{time.Minute: nil, time.Minute + time.Second: middleware.ErrAuthentication} {
		token := s.Token(s.Header(), s.Claims("auth_time", fmt.Sprint(now.Add(ahead).Unix())))
		_, _, err := s.authorize(t, request(t, "Bearer "+token), scopes.AuthWithin(time.Second))
		if !errors.Is(err, want) {
			t.Errorf("%v ahead: got %v, want %v", ahead, err, want)
		}
	}
}

func TestExplainShowsTheAuthentication(t *testing.T) {
	s := newSetup(t)
	need := []scopes.Requirement{scopes.All("read"), scopes.ACR("mfa", "hwk"), scopes.AuthWithin(time.Minute)}
	for _, tt := range []struct{ acr, authTime, want string }{
		{"", "", `scope "read", acr none, auth_time none`},
		{`"pwd"`, fmt.Sprint(now.Add(-time.Hour).Unix()), `scope "read", acr "pwd", auth_time 60 min ago (2026-01-01T11:00:00Z)`},
	} {
		made, err := s.v.Explain(t.Context(), middleware.Credentials{Token: s.Token(s.Header(), s.Claims("acr", tt.acr, "auth_time", tt.authTime))}, need...)
		if !errors.Is(err, middleware.ErrAuthentication) {
			t.Fatalf("got %v, want %v", err, middleware.ErrAuthentication)
		}
		last := made[len(made)-1]
		if want := `scope "read", one of the acr values "mfa", "hwk", auth_time at most 1m0s ago`; last.Expected != want || last.Found != tt.want {
			t.Errorf("got %s and %s, want %s and %s", last.Expected, last.Found, want, tt.want)
		}
	}
}
