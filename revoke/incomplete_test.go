package revoke_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
)

func TestL06RevocationsThatDoNotFitAreLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, log := new(unstable), new(recorder)
		l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse, MaxEntries: 2, Logger: log.logger()})
		start(t, l)
		time.Sleep(time.Second)
		short := token("short")
		short.Until = time.Now().Add(2 * time.Minute)
		if err := feed.Publish(t.Context(), token("canary-1"), short, token("canary-3"), token("canary-1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		assertLag(t, l, false)
		assertRevoked(t, l, revoke.Claims{ID: "canary-1"}, true)
		time.Sleep(10 * time.Second)
		assertLag(t, l, true)
		if got := l.Stats(); got.Dropped != 1 || got.Entries != 2 {
			t.Errorf("got %+v, want one dropped and two entries", got)
		}
		time.Sleep(4 * time.Minute) // by now, the revocation named "short" has expired, and the feed was read again
		assertLag(t, l, false)
		assertRevoked(t, l, revoke.Claims{ID: "canary-3"}, true)
		if got := log.String(); strings.Count(got, "do not fit") != 1 || strings.Contains(got, "canary") {
			t.Errorf("got the log\n%swant one line about what does not fit", got)
		}
	})
}

// Two machines that are almost full add different revocations at the same time.
// Each machine must have space for the revocation of the other machine.
func TestL06MachinesFillTheListAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, lists := new(unstable), []*revoke.List(nil)
		for range 2 {
			l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse, MaxEntries: 20})
			start(t, l)
			lists = append(lists, l)
		}
		for i := range 17 {
			add(t, lists[0], token(fmt.Sprint("id-", i)))
		}
		time.Sleep(time.Second)
		for i, l := range lists {
			add(t, l, token(fmt.Sprint("of-", i)))
			if err := l.Add(t.Context(), token("x")); !errors.Is(err, revoke.ErrFull) {
				t.Errorf("list %d: got %v, want ErrFull", i, err)
			}
		}
		time.Sleep(15 * time.Second)
		for i, l := range lists {
			assertLag(t, l, false)
			if got := l.Stats(); got.Entries != 19 || got.Dropped != 0 {
				t.Errorf("list %d: got %d entries and %d dropped, want 19 and 0", i, got.Entries, got.Dropped)
			}
		}
	})
}

// The list is full, including the tenth that is only for the feed.
func TestAFullListReplacesEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := newList(t, revoke.Config{Feed: feed, OnLag: revoke.Refuse, MaxEntries: 10})
		start(t, l)
		now := time.Now()
		subject := func(before time.Time) revoke.Revocation {
			return revoke.Revocation{Issuer: issuer, Kind: revoke.Subject, Value: "x", Before: before, Until: now.Add(time.Hour)}
		}
		all := []revoke.Revocation{subject(now)}
		for i := range 9 {
			all = append(all, token(fmt.Sprint("id-", i)))
		}
		if err := feed.Publish(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		later := now.Add(time.Minute)
		add(t, l, subject(later))
		assertRevoked(t, l, revoke.Claims{Subject: "x", IssuedAt: later}, true)
		if got := l.Stats().Entries; got != 10 {
			t.Errorf("got %d entries, want 10", got)
		}
		if err := l.Add(t.Context(), token("x")); !errors.Is(err, revoke.ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
	})
}

func TestL06RevocationsThatAreNotValidAreLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := fleet(t, feed, 1)[0]
		unknown, late := token("x"), token("x")
		unknown.Kind = 9
		late.Until = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		unreadable := revoke.Revocation{}
		if err := feed.Publish(t.Context(), unknown, late, unreadable, token("y")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Second)
		assertRevoked(t, l, revoke.Claims{ID: "y"}, true)
		assertLag(t, l, true)
		if got := l.Stats().Dropped; got != 3 {
			t.Errorf("got %d dropped, want 3", got)
		}
		feed.Lose() // the revocations that are not valid are gone
		time.Sleep(2 * time.Second)
		assertLag(t, l, false)
	})
}

// A feed must accept each valid revocation. If it wrongly rejects one, the
// others must still be published.
func TestL06ARevocationThatTheFeedRejectsStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		l := fleet(t, feed, 1)[0]
		const many = 10_000
		for i := range many {
			add(t, l, token(fmt.Sprint("id-", i)))
		}
		feed.set(func(u *unstable) { u.rejected = "id-5000" })
		feed.Lose()
		time.Sleep(time.Minute)
		later := fleet(t, feed, 1)[0]
		if got := l.Stats().Missing; got != 1 {
			t.Errorf("got %d missing, want 1", got)
		}
		if got := later.Stats().Entries; got != many-1 {
			t.Errorf("a later list has %d entries, want all except one of %d", got, many)
		}
		feed.set(func(u *unstable) { u.rejected = "" })
		time.Sleep(time.Second)
		assertRevoked(t, later, revoke.Claims{ID: "id-5000"}, true)
		if got := l.Stats().Missing; got != 0 {
			t.Errorf("got %d missing, want 0", got)
		}
	})
}

// List.Add adds five minutes to Until. Nevertheless, the published revocation
// must be valid for all feeds, and for the lists that read it.
func TestTheLastUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(unstable)
		lists := fleet(t, feed, 2)
		forever := token("x")
		forever.Until = time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC)
		add(t, lists[0], forever)
		feed.Lose()
		time.Sleep(time.Second)
		batch, err := feed.Read(t.Context(), "")
		if err != nil || len(batch.Revocations) == 0 {
			t.Fatalf("got %d revocations and %v, want at least one", len(batch.Revocations), err)
		}
		if _, err := batch.Revocations[0].Until.MarshalJSON(); err != nil {
			t.Error(err)
		}
		for _, l := range lists {
			assertRevoked(t, l, revoke.Claims{ID: "x"}, true)
			if got := l.Stats().Dropped; got != 0 {
				t.Errorf("got %d dropped, want 0", got)
			}
		}
	})
}
