package testserver_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// servedJWKS returns the key set that the endpoint serves.
func servedJWKS(s *testserver.Server) string {
	return serve(s, "GET", s.Endpoint(testserver.EndpointJWKS)).Body.String()
}

func TestFreezeJWKSServesTheOldKeys(t *testing.T) {
	extra := testserver.GenerateKey("EdDSA", "extra")
	for name, change := range map[string]func(*testserver.Server){
		"while the key rotates":               func(s *testserver.Server) { s.Rotate() },
		"while a key is published first":      func(s *testserver.Server) { s.Rotate(testserver.Rotation{PublishFirst: true}) },
		"while the old key is dropped":        func(s *testserver.Server) { s.Rotate(testserver.Rotation{DropOld: true}) },
		"while the kid gets another key":      func(s *testserver.Server) { s.Rotate(testserver.Rotation{ReuseKid: true}) },
		"while a key is published":            func(s *testserver.Server) { s.Publish(extra) },
		"while a key is retired":              func(s *testserver.Server) { s.Retire(s.SigningKey().ID) },
		"while a new algorithm makes its key": func(s *testserver.Server) { s.Token(testserver.SigningAlg("EdDSA")) },
		"while keys change several times":     func(s *testserver.Server) { s.Publish(extra); s.Retire("extra"); s.Rotate() },
	} {
		t.Run(name, func(t *testing.T) {
			s := unstarted(t)
			before := string(s.JWKS())
			thaw := s.FreezeJWKS()
			change(s)
			if got := servedJWKS(s); got != before {
				t.Errorf("got %s served, want it frozen: %s", got, before)
			}
			if got := string(s.JWKS()); got == before {
				t.Errorf("got %s from JWKS, want the current set, which has changed", got)
			}
			thaw()
			if got, want := servedJWKS(s), string(s.JWKS()); got != want {
				t.Errorf("got %s served after thaw, want %s", got, want)
			}
		})
	}
}

func TestFreezeJWKSDoesNotAffectSigning(t *testing.T) {
	s := unstarted(t)
	s.FreezeJWKS()
	k := s.Rotate()
	if got := s.SigningKey(); got.ID != k.ID {
		t.Errorf("got %v signing, want %v", got, k)
	}
	token := s.Token()
	verified(t, s, token)
	if _, _, err := verify([]byte(servedJWKS(s)), token); err == nil {
		t.Error("got the token verified with the frozen keys, want an error")
	}
}

// Each character of steps is one step: f freezes the key set, r rotates the
// key, and R resets the server. A digit n calls the thaw function that freeze n
// returned. The first freeze is 0.
func TestNestedFreezes(t *testing.T) {
	for name, tt := range map[string]struct {
		steps string
		want  int // how many rotations the served key set includes
	}{
		"the second freeze serves the set of the first":     {"frfr", 0},
		"the inner thaw does not end the freeze":            {"frfr1r", 0},
		"the outer thaw does not end the freeze":            {"frfr0r", 0},
		"the last thaw ends the freeze":                     {"frfr10r", 3},
		"the last thaw ends the freeze, in the other order": {"frfr01r", 3},
		"a thaw counts once":                                {"frf00r", 0},
		"each thaw counts once":                             {"frf000111r", 2},
		"a freeze after a thaw is a new freeze":             {"fr0frr", 1},
		"an old thaw does not end a later freeze":           {"fr0f0r", 1},
		"Reset thaws":                                          {"frR", 1},
		"Reset thaws all":                                      {"frffRr", 2},
		"Reset without a freeze changes nothing":               {"rR", 1},
		"a thaw after Reset does nothing":                      {"frRr0", 2},
		"a thaw from before Reset does not end a later freeze": {"frfrRf01r", 2},
		"the thaw of a freeze after Reset ends it":             {"frfrRf01r2", 3},
		"a freeze without changes":                             {"f0", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := unstarted(t)
			moments := []string{string(s.JWKS())}
			var thaws []func()
			for _, step := range tt.steps {
				switch step {
				case 'f':
					thaws = append(thaws, s.FreezeJWKS())
				case 'r':
					s.Rotate()
					moments = append(moments, string(s.JWKS()))
				case 'R':
					s.Reset()
				default:
					thaws[step-'0']()
				}
			}
			if got := slices.Index(moments, servedJWKS(s)); got != tt.want {
				t.Errorf("got the key set after %d rotations served, want %d", got, tt.want)
			}
		})
	}
}

func TestFreezeJWKSUnderLoad(t *testing.T) {
	s := testserver.New(t)
	held := s.FreezeJWKS()
	want := servedJWKS(s)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			thaw := s.FreezeJWKS()
			defer thaw()
			s.Publish(testserver.GenerateKey("ES256", fmt.Sprint(i)))
			s.Rotate(testserver.Rotation{DropOld: true})
			if _, body := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)); string(body) != want {
				t.Errorf("got %s served, want %s", body, want)
			}
			wg.Go(thaw)
		})
	}
	wg.Wait()
	held()
	held()
	if got := servedJWKS(s); got != string(s.JWKS()) || len(kids(t, s)) != 51 {
		t.Errorf("got %s served, want the keys of %s, 51 of them new", got, s.JWKS())
	}
}
