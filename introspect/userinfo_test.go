package introspect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/introspect"
)

type members = map[string]any

// newUserInfo returns a client of the site's userinfo endpoint.
func newUserInfo(t testing.TB, s *site, claims func(members) members, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{Endpoint: issuer + "/userinfo", Client: s.client(), Logger: discardLogger}
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.InsecureUserInfo(config, claims)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestUserInfoRequest(t *testing.T) {
	s := newSite(byPath(map[string]answer{wellKnown: respondOK(metadata("/introspect")), "/userinfo": respondOK(`{"sub":"alice"}`)}))
	c := newUserInfo(t, s, nil, withDiscovery)
	if got, want := assertActive(t, c, token), `{"active":true,"sub":"alice"}`; got != want {
		t.Errorf("got claims %s, want %s", got, want)
	}
	seen := s.received()[1]
	if seen.method != "GET" || seen.url != issuer+"/userinfo" || seen.header.Get("Authorization") != "Bearer "+token || len(seen.form) != 0 {
		t.Errorf("got %+v, want a GET with the token as bearer", seen)
	}
}

func TestUserInfoVerdicts(t *testing.T) {
	t.Run("401 means an inactive token", func(t *testing.T) {
		s := newSite(status(401, `{"error":"invalid_token"}`))
		c := newUserInfo(t, s, nil)
		assertInactive(t, c, token)
		assertInactive(t, c, token)
		s.assertRequests(t, 1)
	})
	for _, code := range []int{400, 403, 404, 429, 500, 503} {
		t.Run(fmt.Sprint(code, " is an error"), func(t *testing.T) {
			s := newSite(status(code, `{"sub":"`+canary+`"}`))
			c := newUserInfo(t, s, nil)
			assertUnavailable(t, c, token, fetch.StatusError{Status: code})
			if _, err := c.Introspect(t.Context(), token); errors.Is(err, introspect.ErrCredentials) {
				t.Error("got ErrCredentials, but userinfo requests have no client credentials")
			}
			s.assertRequests(t, 2)
		})
	}
	for name, body := range map[string]string{
		"a repeated member": `{"sub":"a","sub":"b"}`, "an array": `[]`, "null": `null`, "a JWT": `eyJhbGciOiJub25lIn0.e30.`, "an empty body": ``,
		"a broken object": `{"sub":"a"`,
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			assertUnavailable(t, newUserInfo(t, newSite(respondOK(body)), nil), token, introspect.ErrUnavailable)
		})
	}
	t.Run("403 for some tokens does not affect others", func(t *testing.T) {
		s := newSite(status(403, ``))
		c := newUserInfo(t, s, nil)
		for i := range 20 {
			assertUnavailable(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
		}
		s.setAnswer(respondOK(`{}`))
		assertActive(t, c, token)
	})
}

// A userinfo answer describes the user, not the token. The default mapping
// therefore drops members that have the names of token claims.
func TestUserInfoWithoutMappingDropsTokenClaims(t *testing.T) {
	const body = `{"active":false,"iss":"x","aud":"api","exp":1,"nbf":1,"iat":1,"jti":"x","client_id":"x","azp":"x","scope":"admin",
		"scp":["admin"],"cnf":{},"acr":"x","auth_time":1,"token_type":"x","sub":"alice","email":"a@example.com","id":9007199254740993}`
	got := assertActive(t, newUserInfo(t, newSite(respondOK(body)), nil), token)
	if want := `{"active":true,"email":"a@example.com","id":9007199254740993,"sub":"alice"}`; got != want {
		t.Errorf("got claims %s, want %s", got, want)
	}
}

func TestUserInfoMapping(t *testing.T) {
	answer := newSite(respondOK(`{"id":9007199254740993,"login":"alice","groups":["a"]}`))
	t.Run("it returns the claims", func(t *testing.T) {
		got := assertActive(t, newUserInfo(t, answer, func(m members) members {
			return members{"sub": m["id"].(json.Number).String(), "scope": "read", "active": true}
		}), token)
		if want := `{"active":true,"scope":"read","sub":"9007199254740993"}`; got != want {
			t.Errorf("got claims %s, want %s", got, want)
		}
	})
	t.Run("nil means an inactive token", func(t *testing.T) {
		assertInactive(t, newUserInfo(t, answer, func(members) members { return nil }), token)
	})
	t.Run("an empty map means an active token", func(t *testing.T) {
		if got := assertActive(t, newUserInfo(t, answer, func(members) members { return members{} }), token); got != `{"active":true}` {
			t.Errorf("got claims %s, want only active", got)
		}
	})
	for name, mapping := range map[string]func(members) members{
		"that cannot be JSON":   func(members) members { return members{"x": func() {}} },
		"that panics":           func(members) members { panic(canary) },
		"that repeats a member": func(members) members { return members{"x": json.RawMessage(`{"a":1,"a":2}`)} },
	} {
		t.Run("one "+name+" is an error", func(t *testing.T) {
			assertUnavailable(t, newUserInfo(t, answer, mapping), token, introspect.ErrUnavailable)
		})
	}
	t.Run("it may return the same map each time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			same := members{"sub": "shared"}
			c := newUserInfo(t, newSite(respondOK(`{}`)), func(members) members { return same })
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() { assertActive(t, c, fmt.Sprint(token, i)) })
			}
			all.Wait()
			if !maps.Equal(same, members{"sub": "shared"}) {
				t.Errorf("got %v, which was changed", same)
			}
		})
	})
}

func TestUserInfoConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*introspect.Config)
		want   []string
	}{
		"Auth":                               {func(c *introspect.Config) { c.Auth = introspect.Basic("a", "b") }, []string{"Auth and Keys"}},
		"invalid Auth":                       {func(c *introspect.Config) { c.Auth = introspect.Basic("", "") }, []string{"Auth and Keys"}},
		"Keys":                               {func(c *introspect.Config) { c.Keys = newSigner(t, "ES256").set() }, []string{"Auth and Keys"}},
		"Auth of a constructor with a fault": {func(c *introspect.Config) { c.Auth = introspect.PrivateKeyJWT("", "", "none", nil) }, []string{"Auth and Keys"}},
		"a required token type":              {func(c *introspect.Config) { c.RequireTokenType = true }, []string{"RequireTokenType"}},
		"every fault is reported at once": {func(c *introspect.Config) {
			*c = introspect.Config{Auth: introspect.Post("a", "b"), Endpoint: "ftp://x", MaxTTL: 1 << 60}
		}, []string{"Auth and Keys", "Endpoint", "MaxTTL"}},
		"no endpoint": {func(c *introspect.Config) { c.Endpoint = "" }, []string{"Issuer and Endpoint"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := introspect.Config{Endpoint: issuer + "/userinfo"}
			tt.change(&config)
			c, err := introspect.InsecureUserInfo(config, nil)
			if c != nil || err == nil {
				t.Fatalf("got %v, %v, want a fault", c, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
}
