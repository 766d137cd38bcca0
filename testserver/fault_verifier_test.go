package testserver_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// The tests in this file show how to test behavior over time. The server and
// the verifier are in one synctest bubble, where an hour passes in a
// millisecond.

// newVerifier returns a verifier for the tokens of the server as. The verifier
// fetches keys with the given client.
func newVerifier(t *testing.T, as *testserver.Server, client *http.Client) *middleware.Verifier {
	t.Helper()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   client,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// status sends a request with token to an API that v protects and returns the
// status of the response.
func status(v *middleware.Verifier, token string) int {
	r := httptest.NewRequest("GET", "/orders", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	_, err := v.Authorize(http.Header{}, r)
	var refusal *middleware.Error
	if errors.As(err, &refusal) {
		return refusal.StatusCode()
	}
	return http.StatusOK
}

// inBubble runs a test in a synctest bubble, with an in-memory server and a
// verifier for its tokens.
func inBubble(t *testing.T, test func(t *testing.T, as *testserver.Server, v *middleware.Verifier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory()) // must be created inside the bubble
		test(t, as, newVerifier(t, as, as.Client()))
	})
}

func TestATokenExpiresDuringTheTest(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		token := as.Token() // valid for five minutes
		time.Sleep(5*time.Minute + 29*time.Second)
		if got := status(v, token); got != 200 {
			t.Errorf("within the clock skew: got %d, want 200", got)
		}
		time.Sleep(time.Second)
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: token}); !errors.Is(err, middleware.ErrExpired) {
			t.Errorf("after 5m30s: got %v, want ErrExpired", err)
		}
	})
}

func TestServerClockAhead(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		as.Advance(30 * time.Second)
		if got := status(v, as.Token()); got != 200 {
			t.Errorf("30 s ahead: got %d, want 200", got)
		}
		as.Advance(time.Second)
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token()}); !errors.Is(err, middleware.ErrNotYetValid) {
			t.Errorf("31 s ahead: got %v, want ErrNotYetValid", err)
		}
	})
}

// The verifier caches keys for a random time between 4m30s and 5m. It renews
// them after four fifths of this time, that is, after 3m36s to 4m.
func TestKeysAreRenewedBeforeFiveMinutesAreOver(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		for _, step := range []struct {
			pass time.Duration
			want int
		}{{0, 1}, {3*time.Minute + 36*time.Second - 1, 1}, {24*time.Second + 1, 2}, {time.Minute, 2}, {3 * time.Minute, 3}} {
			time.Sleep(step.pass)
			if got := status(v, as.Token()); got != 200 {
				t.Errorf("got %d, want 200", got)
			}
			synctest.Wait() // waits for the renewal, which runs in the background
			if got := as.Count(testserver.EndpointJWKS); got != step.want {
				t.Errorf("after another %v: got %d requests for keys, want %d", step.pass, got, step.want)
			}
		}
	})
}

func TestOnlyExpiredKeysDelayVerification(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{4 * time.Minute: 0, 5 * time.Minute: time.Second} {
		inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
			status(v, as.Token())
			as.Inject(testserver.EndpointJWKS, testserver.Latency(time.Second))
			time.Sleep(after)
			begin := time.Now()
			if got := status(v, as.Token()); got != 200 || time.Since(begin) != want {
				t.Errorf("keys of %v: got %d after %v, want 200 after %v", after, got, time.Since(begin), want)
			}
			time.Sleep(time.Second)
			if got := as.Count(testserver.EndpointJWKS); got != 2 {
				t.Errorf("keys of %v: got %d requests for keys, want a renewal", after, got)
			}
		})
	}
}

func TestFetchesInAnHour(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		for range 60 {
			if got := status(v, as.Token()); got != 200 {
				t.Fatalf("got %d, want 200", got)
			}
			time.Sleep(time.Minute)
		}
		if got := as.Count(testserver.EndpointJWKS); got != 15 {
			t.Errorf("got %d requests for keys in an hour, want one in 4 minutes, 15", got)
		}
		if got := as.Count(testserver.EndpointDiscovery); got != 15 {
			t.Errorf("got %d requests for metadata, want 15", got)
		}
	})
}

func TestAnOutageOfAnHour(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		if got := status(v, as.Token()); got != 200 {
			t.Fatalf("before: got %d, want 200", got)
		}
		outage := as.Inject(testserver.EndpointAny, testserver.Status(503))
		for range 60 {
			time.Sleep(time.Minute)
			if got := status(v, as.Token()); got != 200 {
				t.Fatalf("a cached key: got %d, want 200", got)
			}
			if got := status(v, as.Token(testserver.SignedWith(testserver.GenerateKey("ES256", "")))); got != 503 {
				t.Fatalf("an unknown key: got %d, want 503", got)
			}
		}
		if outage.Hits() == 0 {
			t.Error("got no request in an hour, want some tries")
		}
		outage.Remove()
		time.Sleep(5 * time.Second) // the minimum time between two fetches while keys are cached
		if got := status(v, as.Token(testserver.SignedWith(as.Rotate()))); got != 200 {
			t.Errorf("5 s after the outage: got %d, want the new key accepted", got)
		}
	})
}

