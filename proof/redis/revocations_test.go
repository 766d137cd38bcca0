package redis_test

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/revoke"
)

const issuer = "https://as.example.com"

// revocation returns a revocation of one token. The revocation ends after an
// hour.
func revocation(id string) revoke.Revocation {
	return revoke.Revocation{Issuer: issuer, Kind: revoke.Token, Value: id, Until: time.Now().Add(time.Hour)}
}

// startList starts the list of a machine. The list stops when the test ends.
func startList(t *testing.T, feed revoke.Feed, onLag revoke.OnLag) *revoke.List {
	t.Helper()
	list, err := revoke.New(revoke.Config{Feed: feed, OnLag: onLag, MaxLag: 2 * time.Second, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- list.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the list is healthy", func() bool { return list.Healthy() == nil })
	return list
}

func assertCheck(t *testing.T, list *revoke.List, id string, want bool, wantErr error, when string) {
	t.Helper()
	if revoked, err := list.Check(revoke.Claims{Issuer: issuer, ID: id}); revoked != want || !errors.Is(err, wantErr) {
		t.Errorf("%s: got %t, %v, want %t, %v", when, revoked, err, want, wantErr)
	}
}

func eventuallyRevoked(t *testing.T, list *revoke.List, id string) {
	t.Helper()
	eventually(t, "the token is revoked", func() bool {
		revoked, _ := list.Check(revoke.Claims{Issuer: issuer, ID: id})
		return revoked
	})
}

// A token that one machine revokes is refused by all machines. If a machine
// cannot read revocations, OnLag decides whether it accepts the token.
func TestRevocationsReachOtherMachines(t *testing.T) {
	for name, outage := range map[string]struct {
		begin, end func(*server)
		lasts      bool // until end
	}{
		"emptied": {func(s *server) { s.do("FLUSHALL") }, func(*server) {}, false},
		"killed":  {(*server).kill, (*server).start, true},
		"paused":  {func(s *server) { s.signal(syscall.SIGSTOP) }, func(s *server) { s.signal(syscall.SIGCONT) }, true},
	} {
		for policy, onLag := range map[string]revoke.OnLag{"Refuse": revoke.Refuse, "Accept": revoke.Accept} {
			t.Run(name+" "+policy, func(t *testing.T) {
				t.Parallel()
				redis := startServer(t)
				do := goRedis(t, []*server{redis})
				a, b := startList(t, newStore(t, do), onLag), startList(t, newStore(t, do), onLag)
				if err := a.Add(t.Context(), revocation("before")); err != nil {
					t.Fatal(err)
				}
				assertCheck(t, a, "before", true, nil, "on the same machine, at once")
				eventuallyRevoked(t, b, "before")
				assertCheck(t, b, "good", false, nil, "a good token")

				outage.begin(redis)
				if outage.lasts {
					eventually(t, "the list is not healthy", func() bool { return errors.Is(b.Healthy(), revoke.ErrLag) })
					want := map[revoke.OnLag]error{revoke.Refuse: revoke.ErrLag}[onLag]
					assertCheck(t, b, "good", false, want, "a good token during the outage")
					if err := a.Add(t.Context(), revocation("during")); err == nil {
						t.Error("Add during the outage: got no error, want one")
					}
					assertCheck(t, a, "during", true, nil, "on the same machine")
					assertCheck(t, b, "during", false, want, "on the other machine")
				}
				assertCheck(t, b, "before", true, nil, "what the machine knows")

				outage.end(redis)
				if outage.lasts {
					eventuallyRevoked(t, b, "during")
				}
				eventually(t, "both lists are healthy", func() bool { return a.Healthy() == nil && b.Healthy() == nil })
				if name != "paused" {
					eventually(t, "the loss is noticed", func() bool { return a.Stats().Epochs > 0 && b.Stats().Epochs > 0 })
				}
				eventuallyRevoked(t, startList(t, newStore(t, do), onLag), "before") // on a machine that has just started
				assertCheck(t, b, "good", false, nil, "a good token at the end")
			})
		}
	}
}

// An entry that was copied from the stream of another prefix cannot be
// decrypted. Read does not ignore the entry, but returns a zero Revocation for
// it.
func TestTheStreamOfAnotherPrefix(t *testing.T) {
	t.Parallel()
	redis := startServer(t)
	do := goRedis(t, []*server{redis})
	other := newStore(t, do, func(c *redisstore.Config) { c.Prefix = "other:" })
	if err := other.Publish(t.Context(), revocation("1")); err != nil {
		t.Fatal(err)
	}
	redis.do("COPY", "other:1:{revoked}:stream", "bg:1:{revoked}:stream")
	s := newStore(t, do)
	batch, err := s.Read(t.Context(), "")
	if err != nil || len(batch.Revocations) != 1 || batch.Revocations[0] != (revoke.Revocation{}) || s.Stats().Rejected != 1 {
		t.Errorf("got %+v, %v and %+v, want one revocation that is not valid", batch, err, s.Stats())
	}
}

// A list can load a long feed through a connection with 10 megabytes per
// second, although each command must end within 50 ms.
func TestALongFeedLoadsSlowly(t *testing.T) {
	const n = 20_000
	redis := startServer(t)
	store := newStore(t, goRedis(t, []*server{redis}))
	all := make([]revoke.Revocation, n)
	for i := range all {
		all[i] = revocation("an identifier of 36 bytes, as a UUID")
	}
	if err := store.Publish(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	slow := &server{t: t, addr: proxy(t, redis.addr, slowly)}
	list := startList(t, newStore(t, goRedis(t, []*server{slow}), defaultTimeout), revoke.Refuse)
	if got := list.Stats().Received; got < n {
		t.Errorf("got %d revocations, want %d", got, n)
	}
}

func TestTheFeedAfterALoss(t *testing.T) {
	t.Parallel()
	redis := startServer(t)
	store := newStore(t, goRedis(t, []*server{redis}))
	publish := func(ctx context.Context) revoke.Batch {
		t.Helper()
		if err := store.Publish(ctx, revocation("1")); err != nil {
			t.Fatal(err)
		}
		batch, err := store.Read(ctx, "")
		if err != nil || len(batch.Revocations) != 1 {
			t.Fatalf("got %v, %v, want the revocation", batch, err)
		}
		return batch
	}
	first := publish(t.Context())
	redis.do("FLUSHALL")
	if _, err := store.Read(t.Context(), first.Next); !errors.Is(err, revoke.ErrGap) {
		t.Errorf("after FLUSHALL: got %v, want ErrGap", err)
	}
	second := publish(t.Context())
	if second.Epoch == first.Epoch {
		t.Error("got the same epoch after FLUSHALL, want another one")
	}
	redis.do("DEL", "bg:1:{revoked}:stream") // simulates the loss of the last writes
	if _, err := store.Read(t.Context(), second.Next); !errors.Is(err, revoke.ErrGap) {
		t.Errorf("without the entry at the position: got %v, want ErrGap", err)
	}
	if third := publish(t.Context()); third.Epoch == second.Epoch {
		t.Error("got the same epoch after entries were lost, want another one")
	}
}
