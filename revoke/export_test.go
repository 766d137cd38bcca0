package revoke

import (
	"context"
	"time"
)

// Reader reads the feed of a list as Run does, with the clock of a test.
type Reader struct{ reader *reader }

func NewReader(l *List) Reader {
	r := &reader{list: l}
	r.restart()
	return Reader{r}
}

// Poll does one round of Run at the time now: it checks the clock, reads one
// batch and removes expired entries.
func (r Reader) Poll(ctx context.Context, now time.Time) error {
	r.reader.checkClock(now)
	_, err := r.reader.poll(ctx)
	r.reader.list.entries.expire(now.Unix(), removedPerPoll)
	return err
}
