package redisstore_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func TestFeedConforms(t *testing.T) {
	f := newFake()
	feedtest.Run(t, func(t *testing.T) revoke.Feed { return newStore(t, f) })
}

// withSecrets returns a configuration change that sets Secret and OtherSecret.
// A nil OtherSecret means that there is only one secret.
func withSecrets(now, other []byte) func(*redisstore.Config) {
	return func(c *redisstore.Config) { c.Secret, c.OtherSecret = now, other }
}

// publish publishes a revocation with the given value.
func publish(t *testing.T, s *redisstore.Store, value string, until time.Time) {
	t.Helper()
	if err := s.Publish(t.Context(), revoke.Revocation{Issuer: "https://as.example.com", Kind: revoke.Token, Value: value, Until: until}); err != nil {
		t.Fatal(err)
	}
}

// assertRead fails the test unless a Read from the beginning of the feed
// returns revocations with the given values. "" stands for a revocation that is
// not valid.
func assertRead(t *testing.T, s *redisstore.Store, values ...string) revoke.Batch {
	t.Helper()
	batch, err := s.Read(t.Context(), "")
	var got []string
	for _, r := range batch.Revocations {
		got = append(got, r.Value)
	}
	if err != nil || !slices.Equal(got, values) {
		t.Errorf("got %q and the error %v, want %q", got, err, values)
	}
	return batch
}

// A machine that cannot read an entry does not know what the entry revokes.
// Read must therefore return an invalid revocation for the entry.
func TestH05EntriesThatDoNotOpenAreInvalidRevocations(t *testing.T) {
	hour := time.Now().Add(time.Hour)
	for name, change := range map[string]func(f *fake){
		"another secret": func(*fake) {},
		"one bit": func(f *fake) {
			sealed := []byte(f.stream[0].fields[3].(string))
			sealed[0] ^= 1
			f.stream[0].fields[3] = string(sealed)
		},
		"a later end":          func(f *fake) { f.stream[0].fields[1] = f.stream[0].fields[1].(string) + "0" },
		"no end":               func(f *fake) { f.stream[0].fields[1] = "" },
		"fields of others":     func(f *fake) { f.stream[0].fields = []any{"a", "b"} },
		"no fields":            func(f *fake) { f.stream[0].fields = nil },
		"a value of an answer": func(f *fake) { f.stream[0].fields[3] = "value" },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			reader, writer := newStore(t, f), newStore(t, f)
			if name == "another secret" {
				writer = newStore(t, f, withSecrets(secret(2), nil))
			}
			publish(t, writer, "one", hour)
			change(f)
			publish(t, reader, "two", hour)
			batch := assertRead(t, reader, "", "two")
			if _, err := reader.Read(t.Context(), batch.Next); err != nil {
				t.Errorf("got %v, want that the reader can go on", err)
			}
			if got := reader.Stats().Rejected; got != 1 {
				t.Errorf("got %d rejected values, want 1", got)
			}
		})
	}
}

// An entry that ended over an hour ago is skipped, even if an attacker has set
// its end. The end time is not sealed: see the package comment.
func TestAnEntryWhoseEndIsPastIsSkipped(t *testing.T) {
	f := newFake()
	s := newStore(t, f)
	publish(t, s, "one", time.Now().Add(time.Hour))
	f.stream[0].fields[1] = "1"
	publish(t, s, "two", time.Now().Add(time.Hour))
	if assertRead(t, s, "two"); s.Stats().Rejected != 0 {
		t.Errorf("got %+v, want no rejected value", s.Stats())
	}
}

// With OnLag Refuse, a machine with a wrong secret answers 503.
func TestH05AWrongSecretIsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		publish(t, newStore(t, f), "one", time.Now().Add(time.Hour))
		list, err := revoke.New(revoke.Config{Feed: newStore(t, f, withSecrets(secret(2), nil)), OnLag: revoke.Refuse, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = list.Run(t.Context()) }()
		time.Sleep(time.Second)
		if _, err := list.Check(revoke.Claims{Issuer: "https://as.example.com", ID: "one"}); !errors.Is(err, revoke.ErrLag) || list.Stats().Dropped == 0 {
			t.Errorf("got %v and %+v, want ErrLag and a dropped revocation", err, list.Stats())
		}
	})
}

func TestTheSecretOfTheFeedIsReplaced(t *testing.T) {
	f, hour := newFake(), time.Now().Add(time.Hour)
	first, second := newStore(t, f, withSecrets(secret(1), secret(2))), newStore(t, f, withSecrets(secret(2), secret(1)))
	publish(t, first, "one", hour)
	publish(t, second, "two", hour)
	assertRead(t, first, "one", "two")
	assertRead(t, second, "one", "two")
	assertRead(t, newStore(t, f, withSecrets(secret(2), nil)), "", "two")
}

// Read ignores an entry an hour after its end, even if it is sealed with an old
// secret and not yet removed.
func TestEntriesWithAnOldSecretEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		publish(t, newStore(t, f), "old", time.Now().Add(time.Minute))
		s := newStore(t, f, withSecrets(secret(2), nil))
		assertRead(t, s, "")
		time.Sleep(time.Hour + time.Minute + time.Second)
		assertRead(t, s)
		publish(t, s, "new", time.Now().Add(3*time.Hour))
		time.Sleep(time.Hour + time.Second)
		publish(t, s, "newer", time.Now().Add(time.Hour)) // also removes "old"
		if assertRead(t, s, "new", "newer"); len(f.stream) != 2 {
			t.Errorf("got %d entries, want 2", len(f.stream))
		}
	})
}

