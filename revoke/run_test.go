package revoke_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
)

// fleet runs n lists that share one feed.
func fleet(t *testing.T, feed revoke.Feed, n int) (lists []*revoke.List) {
	t.Helper()
	for range n {
		l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse})
		start(t, l)
		lists = append(lists, l)
	}
	time.Sleep(time.Second)
	return lists
}

func TestARevocationReachesTheOtherMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		lists := fleet(t, feed, 3)
		session := revoke.Revocation{Issuer: issuer, Kind: revoke.Session, Value: "s", Before: time.Now(), Until: time.Now().Add(time.Hour)}
		add(t, lists[0], token("x"), session)
		assertRevoked(t, lists[0], revoke.Claims{ID: "x"}, true) // at once
		time.Sleep(250 * time.Millisecond)
		lists = append(lists, fleet(t, feed, 1)...) // a machine that starts later
		for _, l := range lists {
			assertRevoked(t, l, revoke.Claims{ID: "x"}, true)
			assertRevoked(t, l, revoke.Claims{Session: "s", IssuedAt: time.Now().Add(-time.Minute)}, true)
			assertRevoked(t, l, revoke.Claims{Session: "s", IssuedAt: time.Now().Add(time.Minute)}, false)
		}
		if got := lists[0].Stats(); got.Published != 2 || got.Received != 2 || got.Entries != 2 {
			t.Errorf("got %+v, want 2 published, received and stored", got)
		}
	})
}

func TestEntriesComeBackAfterTheClockWasSetBack(t *testing.T) {
	feed := new(unstable)
	l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse})
	add(t, l, token("x"))
	reader, now := revoke.NewReader(l), time.Now()
	for _, at := range []struct {
		ahead time.Duration
		want  int // entries
	}{{0, 1}, {2 * time.Hour, 0}, {2*time.Hour - time.Second, 0}, {0, 1}, {time.Second, 1}} {
		if err := reader.Poll(t.Context(), now.Add(at.ahead)); err != nil {
			t.Fatal(err)
		}
		if got := l.Stats().Entries; got != at.want {
			t.Errorf("with a clock that is %v ahead: got %d entries, want %d", at.ahead, got, at.want)
		}
		assertLag(t, l, false)
	}
	assertRevoked(t, l, revoke.Claims{ID: "x"}, true)
	feed.set(func(u *unstable) { u.read = errors.New("canary") })
	if err := reader.Poll(t.Context(), now.Add(-time.Hour)); err == nil {
		t.Error("got no error of the feed")
	}
	assertLag(t, l, true)
}

func TestPollsAreAFifthOfASecondApartOnAverage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		fleet(t, feed, 1)
		feed.set(func(u *unstable) { u.reads = 0 })
		time.Sleep(200 * time.Second)
		feed.set(func(u *unstable) {
			if u.reads < 950 || u.reads > 1050 {
				t.Errorf("got %d reads in 200 seconds, want about 1000", u.reads)
			}
		})
	})
}

func TestLagBeforeTheFirstReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		refuses := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse})
		accepts := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Accept})
		assertLag(t, refuses, true)
		assertRevoked(t, accepts, revoke.Claims{ID: "x"}, false)
		if err := accepts.Healthy(); !errors.Is(err, revoke.ErrLag) {
			t.Errorf("Healthy: got %v, want ErrLag", err)
		}
		if got := refuses.Stats().Lag; got != math.MaxInt64 {
			t.Errorf("got a lag of %v, want the largest Duration", got)
		}
		add(t, refuses, token("x"))
		if revoked, err := refuses.Check(revoke.Claims{Issuer: issuer, ID: "x"}); !revoked || err != nil {
			t.Errorf("got %t and %v for a token on the list, want true", revoked, err)
		}
	})
}

