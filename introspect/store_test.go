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

// store is a shared store for tests. If get is not nil, Get calls it. If set is
// not nil, Set calls it.
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
	return s.lookup(key)
}

func (s *store) lookup(key string) ([]byte, bool, error) {
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

// repair sets get and set to nil, so that the store works again.
func (s *store) repair() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.get, s.set = nil, nil
}

// onlyEntry returns the only entry of the store, and fails the test unless
// there is exactly one.
func (s *store) onlyEntry(t *testing.T) (key string, value []byte, ttl time.Duration) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) != 1 {
		t.Fatalf("got %d entries, want 1", len(s.values))
	}
	key = slices.Collect(maps.Keys(s.values))[0]
	return key, s.values[key], s.ttls[key]
}

func withCache(s introspect.Cache) func(*introspect.Config) {
	return func(c *introspect.Config) { c.Cache = s }
}

func TestInstancesShareActiveAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shared := newSite(respondOK(`{"active":true,"sub":"`+canary+`","exp":946684820}`)), newStore()
		one, two := newClient(t, s, withCache(shared)), newClient(t, s, withCache(shared))
		first := assertActive(t, one, token)
		if second := assertActive(t, two, token); second != first {
			t.Errorf("got %s, want %s", second, first)
		}
		s.assertRequests(t, 1)
		key, value, ttl := shared.onlyEntry(t)
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(key) || strings.Contains(key+string(value), token) || ttl != 20*time.Second {
			t.Errorf("got key %q and %v, want a hash and 20 seconds", key, ttl)
		}
		time.Sleep(20*time.Second - 1) // the client must check the expiry
		assertActive(t, two, token)
		s.assertRequests(t, 1)
		time.Sleep(time.Nanosecond)
		assertActive(t, two, token)
		s.assertRequests(t, 2)
	})
	t.Run("inactive answers are not shared", func(t *testing.T) {
		s, shared := newSite(respondOK(`{"active":false}`)), newStore()
		one, two := newClient(t, s, withCache(shared)), newClient(t, s, withCache(shared))
		assertInactive(t, one, token)
		assertInactive(t, one, token)
		assertInactive(t, two, token)
		s.assertRequests(t, 2)
		if len(shared.values) != 0 {
			t.Errorf("got %d entries, want 0", len(shared.values))
		}
	})
	t.Run("nothing is shared without a cache", func(t *testing.T) {
		s, shared := newSite(respondOK(`{"active":true}`)), newStore()
		shared.get = func(context.Context, string) ([]byte, bool, error) { panic("the store was used") }
		c := newClient(t, s, withCache(shared), noCache)
		assertActive(t, c, token)
		assertActive(t, c, token)
		s.assertRequests(t, 2)
		if len(shared.values) != 0 {
			t.Errorf("got %d entries, want 0", len(shared.values))
		}
	})
}

// The cache key includes the properties listed at Cache, so that clients which
// differ in them can share a store.
func TestThreatsSharedStore(t *testing.T) {
	key := newSigner(t, "ES256")
	about := func(sub string) *site {
		return newSite(func(r *http.Request, c call) (*http.Response, error) {
			if strings.HasPrefix(c.header.Get("Authorization"), "Bearer ") { // a query to the userinfo or tokeninfo endpoint
				return respondOK(fmt.Sprintf(`{"aud":"api","scope":"read","exp":"99999999999","sub":%q}`, sub))(r, c)
			}
			if c.header.Get("Accept") == signedType {
				return respondSigned(key.sign(signedPayload("token_introspection", fmt.Sprintf(`{"active":true,"sub":%q}`, sub))))(r, c)
			}
			return respondOK(fmt.Sprintf(`{"active":true,"token_type":"Bearer","sub":%q}`, sub))(r, c)
		})
	}
	shared := newStore()
	for i, tt := range []struct {
		name   string
		client func(*site) *introspect.Client
	}{
		{"an endpoint", func(s *site) *introspect.Client { return newClient(t, s, withCache(shared)) }},
		{"another endpoint", func(s *site) *introspect.Client {
			return newClient(t, s, withCache(shared), func(c *introspect.Config) { c.Endpoint += "2" })
		}},
		{"an issuer", func(s *site) *introspect.Client {
			return newClient(t, s, withCache(shared), func(c *introspect.Config) { c.Issuer = issuer })
		}},
		{"another client", func(s *site) *introspect.Client {
			return newClient(t, s, withCache(shared), withAuth(introspect.Basic("api2", "secret")))
		}},
		{"signed answers", func(s *site) *introspect.Client { return newClient(t, s, withCache(shared), requireSigned(key.set())) }},
		{"userinfo of the same address", func(s *site) *introspect.Client {
			return newUserInfo(t, s, nil, withCache(shared), func(c *introspect.Config) { c.Endpoint = endpoint })
		}},
		{"the same with RequireTokenType", func(s *site) *introspect.Client {
			return newClient(t, s, withCache(shared), withRequiredTokenType)
		}},
		{"another kind with the same endpoint", func(s *site) *introspect.Client {
			return newGoogle(t, s, []string{"api"}, withCache(shared), func(c *introspect.Config) { c.Endpoint = endpoint })
		}},
		{"another kind with another client", func(s *site) *introspect.Client {
			return newGoogle(t, s, []string{"api", "api2"}, withCache(shared), func(c *introspect.Config) { c.Endpoint = endpoint })
		}},
		{"names that look alike when joined", func(s *site) *introspect.Client {
			return newClient(t, s, withCache(shared), func(c *introspect.Config) { c.Endpoint = endpoint + `" "api` })
		}},
	} {
		t.Run("I12/"+tt.name, func(t *testing.T) {
			s := about(fmt.Sprint("user", i))
			c := tt.client(s)
			for range 2 {
				if claims := assertActive(t, c, token); !strings.Contains(claims, fmt.Sprintf(`"user%d"`, i)) {
					t.Errorf("got claims %s, which are from the answer to another client", claims)
				}
			}
			s.assertRequests(t, 1)
			if len(shared.values) != i+1 {
				t.Errorf("got %d entries, want %d", len(shared.values), i+1)
			}
		})
	}
}

