package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

type claimsFunc = func(ctx context.Context, token string) (members, error)

func newCustom(t testing.TB, ask claimsFunc, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{Logger: discardLogger}
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.Custom(config, ask)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fixedClaims returns a function that returns the same claims and error for
// every token.
func fixedClaims(claims members, err error) claimsFunc {
	return func(context.Context, string) (members, error) { return claims, err }
}

func TestCustomVerdicts(t *testing.T) {
	for name, tt := range map[string]struct {
		claims members
		want   string // claims; "" if the token is not active
	}{
		"claims mean an active token":        {members{"sub": "alice", "exp": int64(99999999999), "aud": []string{"api"}}, `{"active":true,"aud":["api"],"exp":99999999999,"sub":"alice"}`},
		"an empty map means an active token": {members{}, `{"active":true}`},
		"nil means an inactive token":        {nil, ""},
		"active may be true":                 {members{"active": true}, `{"active":true}`},
		"active may be false":                {members{"active": false}, ""},
		"a claim of 200 KiB is accepted":     {members{"x": strings.Repeat("a", 200<<10)}, `{"active":true,"x":"` + strings.Repeat("a", 200<<10) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			c := newCustom(t, func(_ context.Context, got string) (members, error) {
				if asked.Add(1); got != token {
					t.Errorf("got token %q, want %q", got, token)
				}
				return tt.claims, nil
			})
			for range 2 {
				if tt.want == "" {
					assertInactive(t, c, token)
				} else if got := assertActive(t, c, token); got != tt.want {
					t.Errorf("got claims %.99s, want %.99s", got, tt.want)
				}
			}
			if got := asked.Load(); got != 1 {
				t.Errorf("got %d calls, want 1", got)
			}
		})
	}
	for name, ask := range map[string]claimsFunc{
		"an error":                           fixedClaims(nil, errors.New(canary)),
		"an error with claims":               fixedClaims(members{"sub": "alice"}, errors.New(canary)),
		"claims that are not JSON":           fixedClaims(members{canary: func() {}}, nil),
		"more than 256 KiB of claims":        fixedClaims(members{"x": strings.Repeat("a", 256<<10)}, nil),
		"a panic":                            func(context.Context, string) (members, error) { panic(canary) },
		"claims whose encoding panics":       fixedClaims(members{"x": panics{}}, nil),
		"an error that wraps ErrCredentials": fixedClaims(nil, fmt.Errorf("%s: %w", canary, introspect.ErrCredentials)),
	} {
		t.Run(name+" makes the answer unavailable", func(t *testing.T) {
			var logCapture logCapture
			c := newCustom(t, ask, func(c *introspect.Config) { c.Logger = logCapture.logger() })
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			_, err := c.Introspect(t.Context(), token)
			checkNoSecrets(t, &logCapture, err)
		})
	}
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic(canary) }

// checkNoSecrets checks that the log is not empty, and that neither the log nor
// err contains the token or the canary.
func checkNoSecrets(t *testing.T, j *logCapture, err error) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.text.Len() == 0 {
		t.Error("got an empty log, want a failure")
	}
	for _, secret := range []string{canary, token} {
		if text := fmt.Sprint(err) + j.text.String(); leaked(text, secret) {
			t.Errorf("the log or the error contains a secret: %s", text)
		}
	}
}

func TestCustomMayReturnTheSameClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		same := members{"sub": "shared"}
		c := newCustom(t, fixedClaims(same, nil))
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { assertActive(t, c, fmt.Sprint(token, i)) })
		}
		all.Wait()
		if !maps.Equal(same, members{"sub": "shared"}) {
			t.Errorf("got %v, which was changed", same)
		}
	})
}

func TestCustomSharesCallsAndCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		ask := func(ctx context.Context, _ string) (members, error) {
			asked.Add(1)
			time.Sleep(time.Second)
			return members{"exp": time.Now().Unix() + 20}, ctx.Err()
		}
		shared := newStore()
		named := func(c *introspect.Config) { c.Cache, c.Issuer = shared, "acme" }
		c, other := newCustom(t, ask, named), newCustom(t, ask, named)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { assertActive(t, c, token) })
		}
		all.Wait()
		assertActive(t, other, token)
		if got := asked.Load(); got != 1 {
			t.Errorf("got %d calls, want 1 for all", got)
		}
		assertActive(t, newCustom(t, ask, named, func(c *introspect.Config) { c.Issuer = "another" }), token)
		if got := asked.Load(); got != 2 {
			t.Errorf("got %d calls, want 1 for each issuer", got)
		}
		time.Sleep(20 * time.Second)
		assertActive(t, c, token)
		if got := asked.Load(); got != 3 {
			t.Errorf("got %d calls, want another one after the token has expired", got)
		}
	})
}

