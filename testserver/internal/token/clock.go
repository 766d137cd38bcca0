package token

import (
	"sync/atomic"
	"time"
)

// Clock is the server's clock: a base clock and an offset that Advance changes.
type Clock struct {
	base   func() time.Time
	offset atomic.Int64
}

// NewClock returns a Clock whose base clock is base; nil means time.Now.
func NewClock(base func() time.Time) *Clock {
	if base == nil {
		base = time.Now
	}
	return &Clock{base: base}
}

// Now returns the current time of the clock.
func (c *Clock) Now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Advance moves the clock by d, backwards if d is negative.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