// An entry without a valid end, such as one from another program, is removed
// after 30 days and an hour.
func TestAnEntryWithoutAnEndIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := newStore(t, f)
		publish(t, s, "one", time.Now().Add(time.Hour))
		f.stream[0].fields = []any{"a", "b"}
		publish(t, s, "two", time.Now().Add(100*24*time.Hour))
		time.Sleep(30 * 24 * time.Hour)
		assertRead(t, s, "", "two")
		time.Sleep(time.Hour + time.Second)
		assertRead(t, s, "two")
		publish(t, s, "three", time.Now().Add(time.Hour))
		if len(f.stream) != 2 {
			t.Errorf("got %d entries, want 2", len(f.stream))
		}
	})
}

func TestH05AnotherSecretDeletesNothingThatIsInForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s, other := newStore(t, f), newStore(t, f, withSecrets(secret(2), nil))
		publish(t, s, "one", time.Now().Add(10*time.Hour))
		time.Sleep(2 * time.Hour)
		for range 3 {
			publish(t, other, "other", time.Now().Add(10*time.Hour))
			time.Sleep(2 * time.Hour)
		}
		assertRead(t, s, "one", "", "", "")
	})
}

// A feed whose revocations have all ended must not look like a feed that has
// lost entries.
func TestAQuietFeedKeepsItsEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var log bytes.Buffer
		s := newStore(t, f, func(c *redisstore.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		publish(t, s, "one", time.Now().Add(time.Second))
		position := assertRead(t, s, "one")
		for range 24 * 90 {
			time.Sleep(time.Hour)
			next, err := s.Read(t.Context(), position.Next)
			if err != nil || next.Epoch != position.Epoch {
				t.Fatalf("got %+v, %v, want the epoch %q", next, err, position.Epoch)
			}
		}
		if s.Stats().Losses != 0 || log.Len() != 0 {
			t.Errorf("got %+v and the log %q, want no loss", s.Stats(), log.String())
		}
	})
}

func TestH06AFeedThatLosesEntriesChangesItsEpoch(t *testing.T) {
	f, hour := newFake(), time.Now().Add(time.Hour)
	s := newStore(t, f)
	publish(t, s, "one", hour)
	first := assertRead(t, s, "one")
	f.stream = nil // as if the last writes were lost
	publish(t, s, "two", hour)
	if _, err := s.Read(t.Context(), first.Next); !errors.Is(err, revoke.ErrGap) {
		t.Errorf("got %v, want ErrGap", err)
	}
	if second := assertRead(t, s, "two"); second.Epoch == first.Epoch {
		t.Error("got the same epoch, want another one")
	}
	if got := s.Stats().Losses; got != 0 {
		t.Errorf("got %d losses of proofs, want 0", got)
	}
}

// The stream expires when the revocation with the latest end has ended, but at
// the earliest 30 days after the last publication.
func TestTheLifetimeOfTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		f := newFake()
		s := newStore(t, f)
		for i, tt := range []struct{ until, want time.Duration }{{time.Hour, 30 * day}, {90 * day, 90 * day}, {time.Hour, 90 * day}, {200 * 365 * day, 200 * 365 * day}} {
			publish(t, s, "one", time.Now().Add(tt.until))
			if got := time.Until(f.ends["bg:1:{revoked}:stream"]); got < tt.want || got > tt.want+time.Second {
				t.Errorf("publication %d: got a lifetime of %v, want %v", i, got, tt.want)
			}
		}
	})
}

// Ended entries are removed even if an entry before them has not ended yet.
func TestEndedEntriesAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := newStore(t, f)
		publish(t, s, "long", time.Now().Add(1000*time.Hour))
		for range 100 {
			publish(t, s, "short", time.Now().Add(time.Minute))
		}
		position := assertRead(t, newStore(t, f), append([]string{"long"}, slices.Repeat([]string{"short"}, 15)...)...)
		time.Sleep(59 * time.Minute)
		for range 100 {
			publish(t, s, "later", time.Now().Add(time.Hour))
		}
		if len(f.stream) != 201 {
			t.Errorf("got %d entries within an hour, want all 201: clocks differ", len(f.stream))
		}
		time.Sleep(time.Hour + time.Second)
		for range 100 {
			publish(t, s, "last", time.Now().Add(time.Hour))
		}
		if n := len(f.stream); n != 201 {
			t.Errorf("got %d entries, want the 201 that have not ended", n)
		}
		if _, err := s.Read(t.Context(), position.Next); !errors.Is(err, revoke.ErrGap) {
			t.Errorf("a reader that did not read for two hours: got %v, want ErrGap", err)
		}
	})
}

func TestH04AnEpochThatIsNotValidIsReplaced(t *testing.T) {
	f := newFake()
	s := newStore(t, f)
	first := assertRead(t, s)
	for key := range f.values {
		if strings.HasSuffix(key, "epoch") {
			f.values[key] = "no epoch"
		}
	}
	if second := assertRead(t, s); second.Epoch == "no epoch" || second.Epoch == first.Epoch {
		t.Errorf("got the epoch %q, want another one", second.Epoch)
	}
	assertRead(t, s)
}