func TestBeyondMaxLagTheListDoesWhatWasChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		refuses, log := fleet(t, feed, 1)[0], new(recorder)
		accepts := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Accept, MaxLag: 20 * time.Second, Logger: log.logger()})
		start(t, accepts)
		time.Sleep(time.Second)
		feed.set(func(u *unstable) { u.read = errors.New("canary") })
		time.Sleep(9 * time.Second)
		assertLag(t, refuses, false)
		time.Sleep(2 * time.Second)
		assertLag(t, refuses, true)
		if err := accepts.Healthy(); err != nil {
			t.Errorf("Healthy: got %v after 11 seconds, want nil because MaxLag is 20 seconds", err)
		}
		time.Sleep(10 * time.Second)
		assertRevoked(t, accepts, revoke.Claims{ID: "x"}, false)
		if err := accepts.Healthy(); !errors.Is(err, revoke.ErrLag) {
			t.Errorf("Healthy: got %v, want ErrLag", err)
		}
		feed.set(func(u *unstable) { u.read = nil })
		time.Sleep(time.Second)
		assertLag(t, refuses, false)
		if err := accepts.Healthy(); err != nil {
			t.Errorf("Healthy: got %v, want nil", err)
		}
		if got := log.String(); strings.Count(got, "revocation feed fails") != 1 || strings.Count(got, "works again") != 1 || strings.Contains(got, "canary") {
			t.Errorf("got the log\n%swant one line about the failure and one about its end", got)
		}
	})
}

func TestL07AddWhileTheFeedFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, cause := new(unstable), errors.New("canary")
		lists := fleet(t, feed, 2)
		feed.set(func(u *unstable) { u.publish = cause })
		err := lists[0].Add(t.Context(), token("x"))
		if !errors.Is(err, revoke.ErrPublish) || !errors.Is(err, cause) || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v, want ErrPublish, which wraps the error of the feed without its text", err)
		}
		assertRevoked(t, lists[0], revoke.Claims{ID: "x"}, true)
		time.Sleep(time.Minute)
		assertRevoked(t, lists[1], revoke.Claims{ID: "x"}, false)
		assertLag(t, lists[0], false) // the list has read the whole feed
		feed.set(func(u *unstable) { u.publish = nil })
		time.Sleep(time.Second)
		assertRevoked(t, lists[1], revoke.Claims{ID: "x"}, true)
		if got := lists[0].Stats().Published; got != 1 {
			t.Errorf("got %d published, want 1", got)
		}
	})
}

func TestL05AFeedThatLosesItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		lists := fleet(t, feed, 2)
		const many = 10_002
		var all []revoke.Revocation
		for i := range many - 2 {
			all = append(all, token(fmt.Sprint("id-", i)))
		}
		ended, before := token("ended"), time.Now()
		ended.Until = before
		user := revoke.Revocation{Issuer: issuer, Kind: revoke.Subject, Value: "user", Before: before, Until: before.Add(time.Hour)}
		add(t, lists[0], append(all, ended)...)
		add(t, lists[1], token("other"), user)
		time.Sleep(10 * time.Minute)
		published := lists[0].Stats().Published + lists[1].Stats().Published
		feed.Lose()
		time.Sleep(3 * time.Second)
		later := fleet(t, feed, 1)[0]
		for _, id := range []string{"id-0", "id-5000", "id-9999", "other"} {
			assertRevoked(t, later, revoke.Claims{ID: id}, true)
		}
		assertRevoked(t, later, revoke.Claims{Subject: "user", IssuedAt: before}, true)
		assertRevoked(t, later, revoke.Claims{Subject: "user", IssuedAt: before.Add(time.Second)}, false)
		if got := later.Stats().Entries; got != many {
			t.Errorf("a later list has %d entries, want %d", got, many)
		}
		for i, l := range lists {
			if got := l.Stats(); got.Epochs != 1 || got.Entries != many {
				t.Errorf("list %d: got %+v, want one new epoch and %d entries", i, got, many)
			}
			assertLag(t, l, false)
		}
		if n := lists[0].Stats().Published + lists[1].Stats().Published - published; n < many || n > 2*many {
			t.Errorf("got %d revocations published again, want between %d and twice as many", n, many)
		}
	})
}

func TestL05EntriesFromBeforeRunArePublishedIfTheFeedLacksThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse})
		add(t, l, token("lost"))
		feed.Lose()
		add(t, l, token("there"))
		start(t, l)
		time.Sleep(time.Second)
		assertRevoked(t, fleet(t, feed, 1)[0], revoke.Claims{ID: "lost"}, true)
		if got := l.Stats().Published; got != 3 {
			t.Errorf("got %d published, want 3: each once, and one of them again", got)
		}
	})
}

