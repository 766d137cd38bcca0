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

type asking = func(ctx context.Context, token string) (members, error)

func newCustom(t testing.TB, ask asking, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{Logger: quiet}
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.Custom(config, ask)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// replies is a function that says the same of every token.
func replies(claims members, err error) asking {
	return func(context.Context, string) (members, error) { return claims, err }
}

func TestCustomVerdicts(t *testing.T) {
	for name, tt := range map[string]struct {
		claims members
		want   string // "" if not active
	}{
		"claims are those of an active token":            {members{"sub": "alice", "exp": int64(99999999999), "aud": []string{"api"}}, `{"active":true,"aud":["api"],"exp":99999999999,"sub":"alice"}`},
		"no claims are an active token":                  {members{}, `{"active":true}`},
		"nil is a token that is not active":              {nil, ""},
		"active may be said":                             {members{"active": true}, `{"active":true}`},
		"a token that is said not to be active is not":   {members{"active": false}, ""},
		"a claim of 200 KiB passes as it does otherwise": {members{"x": strings.Repeat("a", 200<<10)}, `{"active":true,"x":"` + strings.Repeat("a", 200<<10) + `"}`},
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
					isInactive(t, c, token)
				} else if got := isActive(t, c, token); got != tt.want {
					t.Errorf("got claims %.99s, want %.99s", got, tt.want)
				}
			}
			if got := asked.Load(); got != 1 {
				t.Errorf("asked %d times, want once", got)
			}
		})
	}
	for name, ask := range map[string]asking{
		"an error":                           replies(nil, errors.New(canary)),
		"an error beside claims":             replies(members{"sub": "alice"}, errors.New(canary)),
		"claims that are not JSON":           replies(members{canary: func() {}}, nil),
		"more than 256 KiB of claims":        replies(members{"x": strings.Repeat("a", 256<<10)}, nil),
		"a panic":                            func(context.Context, string) (members, error) { panic(canary) },
		"claims whose encoding panics":       replies(members{"x": panics{}}, nil),
		"an error that wraps ErrCredentials": replies(nil, fmt.Errorf("%s: %w", canary, introspect.ErrCredentials)),
	} {
		t.Run(name+" is no verdict", func(t *testing.T) {
			var journal journal
			c := newCustom(t, ask, func(c *introspect.Config) { c.Logger = journal.logger() })
			isUnknown(t, c, token, introspect.ErrUnavailable)
			_, err := c.Introspect(t.Context(), token)
			checkTold(t, &journal, err)
		})
	}
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic(canary) }

// checkTold demands that neither a log nor an error has the token or a canary.
func checkTold(t *testing.T, j *journal, err error) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.text.Len() == 0 {
		t.Error("got nothing logged, want a failure")
	}
	for _, secret := range []string{canary, token} {
		if text := fmt.Sprint(err) + j.text.String(); leaked(text, secret) {
			t.Errorf("the error shows a secret: %s", text)
		}
	}
}

func TestCustomMayReturnTheSameClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		same := members{"sub": "everybody"}
		c := newCustom(t, replies(same, nil))
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { isActive(t, c, fmt.Sprint(token, i)) })
		}
		all.Wait()
		if !maps.Equal(same, members{"sub": "everybody"}) {
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
			all.Go(func() { isActive(t, c, token) })
		}
		all.Wait()
		isActive(t, other, token)
		if got := asked.Load(); got != 1 {
			t.Errorf("asked %d times, want once for all", got)
		}
		isActive(t, newCustom(t, ask, named, func(c *introspect.Config) { c.Issuer = "another" }), token)
		if got := asked.Load(); got != 2 {
			t.Errorf("asked %d times, want once for each issuer", got)
		}
		time.Sleep(20 * time.Second)
		isActive(t, c, token)
		if got := asked.Load(); got != 3 {
			t.Errorf("asked %d times, want again when the token has expired", got)
		}
	})
}

// A function that does not heed its context holds neither its callers nor a place.
func TestCustomFunctionsThatHang(t *testing.T) {
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
			all.Go(func() { isUnknown(t, c, fmt.Sprint("garbage", i), introspect.ErrUnavailable) })
		}
		all.Wait()
		if waited := time.Since(begin); waited > 2100*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		down.Store(false)
		time.Sleep(time.Minute)
		isActive(t, c, "good")
		close(done)
	})
}

