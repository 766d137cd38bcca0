package introspect_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// store is a shared store. Functions that are set replace what it does.
type store struct {
	mu     sync.Mutex
	values map[string][]byte
	ttls   map[string]time.Duration

	get func(ctx context.Context, key string) ([]byte, bool, error)
	set func(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

func newStore() *store {
	return &store{values: make(map[string][]byte), ttls: make(map[string]time.Duration)}
}

func (s *store) Get(ctx context.Context, key string) ([]byte, bool, error) {
	s.mu.Lock()
	get := s.get
	s.mu.Unlock()
	if get != nil {
		return get(ctx, key)
	}
	return s.have(key)
}

func (s *store) have(key string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key]
	return value, ok, nil
}

func (s *store) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	s.mu.Lock()
	set := s.set
	s.mu.Unlock()
	if set != nil {
		return set(ctx, key, value, ttl)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key], s.ttls[key] = value, ttl
	return nil
}

// works makes a store of one that did not work.
func (s *store) works() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.get, s.set = nil, nil
}

// only returns the one entry of the store.
func (s *store) only(t *testing.T) (key string, value []byte, ttl time.Duration) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) != 1 {
		t.Fatalf("got %d entries, want 1", len(s.values))
	}
	key = slices.Collect(maps.Keys(s.values))[0]
	return key, s.values[key], s.ttls[key]
}

func sharing(s introspect.Cache) func(*introspect.Config) {
	return func(c *introspect.Config) { c.Cache = s }
}

func TestInstancesShareActiveAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shared := newSite(says(`{"active":true,"sub":"`+canary+`","exp":946684820}`)), newStore()
		one, two := newClient(t, s, sharing(shared)), newClient(t, s, sharing(shared))
		first := isActive(t, one, token)
		if second := isActive(t, two, token); second != first {
			t.Errorf("got %s, want %s", second, first)
		}
		s.asked(t, 1)
		key, value, ttl := shared.only(t)
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(key) || strings.Contains(key+string(value), token) || ttl != 20*time.Second {
			t.Errorf("got key %q and %v, want a hash and 20 seconds", key, ttl)
		}
		time.Sleep(20*time.Second - 1) // the store forgets nothing
		isActive(t, two, token)
		s.asked(t, 1)
		time.Sleep(time.Nanosecond)
		isActive(t, two, token)
		s.asked(t, 2)
	})
	t.Run("inactive ones stay at home", func(t *testing.T) {
		s, shared := newSite(says(`{"active":false}`)), newStore()
		one, two := newClient(t, s, sharing(shared)), newClient(t, s, sharing(shared))
		isInactive(t, one, token)
		isInactive(t, one, token)
		isInactive(t, two, token)
		s.asked(t, 2)
		if len(shared.values) != 0 {
			t.Errorf("got %d entries, which a flood would multiply", len(shared.values))
		}
	})
	t.Run("nothing is shared if nothing is kept", func(t *testing.T) {
		s, shared := newSite(says(`{"active":true}`)), newStore()
		shared.get = func(context.Context, string) ([]byte, bool, error) { panic("asked") }
		c := newClient(t, s, sharing(shared), always)
		isActive(t, c, token)
		isActive(t, c, token)
		s.asked(t, 2)
		if len(shared.values) != 0 {
			t.Errorf("got %d entries", len(shared.values))
		}
	})
}

// Whatever an answer depends on is part of its key: clients that differ in it
// meet in a store without meeting each other's answers.
func TestThreatsSharedStore(t *testing.T) {
	key := newSigner(t, "ES256")
	about := func(sub string) *site {
		return newSite(func(r *http.Request, c call) (*http.Response, error) {
			if strings.HasPrefix(c.header.Get("Authorization"), "Bearer ") { // userinfo and tokeninfo
				return says(fmt.Sprintf(`{"aud":"api","scope":"read","exp":"99999999999","sub":%q}`, sub))(r, c)
			}
			if c.header.Get("Accept") == signedType {
				return saysSigned(key.sign(answered("token_introspection", fmt.Sprintf(`{"active":true,"sub":%q}`, sub))))(r, c)
			}
			return says(fmt.Sprintf(`{"active":true,"token_type":"Bearer","sub":%q}`, sub))(r, c)
		})
	}
	shared := newStore()
	for i, tt := range []struct {
		name   string
		client func(*site) *introspect.Client
	}{
		{"an endpoint", func(s *site) *introspect.Client { return newClient(t, s, sharing(shared)) }},
		{"another endpoint", func(s *site) *introspect.Client {
			return newClient(t, s, sharing(shared), func(c *introspect.Config) { c.Endpoint += "2" })
		}},
		{"an issuer", func(s *site) *introspect.Client {
			return newClient(t, s, sharing(shared), func(c *introspect.Config) { c.Issuer = issuer })
		}},
		{"another client", func(s *site) *introspect.Client {
			return newClient(t, s, sharing(shared), as(introspect.Basic("api2", "secret")))
		}},
		{"signed answers", func(s *site) *introspect.Client { return newClient(t, s, sharing(shared), demands(key.set())) }},
		{"userinfo of the same address", func(s *site) *introspect.Client {
			return newUserInfo(t, s, nil, sharing(shared), func(c *introspect.Config) { c.Endpoint = endpoint })
		}},
		{"the same with RequireTokenType", func(s *site) *introspect.Client {
			return newClient(t, s, sharing(shared), requiringTokenType)
		}},
		{"another kind with the same endpoint", func(s *site) *introspect.Client {
			return newGoogle(t, s, []string{"api"}, sharing(shared), func(c *introspect.Config) { c.Endpoint = endpoint })
		}},
		{"another kind with another client", func(s *site) *introspect.Client {
			return newGoogle(t, s, []string{"api", "api2"}, sharing(shared), func(c *introspect.Config) { c.Endpoint = endpoint })
		}},
		{"names that look alike when joined", func(s *site) *introspect.Client {
			return newClient(t, s, sharing(shared), func(c *introspect.Config) { c.Endpoint = endpoint + `" "api` })
		}},
	} {
		t.Run("I12/"+tt.name, func(t *testing.T) {
			s := about(fmt.Sprint("user", i))
			c := tt.client(s)
			for range 2 {
				if claims := isActive(t, c, token); !strings.Contains(claims, fmt.Sprintf(`"user%d"`, i)) {
					t.Errorf("got %s, which is another client's", claims)
				}
			}
			s.asked(t, 1)
			if len(shared.values) != i+1 {
				t.Errorf("got %d entries, want %d", len(shared.values), i+1)
			}
		})
	}
}