func TestL05AGapIsReadFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := fleet(t, feed, 1)[0]
		feed.set(func(u *unstable) { u.hidden = []revoke.Revocation{token("x")} }) // simulates a revocation before the position of the list
		time.Sleep(time.Second)
		assertRevoked(t, l, revoke.Claims{ID: "x"}, false)
		feed.set(func(u *unstable) { u.gap = true })
		time.Sleep(time.Second)
		assertRevoked(t, l, revoke.Claims{ID: "x"}, true)
		if got := l.Stats(); got.Gaps != 1 || got.Published != 0 {
			t.Errorf("got %+v, want one gap and nothing published", got)
		}
		feed.set(func(u *unstable) { u.read = revoke.ErrGap })
		time.Sleep(time.Minute)
		assertLag(t, l, true)
	})
}

// A feed is code of another package. If it has a fault, the list must report
// lag.
func TestL07FaultsOfTheFeed(t *testing.T) {
	for name, read := range map[string]func(context.Context, string) (revoke.Batch, error){
		"it panics": func(context.Context, string) (revoke.Batch, error) { panic("canary") },
		"it returns its context's error": func(ctx context.Context, _ string) (revoke.Batch, error) {
			<-ctx.Done()
			return revoke.Batch{}, ctx.Err()
		},
		"it fails after its first batch": func(_ context.Context, after string) (revoke.Batch, error) {
			if after == "" {
				return revoke.Batch{Next: "canary", More: true}, nil
			}
			return revoke.Batch{}, errors.New("canary")
		},
		"it always has more": func(context.Context, string) (revoke.Batch, error) { return revoke.Batch{More: true}, nil },
		"revocations without a position": func(context.Context, string) (revoke.Batch, error) {
			return revoke.Batch{Revocations: []revoke.Revocation{token("canary")}}, nil
		},
		"a gap at the beginning": func(context.Context, string) (revoke.Batch, error) {
			return revoke.Batch{}, fmt.Errorf("canary: %w", revoke.ErrGap)
		},
		"a revocation comes with the error": func(context.Context, string) (revoke.Batch, error) {
			return revoke.Batch{Next: "canary"}, errors.New("canary")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(recorder)
				l := newList(t, revoke.Config{Feed: feedFunc(read), OnLag: revoke.Refuse, Logger: log.logger()})
				start(t, l)
				time.Sleep(time.Second)
				assertLag(t, l, true) // the feed was never read to its end
				time.Sleep(time.Minute)
				assertLag(t, l, true)
				if got := log.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "canary") {
					t.Errorf("got the log\n%swant one line about the failure", got)
				}
			})
		})
	}
}

type feedFunc func(context.Context, string) (revoke.Batch, error)

func (f feedFunc) Read(ctx context.Context, after string) (revoke.Batch, error) { return f(ctx, after) }

func (feedFunc) Publish(_ context.Context, all ...revoke.Revocation) error { panic(all) }

func TestL07AFeedThatPanicsInPublish(t *testing.T) {
	feed := feedFunc(func(context.Context, string) (revoke.Batch, error) { return revoke.Batch{}, nil })
	l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse})
	err := l.Add(t.Context(), token("canary"))
	if !errors.Is(err, revoke.ErrPublish) || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want ErrPublish", err)
	}
}

func TestARestartedRunReadsEverythingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse})
		for i := range 2 {
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			if err := l.Run(ctx); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			stop()
			if err := feed.Publish(t.Context(), token(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			assertLag(t, l, true)
		}
		start(t, l)
		time.Sleep(time.Second)
		assertLag(t, l, false)
		assertRevoked(t, l, revoke.Claims{ID: "0"}, true)
		assertRevoked(t, l, revoke.Claims{ID: "1"}, true)
	})
}

func TestAPanicOfTheLoggerHasNoEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse, Logger: slog.New(panics{})})
		start(t, l)
		add(t, l, token("x"))
		if err := feed.Publish(t.Context(), revoke.Revocation{}); err != nil { // logged, because it is not valid
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		assertLag(t, l, true)
		feed.Lose() // is logged, too
		time.Sleep(time.Second)
		feed.set(func(u *unstable) { u.read = errors.New("canary") })
		time.Sleep(time.Second)
		feed.set(func(u *unstable) { u.read = nil })
		time.Sleep(time.Second)
		assertLag(t, l, false)
		assertRevoked(t, fleet(t, feed, 1)[0], revoke.Claims{ID: "x"}, true)
	})
}

// panics is a handler of logs that panics.
type panics struct{ slog.Handler }

func (panics) Enabled(context.Context, slog.Level) bool { return true }

func (panics) Handle(context.Context, slog.Record) error { panic("canary") }