// Failures about tokens that were active are an outage; what a function says of
// invented ones is not.
func TestCustomHasTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		var down atomic.Bool
		c := newCustom(t, func(_ context.Context, token string) (members, error) {
			asked.Add(1)
			if down.Load() || strings.HasPrefix(token, "odd") {
				return nil, errors.New(canary)
			}
			return members{}, nil
		}, always)
		known(t, c, 10)
		for i := range 100 {
			isUnknown(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
			synctest.Wait()
		}
		isActive(t, c, token)
		down.Store(true)
		for i := range 5 {
			isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
		}
		before := asked.Load()
		isUnknown(t, c, token, introspect.ErrUnavailable)
		if got := asked.Load(); got != before {
			t.Errorf("asked %d times more, want no further call", got-before)
		}
	})
}

func TestCustomConfiguration(t *testing.T) {
	good := replies(nil, nil)
	for name, tt := range map[string]struct {
		config introspect.Config
		ask    asking
		want   []string
	}{
		"a function is needed":            {introspect.Config{}, nil, []string{"the function of Custom is nil"}},
		"an endpoint is not asked":        {introspect.Config{Endpoint: endpoint}, good, []string{"Endpoint, InsecureHTTP and Client"}},
		"a client is not used":            {introspect.Config{Client: http.DefaultClient}, good, []string{"Endpoint, InsecureHTTP and Client"}},
		"http is not spoken":              {introspect.Config{InsecureHTTP: true}, good, []string{"Endpoint, InsecureHTTP and Client"}},
		"Auth has no effect":              {introspect.Config{Auth: introspect.Basic("a", "b")}, good, []string{"Auth and Keys mean nothing to Custom"}},
		"a token type cannot be required": {introspect.Config{RequireTokenType: true}, good, []string{"RequireTokenType"}},
		"a shared cache needs a name":     {introspect.Config{Cache: newStore()}, good, []string{"Issuer is empty: with a Cache"}},
		"an issuer is printable":          {introspect.Config{Issuer: "acme inc"}, good, []string{"Issuer is not printable"}},
		"every fault is reported at once": {introspect.Config{Endpoint: endpoint, Cache: newStore(), MaxTTL: 2 * time.Hour, RequireTokenType: true}, nil, []string{"nil", "Endpoint,", "Issuer is empty", "MaxTTL", "RequireTokenType"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := introspect.Custom(tt.config, tt.ask)
			isFaulty(t, c, err, tt.want...)
		})
	}
	t.Run("an issuer may be any name", func(t *testing.T) {
		if got := newCustom(t, good, func(c *introspect.Config) { c.Issuer = "acme" }).Issuer(); got != "acme" {
			t.Errorf("got issuer %q", got)
		}
	})
}

// isFaulty demands faults of a configuration, each on a line of its own.
func isFaulty(t *testing.T, c *introspect.Client, err error, want ...string) {
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
			t.Errorf("got %q, want it to say whose fault it is", line)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the fault quotes what it should not: %q", err)
	}
}

func requiringTokenType(c *introspect.Config) { c.RequireTokenType = true }

// Doorkeeper omits token_type for refresh tokens, which it calls active.
func TestRequireTokenType(t *testing.T) {
	for name, tt := range map[string]struct {
		body          string
		passes, alone bool // with and without RequireTokenType
	}{
		"an access token passes":                      {`{"active":true,"token_type":"Bearer","client_id":null}`, true, true},
		"a type that the verifier judges passes":      {`{"active":true,"token_type":"N_A"}`, true, true},
		"a refresh token of Doorkeeper is not active": {`{"active":true,"scope":"api","client_id":null,"exp":0,"iat":1}`, false, true},
		"null is absent":                              {`{"active":true,"token_type":null}`, false, true},
		"an empty type is absent":                     {`{"active":true,"token_type":""}`, false, true},
		"a type of another type is absent":            {`{"active":true,"token_type":["Bearer"]}`, false, true},
		"an inactive token remains inactive":          {`{"active":false,"token_type":"Bearer"}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for required, want := range map[bool]bool{true: tt.passes, false: tt.alone} {
				s := newSite(says(tt.body))
				c := newClient(t, s, func(c *introspect.Config) { c.RequireTokenType = required })
				for range 2 {
					if want {
						isActive(t, c, token)
					} else {
						isInactive(t, c, token)
					}
				}
				s.asked(t, 1)
			}
		})
	}
}
