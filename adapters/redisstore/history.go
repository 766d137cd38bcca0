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

// history detects that Redis has lost marks of a group, because it was emptied,
// has restarted without its data or with old data, or was replaced by a node
// without the last writes. A key in the same hash slot as the marks shows this.
// It contains a loss, followed by numbers of 32 bits. After its marks, a
// process increases its own number by one step. The loss must not change, and a
// number must never go back. If all processes shared one number, a process
// would not notice that its last step is missing if others have made as many
// steps since then. After 2^32 steps a number is 0 again, which looks like a
// loss.
//
// Callers share a step. A mark is protected by the first step that begins after
// it: if Redis loses the mark later, it also loses the step. If Redis loses the
// mark before that step, about a millisecond later, nothing shows this: the
// mark looks like one that was never made.
type history struct {
	begun atomic.Uint64 // steps that have begun

	mu     sync.Mutex // held during a step
	known  loss       // in Redis; 0 before the first step
	number string     // which number this process increases, as an offset for BITFIELD
	own    int64      // its value; 0 before its first step and after a loss
	err    error      // of the last step
}

// loss is when Redis was last found to have lost its memory. From the highest
// bit down, it contains the Unix time; one bit that says whether an empty Redis
// was taken for a new one at that time; and random bits, so that two losses
// differ.
type loss int64

const (
	lossTime    = 24
	lossAssumed = 1 << 23
	lossRandom  = lossAssumed - 1
	stepsKey    = "steps"

	numbers = 4096 // numbers in the key
)

// newNumber returns a random number for a process. Two processes with the same
// number may not notice a loss. The first one that notices this takes a new
// number.
func newNumber() string { return fmt.Sprint("#", 2+rand.N(numbers)) } //nolint:gosec // not secret

func (l loss) at() time.Time { return time.Unix(int64(l>>lossTime), 0) }
func (l loss) assumed() bool { return l&lossAssumed != 0 }

// bytes returns the loss as it is stored at the beginning of the key's value.
func (l loss) bytes() string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(l))) //nolint:gosec // not negative
}

// lossAt returns a loss at a time, which is rounded up.
func lossAt(at time.Time) loss {
	return loss(at.Unix()+1)<<lossTime | loss(rand.N[int64](lossRandom))
}

// lostAt returns when Redis was last found to have lost marks of the group. If
// it returns no error, a step protects all marks that were made before the
// call.
func (s *Store) lostAt(ctx context.Context, g *group) (time.Time, error) {
	h := &g.history
	before := h.begun.Load()
	h.mu.Lock()
	if h.begun.Load() == before { // otherwise a step has begun since the call, and has ended
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

// step increases the number of this process. If Redis has lost the last step,
// step writes a new loss, so that other machines notice too.
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
	case found == h.known && h.own != 0 && own > h.own+1: // another process has this number, or Do has repeated the command
		h.number, h.own = newNumber(), 0
		return s.step(ctx, g)
	default: // if it has changed, another machine has found a loss
		h.known, h.own = found, own
		return nil
	}
}

// inFuture reports whether a loss is so late that its time must be wrong. Up to
// an hour is allowed, because the clock of the machine that found the loss may
// be ahead: if each machine corrected the others, no proof would be accepted
// any more.
func inFuture(l loss) bool { return l.at().After(time.Now().Add(time.Hour)) }

// Initialize takes an empty Redis for a new one. Without it, a Redis that is
// empty when a proof arrives is taken for one that has lost its memory: under
// [Refuse], DPoP requests get 503, for about 80 seconds with the defaults.
// Initialize changes nothing in a Redis that is already in use.
//
// Call Initialize before the first request. If a program calls it at each start
// and Redis is emptied just before, then a proof that was used on another
// machine can be used again, until that machine handles its next proof. To
// exclude this, call Initialize only when Redis is set up.
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

// firstStep reads the loss, or writes one if the key is missing.
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
	if found.at().Unix() <= 0 || inFuture(found) { // not valid, or another machine has just found that the key is missing
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
