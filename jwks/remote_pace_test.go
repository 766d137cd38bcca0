package jwks_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestK22UnknownKeyIDsAreLimitedByMinInterval(t *testing.T) {
	for configured, least := range map[time.Duration]time.Duration{
		0:                5 * time.Second,
		time.Nanosecond:  time.Nanosecond,
		time.Second:      time.Second,
		90 * time.Second: 90 * time.Second,
	} {
		t.Run(fmt.Sprintf("K22/%v means %v", configured, least), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				known := freshEC("known")
				s := newSite(respondOK(set(known)))
				r := s.remote(t, jwks.Options{MinInterval: configured, Burst: 1})
				assertKey(t, r, "known")
				time.Sleep(time.Nanosecond) // so that the next caller arrives after the first fetch, and can cause another fetch
				assertKeyError(t, r, "CANARY-first", jwks.ErrUnknownKey)
				if got := s.count(); got != 2 {
					t.Errorf("at first: got %d requests, want 2, because the first fetch does not use the budget", got)
				}
				s.setAnswer(respondOK(set(known, freshEC("new"))))

				time.Sleep(least - 1)
				for i := range 100 {
					assertKeyError(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
				assertKeyError(t, r, "new", jwks.ErrUnknownKey)
				if got := s.count(); got != 2 {
					t.Errorf("just before: got %d requests, want 2", got)
				}
				time.Sleep(time.Nanosecond)
				assertKey(t, r, "new")
				for i := range 100 {
					assertKeyError(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
				assertKey(t, r, "known")
				if got := s.count(); got != 3 {
					t.Errorf("after it: got %d requests, want 3", got)
				}
			})
		})
	}
}

func TestK20RotationEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger, MinInterval: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		previous := as.SigningKey().ID
		for range 100 {
			assertKey(t, r, previous)
			time.Sleep(time.Second)
			current := as.Rotate().ID
			assertKey(t, r, current)
			assertKey(t, r, previous)
			as.Retire(previous)
			previous = current
		}
	})
}

func TestColdSnapshotStartsTheFetchWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(delayed(time.Second, respondOK(set(freshEC("a")))))
		r := s.remote(t, jwks.Options{})
		begin := time.Now()
		for range 10 {
			if snapshot, err := r.Snapshot(); snapshot != nil || !errors.Is(err, jwks.ErrUnavailable) {
				t.Errorf("got %v and %v, want ErrUnavailable", snapshot, err)
			}
		}
		if got := time.Since(begin); got != 0 {
			t.Errorf("Snapshot took %v, want no wait", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if snapshot, err := r.Snapshot(); err != nil || snapshot.Stats().Keys != 1 {
			t.Errorf("later: got %v, want the set", err)
		}
		if got := s.count(); got != 1 {
			t.Errorf("got %d requests, want 1", got)
		}
	})
}

func TestHealthyNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(delayed(time.Second, respondOK(set(freshEC("a")))))
		r := s.remote(t, jwks.Options{})
		probe := func(when string, want error) {
			t.Helper()
			begin := time.Now()
			if err := r.Healthy(); !errors.Is(err, want) || time.Since(begin) != 0 {
				t.Errorf("%s: got %v after %v, want %v at once", when, err, time.Since(begin), want)
			}
		}
		probe("without keys", jwks.ErrUnavailable)
		time.Sleep(time.Second)
		synctest.Wait()
		probe("with keys", nil)
		time.Sleep(8 * time.Hour)
		probe("with keys that are too old", nil)
		waitForAttempt()
		if got := s.count(); got != 2 {
			t.Errorf("got %d requests, want 2, for the renewal in the background", got)
		}
	})
}