// Values from a store are parsed as strictly as answers from a server. A value
// is ignored if its remaining lifetime exceeds MaxTTL.
func TestInvalidStoreValues(t *testing.T) {
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
		"no value":                     func(*testing.T, string) []byte { return nil },
		"garbage":                      func(*testing.T, string) []byte { return []byte(strings.Repeat("\xff", 100)) },
		"only the answer":              func(*testing.T, string) []byte { return []byte(admin) },
		"another token's value":        func(t *testing.T, _ string) []byte { return sealed(t, strings.Repeat("ab", 32), time.Second, admin) },
		"one that has just expired":    func(t *testing.T, key string) []byte { return sealed(t, key, 0, admin) },
		"one that expired an hour ago": func(t *testing.T, key string) []byte { return sealed(t, key, -time.Hour, admin) },
		"one with too long a TTL":      func(t *testing.T, key string) []byte { return sealed(t, key, 30*time.Second+time.Millisecond, admin) },
		"one with an unlimited TTL":    func(t *testing.T, key string) []byte { return sealed(t, key, 1<<62, admin) },
		"one that is inactive":         func(t *testing.T, key string) []byte { return sealed(t, key, time.Second, `{"active":false}`) },
		"one that is huge": func(t *testing.T, key string) []byte {
			return sealed(t, key, time.Second, `{"active":true,"x":"`+strings.Repeat("a", 256<<10)+`"}`)
		},
		"one without its answer": func(t *testing.T, key string) []byte { return sealed(t, key, time.Second, ``) },
		"a truncated value":      func(t *testing.T, key string) []byte { return sealed(t, key, time.Second, admin)[:39] },
	} {
		t.Run(name+" is a miss", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared := newStore()
				shared.get = func(_ context.Context, key string) ([]byte, bool, error) { return lie(t, key), true, nil }
				s := newSite(respondOK(`{"active":true,"sub":"alice"}`))
				if got, want := assertActive(t, newClient(t, s, withCache(shared)), token), `{"active":true,"sub":"alice"}`; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				s.assertRequests(t, 1)
			})
		})
	}
	for name, body := range invalidAnswers {
		t.Run("a value in which "+name+" is a miss", func(t *testing.T) {
			shared := newStore()
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				return sealed(t, key, time.Second, body), true, nil
			}
			s := newSite(respondOK(`{"active":false}`))
			assertInactive(t, newClient(t, s, withCache(shared)), token)
			s.assertRequests(t, 1)
		})
	}
	t.Run("a valid value is a hit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				return sealed(t, key, 30*time.Second, admin), true, nil
			}
			s := newSite(connectionRefused)
			if got := assertActive(t, newClient(t, s, withCache(shared)), token); got != admin {
				t.Errorf("got %s, want %s", got, admin)
			}
			s.assertRequests(t, 0)
		})
	})
}

// The format of keys and values must not change, because instances of an older
// and a newer version may share a store during an upgrade.
func TestStoreFormatIsStable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newStore()
		assertActive(t, newClient(t, newSite(respondOK(`{"active":true}`)), withCache(shared)), token)
		key, value, _ := shared.onlyEntry(t)
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
