package revoke_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
)

func TestWhichTokensAreRevoked(t *testing.T) {
	began := time.Now().Truncate(time.Second)
	at := func(after time.Duration) time.Time { return began.Add(after) }
	entry := func(kind revoke.Kind, value string, before time.Time) revoke.Revocation {
		return revoke.Revocation{Issuer: issuer, Kind: kind, Value: value, Before: before, Until: at(time.Hour)}
	}
	now := at(500 * time.Millisecond)
	for name, test := range map[string]struct {
		entry  revoke.Revocation
		claims revoke.Claims
		want   bool
	}{
		"the token":                              {entry(revoke.Token, "x", time.Time{}), revoke.Claims{ID: "x"}, true},
		"another token":                          {entry(revoke.Token, "x", time.Time{}), revoke.Claims{ID: "y"}, false},
		"the token in another case":              {entry(revoke.Token, "x", time.Time{}), revoke.Claims{ID: "X"}, false},
		"a token of another issuer":              {entry(revoke.Token, "x", time.Time{}), revoke.Claims{Issuer: issuer + "/", ID: "x"}, false},
		"a newer token with the ID":              {entry(revoke.Token, "x", now), revoke.Claims{ID: "x", IssuedAt: at(time.Minute)}, true},
		"the value as subject":                   {entry(revoke.Token, "x", time.Time{}), revoke.Claims{Subject: "x", Session: "x", ClientID: "x"}, false},
		"a token without claims":                 {entry(revoke.Token, "x", time.Time{}), revoke.Claims{}, false},
		"the subject":                            {entry(revoke.Subject, "x", time.Time{}), revoke.Claims{Subject: "x", IssuedAt: at(time.Minute)}, true},
		"another subject":                        {entry(revoke.Subject, "x", time.Time{}), revoke.Claims{Subject: "y", ID: "x", Session: "x", ClientID: "x"}, false},
		"the session":                            {entry(revoke.Session, "x", time.Time{}), revoke.Claims{Session: "x"}, true},
		"another session":                        {entry(revoke.Session, "x", time.Time{}), revoke.Claims{Session: "y", ID: "x", Subject: "x", ClientID: "x"}, false},
		"a token without a session":              {entry(revoke.Sessionless, "x", time.Time{}), revoke.Claims{Subject: "x"}, true},
		"a token with a session":                 {entry(revoke.Sessionless, "x", time.Time{}), revoke.Claims{Subject: "x", Session: "x"}, false},
		"another subject without a session":      {entry(revoke.Sessionless, "x", time.Time{}), revoke.Claims{Subject: "y", ID: "x", ClientID: "x"}, false},
		"a later token without a session":        {entry(revoke.Sessionless, "x", now), revoke.Claims{Subject: "x", IssuedAt: at(time.Second)}, false},
		"the client":                             {entry(revoke.Client, "x", time.Time{}), revoke.Claims{ClientID: "x"}, true},
		"another client":                         {entry(revoke.Client, "x", time.Time{}), revoke.Claims{ClientID: "y", ID: "x", Subject: "x", Session: "x"}, false},
		"a token that was issued before":         {entry(revoke.Subject, "x", now), revoke.Claims{Subject: "x", IssuedAt: at(-time.Second)}, true},
		"a token of the same second":             {entry(revoke.Subject, "x", now), revoke.Claims{Subject: "x", IssuedAt: at(0)}, true},
		"a later token of the same second":       {entry(revoke.Subject, "x", now), revoke.Claims{Subject: "x", IssuedAt: at(900 * time.Millisecond)}, true},
		"a token of the next second":             {entry(revoke.Subject, "x", now), revoke.Claims{Subject: "x", IssuedAt: at(time.Second)}, false},
		"a token without iat":                    {entry(revoke.Subject, "x", now), revoke.Claims{Subject: "x"}, true},
		"a session that began later":             {entry(revoke.Session, "x", now), revoke.Claims{Session: "x", IssuedAt: at(time.Second)}, false},
		"a client's token that was issued later": {entry(revoke.Client, "x", now), revoke.Claims{ClientID: "x", IssuedAt: at(time.Second)}, false},
		"1970 is a time":                         {entry(revoke.Client, "x", time.Unix(0, 0)), revoke.Claims{ClientID: "x", IssuedAt: at(0)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newList(t, revoke.Config{})
			add(t, l, test.entry)
			assertRevoked(t, l, test.claims, test.want)
		})
	}
}

func TestEntriesAboutTheSameTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, began := newList(t, revoke.Config{}), time.Now()
		hours := func(n int) time.Time { return began.Add(time.Duration(n) * time.Hour) }
		entry := func(before time.Time, until int) revoke.Revocation {
			return revoke.Revocation{Issuer: issuer, Kind: revoke.Subject, Value: "x", Before: before, Until: hours(until)}
		}
		entries := func(want int) {
			t.Helper()
			if got := l.Stats().Entries; got != want {
				t.Errorf("got %d entries, want %d", got, want)
			}
		}
		issued := func(at int, want bool) {
			t.Helper()
			assertRevoked(t, l, revoke.Claims{Subject: "x", IssuedAt: hours(at)}, want)
		}
		add(t, l, entry(hours(1), 4))
		add(t, l, entry(hours(1), 4), entry(hours(0), 4), entry(hours(1), 3))
		entries(1) // the new entries revoke only tokens that the first one revokes
		add(t, l, entry(time.Time{}, 2), entry(hours(0), 6))
		entries(3) // compared with any other, each has a later Before or Until
		issued(5, true)
		time.Sleep(3 * time.Hour)
		issued(5, false) // the entry that revokes all tokens has ended
		issued(1, true)
		issued(0, true)
		time.Sleep(2 * time.Hour)
		issued(1, false)
		issued(0, true)
		add(t, l, entry(hours(5), 7)) // revokes everything that the others do
		entries(1)
		issued(5, true)
		issued(6, false)
	})
}

// If a list has several entries about one user, the newest, the oldest or a
// middle one can be the first to expire.
func TestAnEntryEndsBeforeOthersAboutTheSameTokens(t *testing.T) {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for name, order := range map[string][3]int{"the newest": {2, 1, 0}, "one in the middle": {2, 0, 1}, "the oldest": {0, 2, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, began := newList(t, revoke.Config{Feed: new(unstable), OnLag: revoke.Refuse}), time.Now()
				start(t, l)
				for _, i := range order { // entries that expire earlier have a later Before
					add(t, l, revoke.Revocation{
						Issuer: issuer, Kind: revoke.Subject, Value: "x",
						Before: began.Add(-minutes(i)), Until: began.Add(minutes(i)),
					})
				}
				time.Sleep(4*time.Minute + 30*time.Second) // entries end five minutes after Until
				for ended := range 4 {
					if got, want := l.Stats().Entries, 3-ended; got != want {
						t.Errorf("after %d entries have ended: got %d entries, want %d", ended, got, want)
					}
					for i := range 3 {
						assertRevoked(t, l, revoke.Claims{Subject: "x", IssuedAt: began.Add(-minutes(i))}, i >= ended)
					}
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

func TestEntriesEndFiveMinutesAfterUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(t, revoke.Config{})
		r := token("x")
		r.Until = time.Now().Add(time.Minute + 100*time.Millisecond)
		add(t, l, r)
		time.Sleep(6*time.Minute + 50*time.Millisecond)
		assertRevoked(t, l, revoke.Claims{ID: "x"}, true)
		time.Sleep(time.Second)
		assertRevoked(t, l, revoke.Claims{ID: "x"}, false)
		add(t, l, r, token("y")) // the first has ended and has no effect
		if got := l.Stats().Entries; got != 1 {
			t.Errorf("got %d entries, want 1", got)
		}
	})
}

func TestAFullList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(t, revoke.Config{MaxEntries: 3})
		add(t, l, token("1"), token("2"))
		if err := l.Add(t.Context(), token("3"), token("4")); !errors.Is(err, revoke.ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
		for id, want := range map[string]bool{"1": true, "2": true, "3": true, "4": false} {
			assertRevoked(t, l, revoke.Claims{ID: id}, want)
		}
		add(t, l, token("1")) // is already in the list
		time.Sleep(2 * time.Hour)
		add(t, l, token("4"), token("5"), token("6")) // replace the expired entries
		if got := l.Stats().Entries; got != 3 {
			t.Errorf("got %d entries, want 3", got)
		}
	})
}

func TestEndedEntriesAreRemovedInSmallSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(t, revoke.Config{})
		for i := range 100 {
			add(t, l, token(fmt.Sprint(i)))
		}
		time.Sleep(2 * time.Hour)
		for i := range 50 {
			add(t, l, token(fmt.Sprint("new ", i)))
		}
		if got := l.Stats().Entries; got != 50 {
			t.Errorf("got %d entries, want 50", got)
		}
		assertRevoked(t, l, revoke.Claims{ID: "5"}, false)
		assertRevoked(t, l, revoke.Claims{ID: "new 5"}, true)
	})
}

func TestRunRemovesEndedEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(t, revoke.Config{Feed: new(unstable), OnLag: revoke.Refuse})
		for i := range 1000 {
			add(t, l, token(fmt.Sprint(i)))
		}
		start(t, l)
		time.Sleep(2 * time.Hour)
		if got := l.Stats().Entries; got != 0 {
			t.Errorf("got %d entries, want 0", got)
		}
	})
}

func TestWithoutAFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(t, revoke.Config{})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		began := time.Now()
		if err := l.Run(ctx); err != nil || time.Since(began) != time.Hour {
			t.Errorf("Run returned %v after %v, want nil after an hour", err, time.Since(began))
		}
		if err := l.Healthy(); err != nil || l.Stats().Lag != 0 {
			t.Errorf("got %v and a lag of %v, want no lag", err, l.Stats().Lag)
		}
		add(t, l, token("x"))
		assertRevoked(t, l, revoke.Claims{ID: "x"}, true)
		assertRevoked(t, l, revoke.Claims{ID: "y"}, false)
	})
}

func TestAListIsRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(t, revoke.Config{})
		start(t, l)
		synctest.Wait()
		if err := l.Run(t.Context()); err == nil {
			t.Error("got nil from a second Run, want an error")
		}
	})
}
