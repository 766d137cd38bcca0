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

// newUserInfo configures a client of the site's userinfo endpoint.
func newUserInfo(t testing.TB, s *site, claims func(members) members, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{Endpoint: issuer + "/userinfo", Client: s.client(), Logger: quiet}
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.InsecureUserInfo(config, claims)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestUserInfoIsAskedWithTheToken(t *testing.T) {
	s := newSite(paths(map[string]answer{wellKnown: says(metadata("/introspect")), "/userinfo": says(`{"sub":"alice"}`)}))
	c := newUserInfo(t, s, nil, discovering)
	if got, want := isActive(t, c, token), `{"active":true,"sub":"alice"}`; got != want {
		t.Errorf("got claims %s, want %s", got, want)
	}
	seen := s.seen()[1]
	if seen.method != "GET" || seen.url != issuer+"/userinfo" || seen.header.Get("Authorization") != "Bearer "+token || len(seen.form) != 0 {
		t.Errorf("got %+v, want a GET with the token as bearer", seen)
	}
}

func TestUserInfoVerdicts(t *testing.T) {
	t.Run("401 is an inactive token", func(t *testing.T) {
		s := newSite(status(401, `{"error":"invalid_token"}`))
		c := newUserInfo(t, s, nil)
		isInactive(t, c, token)
		isInactive(t, c, token)
		s.asked(t, 1)
	})
	for _, code := range []int{400, 403, 404, 429, 500, 503} {
		t.Run(fmt.Sprint(code, " is no verdict"), func(t *testing.T) {
			s := newSite(status(code, `{"sub":"`+canary+`"}`))
			c := newUserInfo(t, s, nil)
			isUnknown(t, c, token, fetch.StatusError{Status: code})
			if _, err := c.Introspect(t.Context(), token); errors.Is(err, introspect.ErrCredentials) {
				t.Error("got ErrCredentials, where no credentials of ours are sent")
			}
			s.asked(t, 2)
		})
	}
	for name, body := range map[string]string{
		"a member there twice": `{"sub":"a","sub":"b"}`, "an array": `[]`, "null": `null`, "a JWT": `eyJhbGciOiJub25lIn0.e30.`, "nothing": ``,
		"a broken object": `{"sub":"a"`,
	} {
		t.Run(name+" is no verdict", func(t *testing.T) {
			isUnknown(t, newUserInfo(t, newSite(says(body)), nil), token, introspect.ErrUnavailable)
		})
	}
	t.Run("403 for some tokens does not cut the others off", func(t *testing.T) {
		s := newSite(status(403, ``))
		c := newUserInfo(t, s, nil)
		for i := range 20 {
			isUnknown(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
		}
		s.becomes(says(`{}`))
		isActive(t, c, token)
	})
}

// What decides about a token is not taken from what is said of its user.
func TestUserInfoWithoutMappingDropsWhatDecides(t *testing.T) {
	const body = `{"active":false,"iss":"x","aud":"api","exp":1,"nbf":1,"iat":1,"jti":"x","client_id":"x","azp":"x","scope":"admin",
		"scp":["admin"],"cnf":{},"acr":"x","auth_time":1,"token_type":"x","sub":"alice","email":"a@example.com","id":9007199254740993}`
	got := isActive(t, newUserInfo(t, newSite(says(body)), nil), token)
	if want := `{"active":true,"email":"a@example.com","id":9007199254740993,"sub":"alice"}`; got != want {
		t.Errorf("got claims %s, want %s", got, want)
	}
}

func TestUserInfoMapping(t *testing.T) {
	answer := newSite(says(`{"id":9007199254740993,"login":"alice","groups":["a"]}`))
	t.Run("it makes the claims", func(t *testing.T) {
		got := isActive(t, newUserInfo(t, answer, func(m members) members {
			return members{"sub": m["id"].(json.Number).String(), "scope": "read", "active": true}
		}), token)
		if want := `{"active":true,"scope":"read","sub":"9007199254740993"}`; got != want {
			t.Errorf("got claims %s, want %s", got, want)
		}
	})
	t.Run("nil is an inactive token", func(t *testing.T) {
		isInactive(t, newUserInfo(t, answer, func(members) members { return nil }), token)
	})
	t.Run("no claims are an active token", func(t *testing.T) {
		if got := isActive(t, newUserInfo(t, answer, func(members) members { return members{} }), token); got != `{"active":true}` {
			t.Errorf("got claims %s", got)
		}
	})
	for name, mapping := range map[string]func(members) members{
		"that cannot be JSON":   func(members) members { return members{"x": func() {}} },
		"that panics":           func(members) members { panic(canary) },
		"that repeats a member": func(members) members { return members{"x": json.RawMessage(`{"a":1,"a":2}`)} },
	} {
		t.Run("one "+name+" is no verdict", func(t *testing.T) {
			isUnknown(t, newUserInfo(t, answer, mapping), token, introspect.ErrUnavailable)
		})
	}
	t.Run("it may return the same map each time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			same := members{"sub": "everybody"}
			c := newUserInfo(t, newSite(says(`{}`)), func(members) members { return same })
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() { isActive(t, c, fmt.Sprint(token, i)) })
			}
			all.Wait()
			if !maps.Equal(same, members{"sub": "everybody"}) {
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
		"Auth is no use":                        {func(c *introspect.Config) { c.Auth = introspect.Basic("a", "b") }, []string{"Auth and Keys"}},
		"bad Auth is neither":                   {func(c *introspect.Config) { c.Auth = introspect.Basic("", "") }, []string{"Auth and Keys"}},
		"Keys are no use":                       {func(c *introspect.Config) { c.Keys = newSigner(t, "ES256").set() }, []string{"Auth and Keys"}},
		"Auth without a constructor's blessing": {func(c *introspect.Config) { c.Auth = introspect.PrivateKeyJWT("", "", "none", nil) }, []string{"Auth and Keys"}},
		"token types are not told":              {func(c *introspect.Config) { c.RequireTokenType = true }, []string{"RequireTokenType"}},
		"every fault is told": {func(c *introspect.Config) {
			*c = introspect.Config{Auth: introspect.Post("a", "b"), Endpoint: "ftp://x", MaxTTL: 1 << 60}
		}, []string{"Auth and Keys", "Endpoint", "MaxTTL"}},
		"somebody must be asked": {func(c *introspect.Config) { c.Endpoint = "" }, []string{"Issuer and Endpoint"}},
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
