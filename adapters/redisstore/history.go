package redisstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// history detects that Redis has lost replay entries of a group. Redis loses
// entries if it is emptied, restarts without its data or with old data, or is
// replaced by a node without the last writes. To detect this, each group has
// one more key, in the same hash slot as the replay entries. The value of this
// key contains the last recorded loss, followed by 32-bit counters. After a
// process has stored replay entries, it increments its own counter. This is
// called a step. If the counter has not increased since the previous step of
// the process, Redis has lost data. The same is true if the recorded loss is
// older than before. If all processes shared one counter, a process might not
// notice that its last step was lost, because the step of another process would
// replace it. After 2^32 steps a counter is 0 again, which looks like a loss.
//
// Concurrent callers share a step. A step protects the replay entries that were
// stored before the step began: if Redis loses one of these entries later, it
// also loses the step. The step follows within about a millisecond. If Redis
// loses an entry before the step, the loss is not detected: the entry looks as
// if it had never been stored.
type history struct {
	begun atomic.Uint64 // steps that have begun

	mu     sync.Mutex // held during a step
	known  loss       // loss at the latest read or write; 0 before firstStep
	number string     // the counter of this process, as an offset for BITFIELD
	own    int64      // counter at the latest step; 0 initially and after a loss
	err    error      // result of the most recent step, for all callers that share it
}

// loss records when Redis was last found to have lost its data. From the
// highest bit down, it consists of the Unix time, the bit lossAssumed and
// random bits. lossAssumed is set if Initialize assumed that an empty Redis was
// new. The random bits distinguish losses that have the same time.
type loss int64

const (
	lossTime    = 24
	lossAssumed = 1 << 23
	lossRandom  = lossAssumed - 1
	stepsKey    = "steps"

	numbers = 4096 // number of counters
)

// newNumber returns the BITFIELD offset of a random counter. Two processes with
// the same counter may fail to detect a loss. The first process that notices
// that it shares a counter chooses a new counter.
func newNumber() string { return fmt.Sprint("#", 2+rand.N(numbers)) } //nolint:gosec // not secret

func (l loss) at() time.Time { return time.Unix(int64(l>>lossTime), 0) }
func (l loss) assumed() bool { return l&lossAssumed != 0 }

// bytes returns the loss in the form in which Redis stores it.
func (l loss) bytes() string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(l))) //nolint:gosec // not negative
}

// lossAt returns a loss whose time is the next full second after the given
// time.
func lossAt(at time.Time) loss {
	return loss(at.Unix()+1)<<lossTime | loss(rand.N[int64](lossRandom))
}

// lostAt returns when Redis was last found to have lost replay entries of the
// group. If the error is nil, a step protects all replay entries that were
// stored before the call.
func (s *Store) lostAt(ctx context.Context, g *group) (time.Time, error) {
	h := &g.history
	before := h.begun.Load()
	h.mu.Lock()
	if h.begun.Load() == before { // otherwise, another caller's step began during this call
		h.begun.Add(1)
		h.err = s.step(ctx, g)
	}
	at, err := h.known.at(), h.err
	h.mu.Unlock()
	if err == nil && g.extensionDue() { // without the lock, so that only one caller waits
		_, _ = s.do(ctx, g, "PEXPIRE", stepsKey, milliseconds(lastingFor))
	}
	return at, err
}

// step increments the counter of this process. If the previous increment is
// missing in Redis, Redis has lost data, and step records the loss in Redis for
// the other machines.
func (s *Store) step(ctx context.Context, g *group) error {
	h := &g.history
	if h.known == 0 {
		if err := s.firstStep(ctx, g, lossAt(time.Now())); err != nil {
			return err
		}
	}
	answer, err := s.do(ctx, g, "BITFIELD", stepsKey, "GET", "i64", "0", "INCRBY", "u32", h.number, "1")
	if err != nil {
		return err
	}
	values, _ := answer.([]any)
	if len(values) != 2 {
		return errAnswer
	}
	first, ok1 := values[0].(int64)
	own, ok2 := values[1].(int64)
	if !ok1 || !ok2 {
		return errAnswer
	}
	switch found := loss(first); {
	case found == h.known && own <= h.own,
		found != h.known && (found.assumed() || found.at().Before(h.known.at()) || inFuture(found)):
		return s.setLost(ctx, g)
	case found == h.known && h.own != 0 && own > h.own+1: // another process uses this counter, or Do has repeated the command
		h.number, h.own = newNumber(), 0
		return s.step(ctx, g)
	default: // if the loss has changed, another machine has written it
		h.known, h.own = found, own
		return nil
	}
}

// inFuture reports whether the time of a loss is wrong because it is more than
// an hour in the future. A smaller difference is accepted: the clock of the
// machine that wrote the loss may be ahead. Without this tolerance, machines
// would keep replacing each other's losses, and every proof would be refused.
func inFuture(l loss) bool { return l.at().After(time.Now().Add(time.Hour)) }

// Initialize prepares a new Redis: if Redis is empty, Initialize assumes that
// Redis was never used. Without Initialize, a Redis that is empty when a proof
// arrives is assumed to have lost its data. Under [Refuse], DPoP requests are
// then refused with 503, for about 80 seconds with the defaults. Initialize
// changes nothing in a Redis that is already in use.
//
// Call Initialize before the first request. If a program calls it at each
// start, a Redis that was emptied just before the start looks new. A proof that
// was used on another machine can then be used again, until that machine
// handles its next proof in the same group of keys. To exclude this, call
// Initialize only when Redis is set up.
func (s *Store) Initialize(ctx context.Context) error {
	fresh := lossAt(time.Now().Add(-s.config.ProofWindow-2*time.Second)) | lossAssumed
	for _, g := range s.groups {
		if err := s.initialize(ctx, g, fresh); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) initialize(ctx context.Context, g *group, fresh loss) error {
	g.history.mu.Lock()
	defer g.history.mu.Unlock()
	if g.history.known != 0 {
		return nil
	}
	return s.firstStep(ctx, g, fresh)
}

// firstStep reads the loss from Redis. If the key is missing, firstStep writes
// the given loss.
func (s *Store) firstStep(ctx context.Context, g *group, fresh loss) error {
	answer, err := s.do(ctx, g, "SET", stepsKey, fresh.bytes(), "NX", "GET", "PX", milliseconds(lastingFor))
	if err != nil {
		return err
	}
	if answer == nil {
		g.history.known = fresh
		if !fresh.assumed() {
			s.noteLoss(ctx)
		}
		return nil
	}
	value, err := text(answer)
	if err != nil {
		return err
	}
	var found loss
	if len(value) >= 8 {
		found = loss(binary.BigEndian.Uint64([]byte(value))) //nolint:gosec // an overflow is a loss
	}
	if found.at().Unix() <= 0 || inFuture(found) { // not valid, or another machine's BITFIELD has just created the key
		return s.setLost(ctx, g)
	}
	g.history.known = found
	return nil
}

// setLost writes a new loss with the current time.
func (s *Store) setLost(ctx context.Context, g *group) error {
	fresh := lossAt(time.Now())
	if _, err := s.do(ctx, g, "SET", stepsKey, fresh.bytes(), "PX", milliseconds(lastingFor)); err != nil {
		return err
	}
	g.history.known, g.history.own = fresh, 0
	s.noteLoss(ctx)
	return nil
}

func (s *Store) noteLoss(ctx context.Context) {
	s.counted.losses.Add(1)
	s.note(ctx, lost)
}
