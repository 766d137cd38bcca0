package jwks_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestK22UnknownKeyIDsFetchNoOftenerThanTheLeastInterval(t *testing.T) {
	for configured, least := range map[time.Duration]time.Duration{
		0:                5 * time.Second,
		time.Nanosecond:  time.Nanosecond,
		time.Second:      time.Second,
		90 * time.Second: 90 * time.Second,
	} {
		t.Run(fmt.Sprintf("K22/%v means %v", configured, least), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				known := freshEC("known")
				s := newSite(says(set(known)))
				r := s.remote(t, jwks.Options{MinInterval: configured})
				has(t, r, "known")
				hasNot(t, r, "CANARY-first", jwks.ErrUnknownKey)
				if got := s.count(); got != 2 {
					t.Errorf("at first: got %d requests, want 2, since start-up does not use up the budget", got)
				}
				s.becomes(says(set(known, freshEC("new"))))

				time.Sleep(least - 1)
				for i := range 100 {
					hasNot(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
				hasNot(t, r, "new", jwks.ErrUnknownKey)
				if got := s.count(); got != 2 {
					t.Errorf("a moment early: got %d requests, want 2", got)
				}
				time.Sleep(time.Nanosecond)
				has(t, r, "new")
				for i := range 100 {
					hasNot(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
				has(t, r, "known")
				if got := s.count(); got != 3 {
					t.Errorf("in time: got %d requests, want 3", got)
				}
			})
		})
	}
}

func TestANewKeyIsKnownAtOnceAfterStartUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := freshEC("known")
		s := newSite(says(set(known)))
		r := s.remote(t, jwks.Options{})
		has(t, r, "known")
		s.becomes(says(set(known, freshEC("new"))))
		has(t, r, "new")
	})
}

func TestK22JunkKeyIDsDelayANewKeyByNoMoreThanTheLeastInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const least = 5 * time.Second
		s := newSite(says(set(freshEC("old"))))
		r := s.remote(t, jwks.Options{})
		stop := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					hasNot(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
			}
		})
		begin := time.Now()
		for rotation := range 20 {
			time.Sleep(7*time.Second + time.Duration(rotation)*137*time.Millisecond)
			kid := fmt.Sprintf("new-%d", rotation)
			s.becomes(says(set(freshEC(kid))))
			rotated := time.Now()
			for {
				if _, err := jwks.Key(t.Context(), r, kid, "ES256"); err == nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
			if got := time.Since(rotated); got > least+time.Millisecond {
				t.Errorf("rotation %d: the new key served after %v, want %v at most", rotation, got, least)
			}
		}
		close(stop)
		flood.Wait()
		if got, most := s.count(), int(time.Since(begin)/least)+2; got > most {
			t.Errorf("got %d requests, want one in %v at most after the first two: %d", got, least, most)
		}
	})
}

func TestK20RotationEverySecondRefusesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: quiet, MinInterval: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		previous := as.SigningKey().ID
		for range 100 {
			has(t, r, previous)
			time.Sleep(time.Second)
			current := as.Rotate().ID
			has(t, r, current)
			has(t, r, previous)
			as.Retire(previous)
			previous = current
		}
	})
}

func TestTheSetIsRenewedInTheBackground(t *testing.T) {
	for configured, interval := range map[time.Duration]time.Duration{0: 5 * time.Minute, time.Hour: time.Hour, 10 * time.Second: 10 * time.Second} {
		t.Run(fmt.Sprintf("%v means %v", configured, interval), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const latency = 2 * time.Second
				s := newSite(says(set(freshEC("withdrawn"), freshEC("kept"))))
				r := s.remote(t, jwks.Options{Interval: configured})
				has(t, r, "kept")
				s.becomes(after(latency, says(set(freshEC("kept")))))

				time.Sleep(interval - 1)
				has(t, r, "withdrawn")
				synctest.Wait()
				if got := s.count(); got != 1 {
					t.Fatalf("a moment early: got %d requests, want 1", got)
				}

				time.Sleep(time.Nanosecond)
				begin := time.Now()
				for range 100 {
					has(t, r, "withdrawn") // the old set serves until the new one is there
				}
				if got := time.Since(begin); got != 0 {
					t.Errorf("a renewal made a caller wait for %v, want none to wait", got)
				}
				time.Sleep(latency)
				synctest.Wait()
				if got := s.count(); got != 2 {
					t.Errorf("got %d requests, want 1 more", got)
				}
				// K19, K26: what came replaces what was, nothing is merged.
				if snapshot, err := r.Snapshot(); err != nil || snapshot.Len() != 1 {
					t.Errorf("got %v, want a set of 1 key", err)
				} else if _, err := snapshot.Key("withdrawn", "ES256"); !errors.Is(err, jwks.ErrUnknownKey) {
					t.Errorf("the withdrawn key: got %v, want ErrUnknownKey", err)
				}
			})
		})
	}
}

func TestARenewalThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(set(freshEC("known"))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "known")
		s.becomes(refused)
		time.Sleep(5 * time.Minute)
		begin := s.count()
		for range 100 { // ten seconds of traffic
			has(t, r, "known")
			synctest.Wait()
			time.Sleep(100 * time.Millisecond)
		}
		if got := s.count() - begin; got != 2 {
			t.Errorf("got %d requests in 10 s, want 2", got)
		}
		s.becomes(says(set(freshEC("known"), freshEC("new"))))
		time.Sleep(5 * time.Second)
		if _, err := r.Snapshot(); err != nil {
			t.Errorf("got %v, want the old set", err)
		}
		synctest.Wait()
		if got := r.Stats(); got.Keys != 2 || got.Err != nil {
			t.Errorf("got %+v, want the 2 keys", got)
		}
	})
}

func TestAColdSnapshotBeginsTheFetchAndDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(after(time.Second, says(set(freshEC("a")))))
		r := s.remote(t, jwks.Options{})
		begin := time.Now()
		for range 10 {
			if snapshot, err := r.Snapshot(); snapshot != nil || !errors.Is(err, jwks.ErrUnavailable) {
				t.Errorf("got %v and %v, want ErrUnavailable", snapshot, err)
			}
		}
		if got := time.Since(begin); got != 0 {
			t.Errorf("Snapshot took %v, want it not to wait", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if snapshot, err := r.Snapshot(); err != nil || snapshot.Len() != 1 {
			t.Errorf("later: got %v, want the set", err)
		}
		if got := s.count(); got != 1 {
			t.Errorf("got %d requests, want 1", got)
		}
	})
}

func TestK24ColdStartWhileTheServerIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(refused)
		r := s.remote(t, jwks.Options{})
		begin := time.Now()
		const down = 10*time.Second + 350*time.Millisecond
		time.AfterFunc(down, func() { s.becomes(says(set(freshEC("a")))) })
		for time.Since(begin) < down {
			hasNot(t, r, "a", jwks.ErrUnavailable)
			time.Sleep(100 * time.Millisecond)
		}
		for time.Since(begin) < down+time.Minute {
			if _, err := jwks.Key(t.Context(), r, "a", "ES256"); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if got := time.Since(begin) - down; got > 2*time.Second {
			t.Errorf("ready %v after the server was, want 2 s at most", got)
		}
		if got := s.count(); got > 12 {
			t.Errorf("got %d requests in 11 s, want one a second at most", got)
		}
	})
}

func TestFailedFetchesMayBeRetriedAfterASecond(t *testing.T) {
	for least, retry := range map[time.Duration]time.Duration{
		0:                      time.Second,
		time.Hour:              time.Second,
		200 * time.Millisecond: 200 * time.Millisecond,
	} {
		t.Run(fmt.Sprintf("with MinInterval %v after %v", least, retry), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(refused)
				r := s.remote(t, jwks.Options{MinInterval: least})
				hasNot(t, r, "a", jwks.ErrUnavailable)
				s.becomes(says(set(freshEC("a"))))
				time.Sleep(retry - 1)
				hasNot(t, r, "a", jwks.ErrUnavailable)
				if got := s.count(); got != 1 {
					t.Errorf("a moment early: got %d requests, want 1", got)
				}
				time.Sleep(time.Nanosecond)
				has(t, r, "a")
				if got := s.count(); got != 2 {
					t.Errorf("in time: got %d requests, want 2", got)
				}
			})
		})
	}
}
