package redisstore

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// history detects that Redis has lost marks of a group, because it was emptied,
// has restarted without its data or with old data, or another node without the
// last writes took over. A key in the same hash slot as the marks shows this.
// It contains a loss and then numbers of 32 bits, of which each process
// increases one after each mark. The loss must not change, and the number must
// never go back. With one number for all, a process would not notice that its
// last step is missing if others have made as many since then.
//
// Callers share a step. A step is valid for all marks that were made before it
// began.
type history struct {
	begun atomic.Uint64 // steps that have begun

	mu    sync.Mutex // held during a step
	known loss       // in Redis; 0 before the first step
	own   int64      // the number of this process; 0 before the first step and after a loss
	err   error      // of the last step
}

// loss is when Redis was last found to have lost its memory. From the top: the
// Unix time; in one bit, whether an empty Redis was taken for a new one at that
// time; and random bits, so that two losses differ.
type loss int64

const (
	lossTime    = 24
	lossAssumed = 1 << 23
	lossRandom  = lossAssumed - 1
	stepsKey    = "steps"

	// numbers is how many processes have numbers of their own. A process
	// chooses one at random. Two that have the same may notice a loss too late.
	numbers = 4096
)

func (l loss) at() time.Time { return time.Unix(int64(l>>lossTime), 0) }
func (l loss) assumed() bool { return l&lossAssumed != 0 }

// bytes returns the first bytes of the key.
func (l loss) bytes() string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(l))) //nolint:gosec // not negative
}

// lossAt returns a loss at a time, which is rounded up.
func lossAt(at time.Time) loss {
	return loss(at.Unix()+1)<<lossTime | loss(rand.N[int64](lossRandom))
}

// lostAt returns when Redis was last found to have lost marks of the group. The
// result covers all marks that were made before the call.
func (s *Store) lostAt(ctx context.Context, g *group) (time.Time, error) {
	h := &g.history
	before := h.begun.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun.Load() == before { // otherwise a step has begun since the call, and has ended
		h.begun.Add(1)
		h.err = s.step(ctx, g)
	}
	return h.known.at(), h.err
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
	answer, err := s.do(ctx, g, "BITFIELD", stepsKey, "GET", "i64", "0", "INCRBY", "u32", s.number, "1")
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
		found != h.known && (found.assumed() || found.at().Before(h.known.at()) || found.at().After(time.Now().Add(time.Minute))):
		return s.setLost(ctx, g)
	default: // if it has changed, another machine has found a loss
		h.known, h.own = found, own
	}
	s.extend(ctx, g, stepsKey)
	return nil
}

// Initialize takes an empty Redis for a new one. Without it, a Redis that is
// empty when a proof arrives is taken for one that has lost its memory: under
// [Refuse], DPoP requests get 503, for a minute with the defaults. Initialize
// changes nothing in a Redis that is already in use.
//
// Call it before the first request. If a program calls it at each start and
// Redis is emptied just before, then a proof that was used on another machine
// can be used again, until that machine handles its next proof. To exclude
// this, call it only when Redis is set up.
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
	found, err := text(answer)
	if err != nil {
		return err
	}
	if len(found) >= 8 {
		g.history.known = loss(binary.BigEndian.Uint64([]byte(found))) //nolint:gosec // an overflow is a loss
	}
	if at := g.history.known.at(); at.Unix() <= 0 || at.After(time.Now().Add(time.Minute)) { // another machine has just found that the key is missing
		return s.setLost(ctx, g)
	}
	return nil
}

// setLost writes a loss that is found now.
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
