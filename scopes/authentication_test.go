package scopes_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/scopes"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// named returns the contents of s for comparison, or "met" if s is nil.
func named(s *scopes.Shortfall) string {
	if s == nil {
		return "met"
	}
	return fmt.Sprintf("scopes %q, acr %q, max age %v", s.Scopes, s.ACR, s.MaxAge)
}

func TestS08RequirementsOnTheAuthentication(t *testing.T) {
	var (
		acr    = scopes.ACR("mfa", "hwk")
		fresh  = scopes.AuthWithin(5 * time.Minute)
		ofACR  = `scopes "", acr ["mfa" "hwk"], max age 0s`
		ofTime = `scopes "", acr [], max age 5m0s`
	)
	at := func(ago time.Duration) scopes.Evidence {
		return scopes.Evidence{AuthTime: now.Add(-ago), Now: now, ClockSkew: 30 * time.Second}
	}
	with := func(acr, granted string) scopes.Evidence {
		return scopes.Evidence{ACR: acr, Scopes: scopes.Parse(granted), Now: now}
	}
	for _, tt := range []struct {
		name     string
		need     scopes.Requirement
		evidence scopes.Evidence
		want     string
	}{
		{"the first value", acr, with("mfa", ""), "met"},
		{"the last value", acr, with("hwk", ""), "met"},
		{"no acr", acr, with("", ""), ofACR},
		{"another acr", acr, with("pwd", ""), ofACR},
		{"another case", acr, with("MFA", ""), ofACR},
		{"two values in one text", acr, with("mfa hwk", ""), ofACR},
		{"a repeated value is named once", scopes.ACR("mfa", "mfa"), with("", ""), `scopes "", acr ["mfa"], max age 0s`},

		{"now", fresh, at(0), "met"},
		{"exactly the limit", fresh, at(5 * time.Minute), "met"},
		{"more than the limit", fresh, at(5*time.Minute + 1), ofTime},
		{"ahead by the clock skew", fresh, at(-30 * time.Second), "met"},
		{"ahead by more than the clock skew", fresh, at(-30*time.Second - 1), ofTime},
		{"ahead, without a clock skew", fresh, scopes.Evidence{AuthTime: now.Add(1), Now: now}, ofTime},
		{"no auth_time", fresh, scopes.Evidence{Now: now}, ofTime},
		{"no auth_time, within the longest time", scopes.AuthWithin(1<<63 - 1), scopes.Evidence{Now: now}, `scopes "", acr [], max age 2562047h47m16s`},
		{"a part of a second counts and is not named", scopes.AuthWithin(1900 * time.Millisecond), at(2 * time.Second), `scopes "", acr [], max age 1s`},
		{"a part of a second counts", scopes.AuthWithin(1900 * time.Millisecond), at(1900 * time.Millisecond), "met"},

		{"OneOf is met by the acr", scopes.OneOf(scopes.All("admin"), acr), with("mfa", ""), "met"},
		{"OneOf is met by the scope", scopes.OneOf(acr, scopes.All("admin")), with("", "admin"), "met"},
		{"OneOf names the acr if that is first", scopes.OneOf(acr, scopes.All("admin")), with("", ""), ofACR},
		{"OneOf names the time if that is first", scopes.OneOf(fresh, scopes.All("admin")), with("", ""), ofTime},
		{"OneOf names the scope if that is first", scopes.OneOf(scopes.All("admin"), acr), with("", ""), `scopes "admin", acr [], max age 0s`},
		{"OneOf skips what names nothing", scopes.OneOf(scopes.Claim("role", "a"), fresh, acr), with("", ""), ofTime},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := named(tt.need.Unmet(tt.evidence)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if tt.need.Unmet(scopes.Evidence{}) == nil {
				t.Error("empty evidence meets the requirement")
			}
			if got := testing.AllocsPerRun(10, func() { tt.need.Unmet(tt.evidence) }); got != 0 {
				t.Errorf("got %v allocations, want none", got)
			}
		})
	}
}

func TestAuthenticationThatCannotBeNamedPanics(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func()
		want string // part of the text of the panic
	}{
		{"no value", func() { scopes.ACR("") }, `"" is not an acr value`},
		{"two values in one text", func() { scopes.ACR("mfa hwk") }, `"mfa hwk" is not an acr value`},
		{"a value with a quote last", func() { scopes.ACR("mfa", `a"b`) }, `"a\"b" is not an acr value`},
		{"no time", func() { scopes.AuthWithin(0) }, "AuthWithin(0s)"},
		{"less than a second", func() { scopes.AuthWithin(time.Second - 1) }, "AuthWithin(999.999999ms)"},
		{"a negative time", func() { scopes.AuthWithin(-time.Minute) }, "AuthWithin(-1m0s)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, tt.want) {
					t.Errorf("got the panic %q, want %q in it", got, tt.want)
				}
			}()
			tt.make()
		})
	}
}
