package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// realms simulates a platform with many realms. Each realm is an issuer with
// its own key.
type realms struct {
	mutex sync.Mutex
	keys  map[string]jwks.Source
	maker map[string]func(...testserver.TokenOption) string
	calls atomic.Int64
	fail  atomic.Pointer[error]
	hang  atomic.Bool
	alter func(*middleware.Issuer)
}

func newRealms(t *testing.T, names ...string) *realms {
	t.Helper()
	p := &realms{keys: make(map[string]jwks.Source), maker: make(map[string]func(...testserver.TokenOption) string)}
	for _, name := range names {
		iss := "https://id.example.com/realms/" + name
		as, err := testserver.NewUnstarted(testserver.IssuerURL(iss))
		if err != nil {
			t.Fatal(err)
		}
		set, err := jwks.Parse(as.JWKS())
		if err != nil {
			t.Fatal(err)
		}
		p.keys[iss] = set
		p.maker[name] = func(opts ...testserver.TokenOption) string {
			return as.Token(append([]testserver.TokenOption{testserver.Claim("iss", iss), testserver.Audience("api")}, opts...)...)
		}
	}
	return p
}

func (p *realms) find(ctx context.Context, iss string) (*middleware.Issuer, error) {
	p.calls.Add(1)
	if err := p.fail.Load(); err != nil {
		return nil, *err
	}
	if p.hang.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	keys, ok := p.keys[iss]
	if !ok {
		return nil, nil
	}
	found := &middleware.Issuer{URL: iss, Keys: keys}
	if p.alter != nil {
		p.alter(found)
	}
	return found, nil
}

func (p *realms) verifier(t *testing.T, change ...func(*middleware.Config)) *middleware.Verifier {
	t.Helper()
	config := middleware.Config{
		Audience: "api", Logger: quiet, IssuerFor: p.find, IssuerPatterns: []string{"https://id.example.com/realms/*"},
	}
	for _, f := range change {
		f(&config)
	}
	return newVerifier(t, config)
}

func status(t *testing.T, v *middleware.Verifier, token string) int {
	t.Helper()
	if _, err := v.Verify(t.Context(), middleware.Credentials{Token: token}); err != nil {
		return middleware.Refusal(err).StatusCode()
	}
	return 200
}

func (p *realms) assertStatus(t *testing.T, what string, v *middleware.Verifier, token string, status1 int, calls int64) {
	t.Helper()
	before := p.calls.Load()
	if got := status(t, v, token); got != status1 {
		t.Errorf("%s: got %d, want %d", what, got, status1)
	}
	synctest.Wait()
	if got := p.calls.Load() - before; got != calls {
		t.Errorf("%s: IssuerFor was called %d times, want %d", what, got, calls)
	}
}

func TestAnIssuerIsFoundOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newRealms(t, "a", "b")
		v := p.verifier(t)
		p.assertStatus(t, "the first token of a realm", v, p.maker["a"](), 200, 1)
		p.assertStatus(t, "the second", v, p.maker["a"](), 200, 0)
		p.assertStatus(t, "another realm", v, p.maker["b"](), 200, 1)
		p.assertStatus(t, "a key of one realm under the name of another", v, p.maker["a"](testserver.Claim("iss", "https://id.example.com/realms/b")), 401, 0)
		p.assertStatus(t, "an invented realm", v, p.maker["a"](testserver.Claim("iss", "https://id.example.com/realms/x")), 401, 1)
		p.assertStatus(t, "that one again", v, p.maker["a"](testserver.Claim("iss", "https://id.example.com/realms/x")), 401, 0)
		for _, iss := range []string{
			"https://id.example.com/realms/", "https://id.example.com/realms/a/", "https://id.example.com/realms/..", "https://id.example.com/realms/a%2fb",
			"https://id.example.com/realms/a/b", "https://id.example.com/realms/a?b", "https://id.example.org/realms/a", "https://id.example.com/realms/ä",
			"https://id.example.com/realms/" + strings.Repeat("a", 129), "x",
		} {
			p.assertStatus(t, iss, v, p.maker["a"](testserver.Claim("iss", iss)), 401, 0)
		}

		// The refresh notices that a realm was removed.
		token := p.maker["a"](testserver.ExpiresIn(48 * time.Hour))
		p.assertStatus(t, "a token that is cached", v, token, 200, 0)
		p.mutex.Lock()
		keys := p.keys["https://id.example.com/realms/a"]
		delete(p.keys, "https://id.example.com/realms/a")
		p.mutex.Unlock()
		time.Sleep(4 * time.Minute)
		p.assertStatus(t, "before the refresh", v, token, 200, 0)
		time.Sleep(2 * time.Minute)
		p.assertStatus(t, "during the refresh", v, token, 200, 1)
		p.assertStatus(t, "once it is gone", v, token, 401, 0)

		// A realm that was added again is found within a minute.
		p.mutex.Lock()
		p.keys["https://id.example.com/realms/a"] = keys
		p.mutex.Unlock()
		p.assertStatus(t, "a realm that has just come back", v, token, 401, 0)
		time.Sleep(time.Minute)
		p.assertStatus(t, "a minute later", v, token, 200, 1)

		// If no token arrives for more than ten minutes, the next request waits
		// for the refresh.
		time.Sleep(11 * time.Minute)
		p.mutex.Lock()
		delete(p.keys, "https://id.example.com/realms/a")
		p.mutex.Unlock()
		p.assertStatus(t, "after eleven minutes", v, token, 401, 1)
	})
}

