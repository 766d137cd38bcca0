package token

import (
	"sync/atomic"
	"time"
)

// Clock is the server's own time: a base that runs and an offset that Advance
// adds to.
type Clock struct {
	base   func() time.Time
	offset atomic.Int64
}

// NewClock runs on base, nil meaning time.Now.
func NewClock(base func() time.Time) *Clock {
	if base == nil {
		base = time.Now
	}
	return &Clock{base: base}
}

// Now is the time that tokens are issued at.
func (c *Clock) Now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Advance moves the clock by d, backwards if d is negative.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