// If a function ignores its context, its callers fail after about two seconds,
// and later calls still succeed.
func TestHangingCustomFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var down atomic.Bool
		down.Store(true)
		c := newCustom(t, func(context.Context, string) (members, error) {
			if down.Load() {
				<-done
			}
			return members{}, nil
		})
		begin := time.Now()
		var all sync.WaitGroup
		for i := range 256 {
			all.Go(func() { assertUnavailable(t, c, fmt.Sprint("garbage", i), introspect.ErrUnavailable) })
		}
		all.Wait()
		if waited := time.Since(begin); waited > 2100*time.Millisecond {
			t.Errorf("waited %v, want 2.1 s at most", waited)
		}
		down.Store(false)
		time.Sleep(time.Minute)
		assertActive(t, c, "good")
		close(done)
	})
}

// The circuit breaker opens on failures for tokens that were active before, but
// not on failures for made-up tokens.
func TestCustomUsesTheCircuitBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		var down atomic.Bool
		c := newCustom(t, func(_ context.Context, token string) (members, error) {
			asked.Add(1)
			if down.Load() || strings.HasPrefix(token, "odd") {
				return nil, errors.New(canary)
			}
			return members{}, nil
		}, noCache)
		activate(t, c, 10)
		for i := range 100 {
			assertUnavailable(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
			synctest.Wait()
		}
		assertActive(t, c, token)
		down.Store(true)
		for i := range 5 {
			assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
		}
		before := asked.Load()
		assertUnavailable(t, c, token, introspect.ErrUnavailable)
		if got := asked.Load(); got != before {
			t.Errorf("got %d more calls, want 0", got-before)
		}
	})
}

func TestCustomConfiguration(t *testing.T) {
	good := fixedClaims(nil, nil)
	for name, tt := range map[string]struct {
		config introspect.Config
		ask    claimsFunc
		want   []string
	}{
		"a nil function":                   {introspect.Config{}, nil, []string{"the function passed to Custom is nil"}},
		"an endpoint":                      {introspect.Config{Endpoint: endpoint}, good, []string{"Endpoint, InsecureHTTP and Client"}},
		"a client":                         {introspect.Config{Client: http.DefaultClient}, good, []string{"Endpoint, InsecureHTTP and Client"}},
		"InsecureHTTP":                     {introspect.Config{InsecureHTTP: true}, good, []string{"Endpoint, InsecureHTTP and Client"}},
		"Auth":                             {introspect.Config{Auth: introspect.Basic("a", "b")}, good, []string{"Auth and Keys must be zero for Custom"}},
		"a required token type":            {introspect.Config{RequireTokenType: true}, good, []string{"RequireTokenType"}},
		"a shared cache without an issuer": {introspect.Config{Cache: newStore()}, good, []string{"Issuer is empty: with a Cache"}},
		"an issuer that is not printable":  {introspect.Config{Issuer: "acme inc"}, good, []string{"Issuer must be printable"}},
		"every fault is reported at once":  {introspect.Config{Endpoint: endpoint, Cache: newStore(), MaxTTL: 2 * time.Hour, RequireTokenType: true}, nil, []string{"nil", "Endpoint,", "Issuer is empty", "MaxTTL", "RequireTokenType"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := introspect.Custom(tt.config, tt.ask)
			assertFaults(t, c, err, tt.want...)
		})
	}
	t.Run("an issuer may be any name", func(t *testing.T) {
		if got := newCustom(t, good, func(c *introspect.Config) { c.Issuer = "acme" }).Issuer(); got != "acme" {
			t.Errorf("got issuer %q, want acme", got)
		}
	})
}

// assertFaults checks that a configuration is refused. The error must contain
// each text in want, and each line of the error must begin with "introspect: ".
func assertFaults(t *testing.T, c *introspect.Client, err error, want ...string) {
	t.Helper()
	if c != nil || err == nil {
		t.Fatalf("got %v, %v, want a fault", c, err)
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want it to mention %q", err, part)
		}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, "introspect: ") {
			t.Errorf("got %q, want the package name as prefix", line)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the fault quotes a secret: %q", err)
	}
}

func withRequiredTokenType(c *introspect.Config) { c.RequireTokenType = true }

// Doorkeeper reports refresh tokens as active, but without token_type.
func TestRequireTokenType(t *testing.T) {
	for name, tt := range map[string]struct {
		body               string
		required, optional bool // active with RequireTokenType, active without it
	}{
		"an access token passes":                        {`{"active":true,"token_type":"Bearer","client_id":null}`, true, true},
		"any type passes, since the verifier checks it": {`{"active":true,"token_type":"N_A"}`, true, true},
		"a refresh token of Doorkeeper is not active":   {`{"active":true,"scope":"api","client_id":null,"exp":0,"iat":1}`, false, true},
		"null counts as absent":                         {`{"active":true,"token_type":null}`, false, true},
		"an empty type counts as absent":                {`{"active":true,"token_type":""}`, false, true},
		"a type that is not a string counts as absent":  {`{"active":true,"token_type":["Bearer"]}`, false, true},
		"an inactive token remains inactive":            {`{"active":false,"token_type":"Bearer"}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for required, want := range map[bool]bool{true: tt.required, false: tt.optional} {
				s := newSite(respondOK(tt.body))
				c := newClient(t, s, func(c *introspect.Config) { c.RequireTokenType = required })
				for range 2 {
					if want {
						assertActive(t, c, token)
					} else {
						assertInactive(t, c, token)
					}
				}
				s.assertRequests(t, 1)
			}
		})
	}
}