func TestCachedIssuerIsUsedWhileIssuerForFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newRealms(t, "a", "b")
		v := p.verifier(t)
		a, b := p.maker["a"](testserver.ExpiresIn(48*time.Hour)), p.maker["b"](testserver.ExpiresIn(48*time.Hour))
		p.assertStatus(t, "a realm", v, a, 200, 1)
		failure := errors.New("secret of the database")
		p.fail.Store(&failure)
		p.assertStatus(t, "another one while the database is down", v, b, 503, 1)
		_, err := v.Verify(t.Context(), middleware.Credentials{Token: b})
		if !errors.Is(err, failure) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("got %v, want an error that wraps the callback's error but omits its text", err)
		}
		time.Sleep(20 * time.Minute)
		p.assertStatus(t, "the first one then", v, a, 200, 1)
		p.assertStatus(t, "and at once again", v, a, 200, 0)
		time.Sleep(11 * time.Second)
		p.assertStatus(t, "and later", v, a, 200, 1)
		p.fail.Store(nil)
		p.hang.Store(true)
		time.Sleep(11 * time.Second)
		began := time.Now()
		p.assertStatus(t, "while the database hangs", v, a, 200, 1)
		if waited := time.Since(began); waited > 2*time.Second {
			t.Errorf("the request waited %v, want at most 2s", waited)
		}
		began = time.Now()
		p.assertStatus(t, "the next one", v, a, 200, 0)
		if waited := time.Since(began); waited > 0 {
			t.Errorf("the next request waited %v, want no wait", waited)
		}
		time.Sleep(25 * time.Hour)
		p.assertStatus(t, "a day later", v, a, 503, 1)
		p.hang.Store(false)
		p.assertStatus(t, "once the database is back", v, a, 200, 1)
	})
}