func TestHangingFetchTimesOut(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		hang := as.Inject(testserver.EndpointJWKS, testserver.Hang())
		begin := time.Now()
		if got := status(v, as.Token()); got != 503 || time.Since(begin) != 2*time.Second {
			t.Errorf("got %d after %v, want 503 after 2s", got, time.Since(begin))
		}
		hang.Remove() // the request that hangs still hangs
		time.Sleep(3*time.Second - 1)
		if got := status(v, as.Token()); got != 503 || time.Since(begin) != 5*time.Second-1 {
			t.Errorf("got %d after %v, want 503 without another wait", got, time.Since(begin))
		}
		if got := as.Count(testserver.EndpointJWKS); got != 1 {
			t.Errorf("got %d requests for keys within 5s, want only the request that hangs", got)
		}
		time.Sleep(time.Second + 1) // the longest backoff while no keys are cached
		if got := status(v, as.Token()); got != 200 {
			t.Errorf("afterwards: got %d, want 200", got)
		}
	})
}

func TestCanceledCallerDoesNotCancelTheFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		as.Inject(testserver.EndpointJWKS, testserver.Latency(1900*time.Millisecond))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := v.Verify(ctx, middleware.Credentials{Token: as.Token()}); !errors.Is(err, middleware.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable for the canceled caller", err)
		}
		begin := time.Now()
		if got := status(v, as.Token()); got != 200 || time.Since(begin) != 900*time.Millisecond {
			t.Errorf("got %d after %v, want 200 after the other 900ms", got, time.Since(begin))
		}
		if got := as.Count(testserver.EndpointJWKS); got != 1 {
			t.Errorf("got %d requests for keys, want 1", got)
		}
	})
}

// In an orderly rotation, all verifiers have the new key before the server
// signs with it.
func TestRotationThatPublishesFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		old := as.SigningKey()
		before := as.Token(testserver.AccessTTL(time.Hour))
		if got := status(v, before); got != 200 {
			t.Fatalf("got %d, want 200", got)
		}
		as.Rotate(testserver.Rotation{PublishFirst: true})
		time.Sleep(5 * time.Minute)
		status(v, before) // triggers the renewal, as any request would
		synctest.Wait()
		mark := as.Mark()

		as.Rotate() // now the new key signs
		if a, b := status(v, before), status(v, as.Token()); a != 200 || b != 200 {
			t.Errorf("got %d for the old key and %d for the new one, want 200 for both", a, b)
		}
		if got := mark.Count(testserver.EndpointJWKS); got != 0 {
			t.Errorf("got %d requests for keys, want none: both keys were cached", got)
		}

		as.Retire(old.ID)
		if got := status(v, before); got != 200 {
			t.Errorf("right after the old key was retired: got %d, want 200 from the cache", got)
		}
		time.Sleep(5 * time.Minute)
		status(v, as.Token())
		synctest.Wait()
		if got := status(v, before); got != 401 {
			t.Errorf("after the next renewal: got %d, want 401", got)
		}
	})
}

// In a hasty rotation, the server signs with a key that is not yet in its key
// set.
func TestRotationThatSignsFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		before := as.Token()
		if got := status(v, before); got != 200 {
			t.Fatalf("got %d, want 200", got)
		}
		time.Sleep(time.Minute)
		mark := as.Mark()
		key := as.Rotate(testserver.Rotation{SignFirst: true})
		for range 100 {
			if got := status(v, as.Token()); got != 401 {
				t.Fatalf("an unpublished key: got %d, want 401", got)
			}
		}
		if got := mark.Count(testserver.EndpointJWKS); got != 1 {
			t.Errorf("got %d requests for the unknown key, want 1", got)
		}
		if got := status(v, before); got != 200 {
			t.Errorf("the old key: got %d, want 200", got)
		}

		as.Publish(key)
		time.Sleep(5 * time.Second) // the minimum time between two fetches
		if got := status(v, as.Token()); got != 200 {
			t.Errorf("published: got %d, want 200", got)
		}
	})
}

// If a cache between server and verifier serves an old key set, the verifier
// refuses tokens signed with the new key. Even worse, it accepts tokens signed
// with a withdrawn key.
func TestAVerifierBehindAFrozenKeySet(t *testing.T) {
	inBubble(t, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		withdrawn := as.Token(testserver.ExpiresIn(24 * time.Hour))
		thaw := as.FreezeJWKS()
		as.Rotate(testserver.Rotation{DropOld: true})
		fresh := as.Token(testserver.ExpiresIn(24 * time.Hour))
		for range 3 {
			if a, b := status(v, withdrawn), status(v, fresh); a != 200 || b != 401 {
				t.Errorf("frozen: got %d for the withdrawn key and %d for the new one, want 200 and 401", a, b)
			}
			time.Sleep(time.Hour)
		}
		thaw()
		time.Sleep(time.Hour)
		if got := status(v, fresh); got != 200 {
			t.Errorf("thawed: got %d for the new key, want 200", got)
		}
		if got := status(v, withdrawn); got != 401 {
			t.Errorf("thawed: got %d for the withdrawn key, want 401", got)
		}
	})
}
