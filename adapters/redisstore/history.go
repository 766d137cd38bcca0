package redisstore

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// history detects that Redis has lost marks of a group, because it was emptied,
// has restarted without its data or with old data, or another node without the
// last writes took over. A counter in the same hash slot as the marks shows
// this: it is increased after each mark, and must never go back.
//
// Callers share a step of the counter. A step is valid for all marks that were
// made before it began.
type history struct {
	begun atomic.Uint64 // steps that have begun

	mu    sync.Mutex // held during a step
	known counter    // the last value; 0 before the first step
	err   error      // of the last step
}

// counter is the value in Redis. From the top: the Unix time at which Redis was
// last found to have lost its memory, in 32 bits; whether an empty Redis was
// taken for a new one at that time, in one bit; and a count of steps in 30
// bits. An overflow of the count only means a few seconds more.
type counter int64

const (
	counterTime    = 31
	counterAssumed = 1 << 30
	counterKey     = "steps"
)

func (c counter) lostAt() time.Time { return time.Unix(int64(c>>counterTime), 0) }
func (c counter) assumed() bool     { return c&counterAssumed != 0 }

// lostNow returns the counter for a loss that is found now.
func lostNow() counter { return counter(time.Now().Unix()+1) << counterTime } // rounded up

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
	return h.known.lostAt(), h.err
}

// step increases the counter. If the value does not follow the last one, step
// sets the counter to the current time, so that other machines notice too.
func (s *Store) step(ctx context.Context, g *group) error {
	known := g.history.known
	if known == 0 {
		return s.firstStep(ctx, g, lostNow())
	}
	answer, err := s.do(ctx, g, "INCR", counterKey)
	if err != nil {
		return err
	}
	value, ok := answer.(int64)
	if !ok {
		return errAnswer
	}
	next := counter(value)
	if next <= known || next.assumed() && next.lostAt() != known.lostAt() {
		return s.setLost(ctx, g)
	}
	g.history.known = next
	s.extend(ctx, g, counterKey)
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
	window := counter(s.config.ProofWindow/time.Second + 2)
	fresh := lostNow() - window<<counterTime | counterAssumed
	for _, g := range s.groups {
		if err := s.initialize(ctx, g, fresh); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) initialize(ctx context.Context, g *group, fresh counter) error {
	g.history.mu.Lock()
	defer g.history.mu.Unlock()
	if g.history.known != 0 {
		return nil
	}
	return s.firstStep(ctx, g, fresh)
}

// firstStep reads the counter, or sets it to a value if it is missing.
func (s *Store) firstStep(ctx context.Context, g *group, fresh counter) error {
	answer, err := s.do(ctx, g, "SET", counterKey, fresh.String(), "NX", "GET", "PX", milliseconds(lastingFor))
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
	value, err := strconv.ParseInt(found, 10, 64)
	if err != nil {
		return errAnswer
	}
	if value < 1<<counterTime { // another machine has just found that the counter is missing
		return s.setLost(ctx, g)
	}
	g.history.known = counter(value)
	return nil
}

// setLost sets the counter to a loss that is found now.
func (s *Store) setLost(ctx context.Context, g *group) error {
	fresh := lostNow()
	if _, err := s.do(ctx, g, "SET", counterKey, fresh.String(), "PX", milliseconds(lastingFor)); err != nil {
		return err
	}
	g.history.known = fresh
	s.noteLoss(ctx)
	return nil
}

func (s *Store) noteLoss(ctx context.Context) {
	s.counted.losses.Add(1)
	s.note(ctx, lost)
}

func (c counter) String() string { return strconv.FormatInt(int64(c), 10) }
