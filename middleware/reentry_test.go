package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
)

// Decisions come from a pool. A callback of one decision may start another
// decision, which may panic. The first decision must not be affected.
func TestNestedDecisionsAreIndependent(t *testing.T) {
	for _, cache := range []int{-1, 100} {
		var s *setup
		var other string
		var tokens []*middleware.Token
		nested := false
		s = newSetup(t, func(c *middleware.Config) {
			c.TokenCache = cache
			c.Revoked = func(_ context.Context, token *middleware.Token) (bool, error) {
				if nested {
					if token.ID == "other-0" {
						panic(token)
					}
					return false, nil
				}
				nested = true
				defer func() { nested = false }()
				if _, err := s.verify(other); err != nil && !errors.Is(err, middleware.ErrInternal) {
					t.Errorf("within a callback: %v", err)
				}
				if _, err := s.verify(other + "."); !errors.Is(err, middleware.ErrMalformed) {
					t.Errorf("within a callback: got %v, want %v", err, middleware.ErrMalformed)
				}
				tokens = append(tokens, token)
				return false, nil
			}
		})
		for n := range 60 {
			id := fmt.Sprintf("id-%d", n%7)
			other = s.Token(s.Header(), s.Claims("jti", fmt.Sprintf(`"other-%d"`, n%3), "sub", `"mallory"`, "aud", `["api","elsewhere"]`))
			tokens = append(tokens, assertPasses(t, s, s.Token(s.Header(), s.Claims("jti", `"`+id+`"`))))
			for _, token := range tokens[max(0, len(tokens)-20):] {
				if token.Subject != "alice" || len(token.Audience) != 1 || token.Audience[0] != "api" || len(token.ID) != len(id) {
					t.Fatalf("TokenCache %d: a check of another token within a callback changed the token", cache)
				}
			}
			if got := tokens[len(tokens)-1].ID; got != id {
				t.Fatalf("TokenCache %d: got the token %s, want %s", cache, got, id)
			}
		}
	}
}

// A released decision must be empty, because it is reused for the token of
// another caller.
func TestReleasedDecisionIsEmpty(t *testing.T) {
	s := newSetup(t, withTokenCache)
	good := s.Token(s.Header(), s.Claims("aud", `["api","b"]`))
	for name, token := range map[string]string{
		"a new token": good, "a cached one": good, "an expired one": s.Token(s.Header(), s.Claims("exp", "1")), "no token": "", "text": "CANARY",
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				if left := s.v.Left(token); len(left) > 0 {
					t.Errorf("after release, the decision still contains %q, want nothing", left)
				}
			}
		})
	}
}