func TestIssuerForIsCalledOnceAtATime(t *testing.T) {
	p := newRealms(t, "a")
	release := make(chan struct{})
	v := p.verifier(t, func(c *middleware.Config) {
		c.IssuerFor = func(ctx context.Context, iss string) (*middleware.Issuer, error) { <-release; return p.find(ctx, iss) }
	})
	token := p.maker["a"]()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if got := status(t, v, token); got != 200 {
				t.Errorf("got %d, want 200", got)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	close(release)
	all.Wait()
	if n := p.calls.Load(); n != 1 {
		t.Errorf("got %d calls, want 1", n)
	}

	// A flood of invented realms causes about one call of IssuerFor for each,
	// and does not affect other realms.
	for i := range 20_000 {
		if got := status(t, v, p.maker["a"](testserver.Claim("iss", fmt.Sprintf("https://id.example.com/realms/x%d", i%10_000)))); got != 401 {
			t.Fatalf("got %d, want 401", got)
		}
		if i == 0 || i == 10_000 {
			if got := status(t, v, token); got != 200 {
				t.Fatalf("got %d during the flood, want 200", got)
			}
		}
	}
	if n := p.calls.Load(); n > 1+10_000+1000 { // the cache may drop some entries early
		t.Errorf("got %d calls for 10,000 invented realms, want at most 11,001", n)
	}
}

func TestInvalidResultsOfIssuerFor(t *testing.T) {
	for name, alter := range map[string]func(*middleware.Issuer){
		"another URL":                   func(i *middleware.Issuer) { i.URL = "https://id.example.com/realms/other" },
		"tenants":                       func(i *middleware.Issuer) { i.AnyTenant = true },
		"what NewVerifier would refuse": func(i *middleware.Issuer) { i.Mark = "=" },
		"a panic":                       func(*middleware.Issuer) { panic("secret") },
		"keys that panic":               func(i *middleware.Issuer) { i.Keys = faultyKeys{i.Keys} },
		"an alias":                      func(i *middleware.Issuer) { i.Aliases = []string{"a"} },
	} {
		t.Run(name, func(t *testing.T) {
			p := newRealms(t, "a")
			p.alter = alter
			var log bytes.Buffer
			v := p.verifier(t, func(c *middleware.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			for range 2 {
				_, err := v.Verify(t.Context(), middleware.Credentials{Token: p.maker["a"]()})
				if !errors.Is(err, middleware.ErrInternal) || !strings.Contains(err.Error(), "IssuerFor") || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v, want ErrInternal with a text that names IssuerFor", err)
				}
			}
			if n := strings.Count(log.String(), "IssuerFor failed"); n != 1 || strings.Contains(log.String(), "secret") {
				t.Errorf("got the log %s, want one line about IssuerFor and no secret", &log)
			}
		})
	}
}

type faultyKeys struct{ jwks.Source }

func (faultyKeys) Algorithms() []string { panic("secret") }

func TestErrorsOfIssuerFor(t *testing.T) {
	p := newRealms(t, "a")
	down, err := jwks.NewRemote("http://"+program.Address(t), jwks.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range []error{fmt.Errorf("directory: %w", middleware.ErrIssuer), middleware.ErrInternal, down.Warm(t.Context())} {
		p.fail.Store(&failure)
		if got := status(t, p.verifier(t), p.maker["a"]()); got != 503 {
			t.Errorf("%v: got %d, want 503, because the callback returned this error", failure, got)
		}
	}
}

// Two issuers returned by IssuerFor may use the same key set. A key of the set
// that is restricted to one of the issuers must not verify tokens of the other.
func TestFoundIssuersDoNotShareTenantKeys(t *testing.T) {
	p := newRealms(t, "a")
	as, err := testserver.NewUnstarted(testserver.IssuerURL("https://id.example.com/realms/b"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := jwks.Parse([]byte(strings.ReplaceAll(string(as.JWKS()), `"kty"`, `"issuer":"https://id.example.com/realms/b","kty"`)))
	if err != nil {
		t.Fatal(err)
	}
	p.keys["https://id.example.com/realms/a"], p.keys["https://id.example.com/realms/b"] = set, set
	v := p.verifier(t)
	for realm, want := range map[string]int{"a": 401, "b": 200} {
		if got := status(t, v, as.Token(testserver.Audience("api"), testserver.Claim("iss", "https://id.example.com/realms/"+realm))); got != want {
			t.Errorf("realm %s: got %d, want %d", realm, got, want)
		}
	}
}

// A request stops waiting for a call of IssuerFor that ignores its context, and
// uses the cached issuer. The request may also stop earlier, at a deadline of
// its own.
func TestIssuerForThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newRealms(t, "a")
		block := make(chan struct{})
		hang := new(atomic.Bool)
		v := p.verifier(t, func(c *middleware.Config) {
			c.IssuerFor = func(ctx context.Context, iss string) (*middleware.Issuer, error) {
				if hang.Load() {
					<-block
				}
				return p.find(ctx, iss)
			}
		})
		token := p.maker["a"](testserver.ExpiresIn(time.Hour))
		p.assertStatus(t, "a realm", v, token, 200, 1)
		hang.Store(true)
		time.Sleep(11 * time.Minute)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := v.Verify(ctx, middleware.Credentials{Token: token}); err != nil {
				t.Errorf("got %v, want the cached issuer", err)
			}
			cancel()
			time.Sleep(12 * time.Second)
		}
		if got := status(t, v, p.maker["a"](testserver.Claim("iss", "https://id.example.com/realms/x"))); got != 503 {
			t.Errorf("got %d for a realm that could not be looked up, want 503", got)
		}
		close(block)
	})
}

func TestAChangeInPlaceIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newRealms(t, "a")
		audiences := []string{"api"}
		p.alter = func(i *middleware.Issuer) { i.Audiences = audiences }
		v := p.verifier(t)
		token := p.maker["a"](testserver.ExpiresIn(time.Hour))
		p.assertStatus(t, "a token", v, token, 200, 1)
		audiences[0] = "other"
		p.assertStatus(t, "before the issuer is refreshed", v, token, 200, 0)
		time.Sleep(11 * time.Minute)
		p.assertStatus(t, "after that", v, token, 401, 1)
	})
}

func TestUnchangedIssuerStaysCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newRealms(t, "a")
		v := p.verifier(t, func(c *middleware.Config) { c.TokenCache = 100 })
		token := p.maker["a"](testserver.ExpiresIn(time.Hour))
		p.assertStatus(t, "a token", v, token, 200, 1)
		time.Sleep(6 * time.Minute)
		p.assertStatus(t, "the same one when the issuer is refreshed", v, token, 200, 1)
		p.assertStatus(t, "and after that", v, token, 200, 0)
		if hits := v.Stats().Hits; hits != 2 {
			t.Errorf("got %d cache hits, want 2", hits)
		}
		p.alter = func(i *middleware.Issuer) { i.Audiences = []string{"other"} }
		time.Sleep(6 * time.Minute)
		p.assertStatus(t, "when another answer is on its way", v, token, 200, 1)
		p.assertStatus(t, "once it has come", v, token, 401, 0)
	})
}

func TestConfiguredIssuersComeBeforeThoseThatAreFound(t *testing.T) {
	p := newRealms(t, "a", "b")
	v := p.verifier(t, func(c *middleware.Config) {
		c.Issuers = []middleware.Issuer{{URL: "https://id.example.com/realms/b", Keys: p.keys["https://id.example.com/realms/b"], Audiences: []string{"b"}}}
	})
	if got := status(t, v, p.maker["b"]()); got != 401 {
		t.Errorf("got %d, want 401 because of the configured audience", got)
	}
	if got := status(t, v, p.maker["b"](testserver.Audience("b"))); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
	if n := p.calls.Load(); n != 0 {
		t.Errorf("got %d calls, want none", n)
	}
	if got := status(t, v, p.maker["a"]()); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
}