// What a store gives back is read as strictly as what a server says, and for
// no longer than we would have kept it.
func TestAStoreThatLies(t *testing.T) {
	sealed := func(t *testing.T, key string, ends time.Duration, answer string) []byte {
		t.Helper()
		h, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		return append(binary.BigEndian.AppendUint64(h, uint64(time.Now().Add(ends).UnixMilli())), answer...)
	}
	const admin = `{"active":true,"sub":"` + canary + `","scope":"admin"}`
	for name, lie := range map[string]func(t *testing.T, key string) []byte{
		"nothing":                   func(*testing.T, string) []byte { return nil },
		"garbage":                   func(*testing.T, string) []byte { return []byte(strings.Repeat("\xff", 100)) },
		"the answer alone":          func(*testing.T, string) []byte { return []byte(admin) },
		"another token's value":     func(t *testing.T, _ string) []byte { return sealed(t, strings.Repeat("ab", 32), time.Second, admin) },
		"one that has ended":        func(t *testing.T, key string) []byte { return sealed(t, key, 0, admin) },
		"one that has ended before": func(t *testing.T, key string) []byte { return sealed(t, key, -time.Hour, admin) },
		"one that goes on too long": func(t *testing.T, key string) []byte { return sealed(t, key, 30*time.Second+time.Millisecond, admin) },
		"one that goes on for ever": func(t *testing.T, key string) []byte { return sealed(t, key, 1<<62, admin) },
		"one that is inactive":      func(t *testing.T, key string) []byte { return sealed(t, key, time.Second, `{"active":false}`) },
		"one that is huge": func(t *testing.T, key string) []byte {
			return sealed(t, key, time.Second, `{"active":true,"x":"`+strings.Repeat("a", 256<<10)+`"}`)
		},
		"one without its answer": func(t *testing.T, key string) []byte { return sealed(t, key, time.Second, ``) },
		"its beginning":          func(t *testing.T, key string) []byte { return sealed(t, key, time.Second, admin)[:39] },
	} {
		t.Run(name+" is a miss", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared := newStore()
				shared.get = func(_ context.Context, key string) ([]byte, bool, error) { return lie(t, key), true, nil }
				s := newSite(says(`{"active":true,"sub":"alice"}`))
				if got, want := isActive(t, newClient(t, s, sharing(shared)), token), `{"active":true,"sub":"alice"}`; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				s.asked(t, 1)
			})
		})
	}
	for name, body := range unreadable {
		t.Run("a value in which "+name+" is a miss", func(t *testing.T) {
			shared := newStore()
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				return sealed(t, key, time.Second, body), true, nil
			}
			s := newSite(says(`{"active":false}`))
			isInactive(t, newClient(t, s, sharing(shared)), token)
			s.asked(t, 1)
		})
	}
	t.Run("the truth, made here, is a hit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				return sealed(t, key, 30*time.Second, admin), true, nil
			}
			s := newSite(refused)
			if got := isActive(t, newClient(t, s, sharing(shared)), token); got != admin {
				t.Errorf("got %s, want %s", got, admin)
			}
			s.asked(t, 0)
		})
	})
}

// Instances of an older and a newer version share a store while one replaces
// the other.
func TestEntriesOfAStoreStayReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newStore()
		isActive(t, newClient(t, newSite(says(`{"active":true}`)), sharing(shared)), token)
		key, value, _ := shared.only(t)
		sum := sha256.Sum256([]byte(`introspection 30s false "" "https://as.example.com/introspect" "api"` + "\x00" + token))
		if want := hex.EncodeToString(sum[:]); key != want {
			t.Errorf("got key %s, want %s", key, want)
		}
		ends := time.Now().Add(30 * time.Second).UnixMilli()
		if want := append(binary.BigEndian.AppendUint64(sum[:], uint64(ends)), `{"active":true}`...); !bytes.Equal(value, want) {
			t.Errorf("got value %q, want %q", value, want)
		}
	})
}
