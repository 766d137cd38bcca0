package redis_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/revoke"
)

// startPrimary starts a primary server and a replica. The returned link between
// them can be cut. The primary refuses writes while the replica is not
// connected.
func startPrimary(t *testing.T) (primary, replica *server, between *link) {
	t.Helper()
	primary, between = startServer(t, "--repl-diskless-sync-delay", "0"), new(link)
	host, port, _ := net.SplitHostPort(proxy(t, primary.addr, between.pass))
	replica = startServer(t, "--replicaof", host+" "+port)
	primary.do("CONFIG", "SET", "min-replicas-to-write", "1")
	eventually(t, "the replica is connected", func() bool {
		info, _ := primary.do("INFO", "replication").(string)
		return strings.Contains(info, "min_slaves_good_slaves:1")
	})
	return primary, replica, between
}

// promote makes a replica a primary.
func (s *server) promote() { s.do("REPLICAOF", "NO", "ONE") }

// The primary accepts writes that do not reach its replica. Then the primary is
// killed, the replica becomes the primary, and the clients connect to it.
func TestAFailoverThatLosesWrites(t *testing.T) {
	t.Parallel()
	primary, replica, between := startPrimary(t)
	var client atomic.Pointer[doFunc]
	move := func(to *server) {
		do := goRedis(t, []*server{to})
		client.Store(&do)
	}
	move(primary)
	do := func(ctx context.Context, args ...any) (any, error) { return (*client.Load())(ctx, args...) }
	f := newFleet(t, do).machines
	a, b := startList(t, f[0], revoke.Refuse), startList(t, f[1], revoke.Refuse)
	kept, noticed, unnoticed := newKey(), newKey(), newKey()
	kept[0], noticed[0], unnoticed[0] = 1, 1, 2 // the first byte selects the hash slot
	next := func() [32]byte { key := newKey(); key[0] = noticed[0]; return key }
	assertFirst(t, f[0], kept, true, nil, "a proof that is replicated")
	add := func(id string) {
		t.Helper()
		if err := a.Add(t.Context(), revocation(id)); err != nil {
			t.Fatal(err)
		}
		eventuallyRevoked(t, b, id)
	}
	add("kept")
	if n := primary.do("WAIT", "1", "10000"); n != int64(1) {
		t.Fatalf("got %v replicas with all writes, want 1", n)
	}

	between.cut.Store(true)
	assertFirst(t, f[0], noticed, true, nil, "a proof that is not replicated")
	assertFirst(t, f[0], unnoticed, true, nil, "a proof in another part")
	add("lost")
	primary.kill()
	replica.promote()
	move(replica)

	assertFirst(t, f[1], unnoticed, true, nil, "a lost proof on another machine, before its own machine has noticed")
	assertFirst(t, f[1], kept, false, nil, "a proof that was replicated, on another machine")
	assertFirst(t, f[0], next(), false, redisstore.ErrLost, "on the machine that stored the lost replay entry")
	assertFirst(t, f[1], noticed, false, redisstore.ErrLost, "then the lost proof on another machine")
	assertFirst(t, f[2], next(), false, redisstore.ErrLost, "and a new proof on a third one")

	eventually(t, "the lists notice the loss", func() bool { return a.Stats().Epochs > 0 && b.Stats().Epochs > 0 })
	started := startList(t, newStore(t, do), revoke.Refuse)
	eventuallyRevoked(t, started, "lost")
	eventuallyRevoked(t, started, "kept")
	assertCheck(t, started, "good", false, nil, "a good token")
}

// During a failover, one machine still reaches the old primary, while another
// machine already reaches the new primary.
func TestAnIsolatedPrimary(t *testing.T) {
	t.Parallel()
	primary, replica, _ := startPrimary(t)
	do := goRedis(t, []*server{primary})
	old, list := newStore(t, do), startList(t, newStore(t, do), revoke.Refuse)
	if err := old.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	assertFirst(t, old, newKey(), true, nil, "before")
	primary.do("WAIT", "1", "10000")
	replica.promote()
	eventually(t, "the primary is isolated", func() bool {
		info, _ := primary.do("INFO", "replication").(string)
		return strings.Contains(info, "min_slaves_good_slaves:0")
	})

	moved := newStore(t, goRedis(t, []*server{replica}))
	used := newKey()
	assertFirst(t, moved, used, true, nil, "on the new primary")
	if err := moved.Publish(t.Context(), revocation("new")); err != nil {
		t.Fatal(err)
	}
	refuses := func(code string) bool {
		s := newStore(t, do) // a reused store may pause after a failure
		_, errFirst := s.First(t.Context(), newKey(), time.Now().Add(time.Minute))
		_, errRead := s.Read(t.Context(), "")
		return errFirst != nil && strings.Contains(errFirst.Error(), code) && errRead != nil && strings.Contains(errRead.Error(), code)
	}
	if !refuses("NOREPLICAS") {
		t.Error("got no error from the old primary, want NOREPLICAS for proofs and for readings of the feed")
	}
	eventually(t, "the list is not healthy", func() bool { return errors.Is(list.Healthy(), revoke.ErrLag) })
	assertCheck(t, list, "new", false, revoke.ErrLag, "a token that is revoked on the new primary")

	primary.do("CONFIG", "SET", "min-replicas-to-write", "0")
	eventually(t, "without min-replicas-to-write, no lag is noticed", func() bool { return list.Healthy() == nil })
	assertCheck(t, list, "new", false, nil, "a token that is revoked on the new primary, without min-replicas-to-write")

	host, port, _ := net.SplitHostPort(replica.addr)
	primary.do("REPLICAOF", host, port)
	eventually(t, "the old primary is a replica and refuses", func() bool { return refuses("READONLY") })
}
