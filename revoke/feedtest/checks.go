package feedtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/revoke"
)

// maker makes revocations of one random issuer. The issuer distinguishes them
// from other revocations in the feed.
type maker struct {
	issuer string
	n      int
}

func newMaker() *maker { return &maker{issuer: "https://" + strings.ToLower(rand.Text()) + ".example"} }

// hour returns the time one hour from now, in whole seconds. It is still in the
// future when the suite ends.
func hour() time.Time { return time.Unix(time.Now().Unix()+3600, 0) }

// some returns n new revocations.
func (m *maker) some(n int) (all []revoke.Revocation) {
	for range n {
		m.n++
		all = append(all, revoke.Revocation{Issuer: m.issuer, Kind: revoke.Token, Value: fmt.Sprint("id-", m.n), Until: hour()})
	}
	return all
}

// read reads from a position to the end of the feed. It returns the maker's
// revocations and the position after them.
func (m *maker) read(ctx context.Context, feed revoke.Feed, after string) (own []revoke.Revocation, next string, err error) {
	for range 100_000 {
		batch, err := feed.Read(ctx, after)
		if err != nil {
			return nil, "", fmt.Errorf("Read returned the error %w, want no error", err)
		}
		for _, r := range batch.Revocations {
			if r.Issuer == m.issuer {
				own = append(own, r)
			}
		}
		if !batch.More {
			return own, batch.Next, nil
		}
		if batch.Next == after {
			return nil, "", errors.New("Read set More, but returned the position that it was given, want a later position")
		}
		after = batch.Next
	}
	return nil, "", errors.New("Read set More in 100000 answers one after another, want an end of the feed")
}

func publish(ctx context.Context, feed revoke.Feed, all []revoke.Revocation) error {
	if err := feed.Publish(ctx, all...); err != nil {
		return fmt.Errorf("Publish returned the error %w, want no error", err)
	}
	return nil
}

// differ returns an error unless the revocations are the wanted ones, in order.
func differ(got, want []revoke.Revocation, when string) error {
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		switch {
		case g.Kind != w.Kind || g.Value != w.Value:
			return fmt.Errorf("%s: revocation %d is %v %q, want %v %q", when, i, g.Kind, g.Value, w.Kind, w.Value)
		case g.Before.IsZero() != w.Before.IsZero(), g.Before.Unix() != w.Before.Unix():
			return fmt.Errorf("%s: Before of revocation %d is %v, want %v", when, i, g.Before, w.Before)
		case g.Until.Unix() != w.Until.Unix():
			return fmt.Errorf("%s: Until of revocation %d is %v, want %v", when, i, g.Until, w.Until)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%s: Read returned %d revocations of this check, want %d", when, len(got), len(want))
	}
	return nil
}

// wantAfter reads from a position to the end and compares the result with want.
func (m *maker) wantAfter(ctx context.Context, feed revoke.Feed, after string, want []revoke.Revocation, when string) (next string, err error) {
	got, next, err := m.read(ctx, feed, after)
	if err != nil {
		return "", fmt.Errorf("%s: %w", when, err)
	}
	return next, differ(got, want, when)
}

func published(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	all := m.some(1)
	for _, kind := range []revoke.Kind{revoke.Subject, revoke.Session, revoke.Client, revoke.Sessionless} {
		for _, before := range []time.Time{{}, time.Unix(0, 0), time.Unix(time.Now().Unix(), 0)} {
			all = append(all, revoke.Revocation{Issuer: m.issuer, Kind: kind, Value: "v", Before: before, Until: hour()})
		}
	}
	for _, value := range []string{
		"Alice", "alice", " spaces ", "line\nbreak", "nul\x00byte", `"quotes' and \`, "a|b:c,d;e=f*", "Zoë", "日本語", "\u2028", "-", "0", "null",
		strings.Repeat("x", 1024), strings.Repeat("é", 512),
	} {
		all = append(all, revoke.Revocation{Issuer: m.issuer, Kind: revoke.Subject, Value: value, Until: hour()})
	}
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) // the latest time that a List accepts
	all = append(all, revoke.Revocation{Issuer: m.issuer, Kind: revoke.Subject, Value: "last", Before: last, Until: last})
	if err := publish(ctx, feed, all); err != nil {
		return err
	}
	_, err := m.wantAfter(ctx, feed, "", all, "after Publish")
	return err
}

func publishNothing(ctx context.Context, feed revoke.Feed) error { return publish(ctx, feed, nil) }

func inOrder(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	var all []revoke.Revocation
	for _, n := range []int{1, 3, 1, 20, 2} {
		part := m.some(n)
		all = append(all, part...)
		if err := publish(ctx, feed, part); err != nil {
			return err
		}
	}
	_, err := m.wantAfter(ctx, feed, "", all, "after several calls of Publish")
	return err
}

func notConsumed(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	all := m.some(5)
	if err := publish(ctx, feed, all); err != nil {
		return err
	}
	for _, when := range []string{"the first reading", "the second reading", "the third reading"} {
		if _, err := m.wantAfter(ctx, feed, "", all, when); err != nil {
			return err
		}
	}
	return nil
}

func continues(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	position, err := m.wantAfter(ctx, feed, "", nil, "before Publish")
	if err != nil {
		return err
	}
	for i := range 5 {
		part := m.some(1 + i%3)
		if err := publish(ctx, feed, part); err != nil {
			return err
		}
		begin := position
		for _, when := range []string{"after the last position", "after the same position again"} {
			if position, err = m.wantAfter(ctx, feed, begin, part, when); err != nil {
				return err
			}
		}
	}
	return nil
}

func atEnd(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	if err := publish(ctx, feed, m.some(3)); err != nil {
		return err
	}
	_, position, err := m.read(ctx, feed, "")
	for range 5 {
		if err != nil {
			return err
		}
		if position == "" {
			return errors.New("Read returned revocations and the position of the beginning, want a later position")
		}
		position, err = m.wantAfter(ctx, feed, position, nil, "at the end")
	}
	return err
}

func long(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	var all []revoke.Revocation
	for range 10 {
		part := m.some(500)
		all = append(all, part...)
		if err := publish(ctx, feed, part); err != nil {
			return err
		}
	}
	_, err := m.wantAfter(ctx, feed, "", all, "after 5000 revocations")
	return err
}

func concurrent(ctx context.Context, feed revoke.Feed) error {
	const publishers, calls = 8, 100
	m := newMaker()
	want := m.some(publishers * calls)
	_, position, err := m.read(ctx, feed, "")
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	faults := make([]error, publishers)
	for i := range publishers {
		group.Go(func() {
			for j := range calls {
				if faults[i] == nil {
					faults[i] = publish(ctx, feed, want[i*calls+j:i*calls+j+1])
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		group.Wait()
		close(ended)
	}()
	seen := make(map[string]int)
	for last := false; ; {
		own, next, err := m.read(ctx, feed, position)
		if err != nil {
			<-ended
			return err
		}
		position = next
		for _, r := range own {
			seen[r.Value]++
		}
		if last {
			break
		}
		select {
		case <-ended:
			last = true
		case <-time.After(100 * time.Microsecond):
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, r := range want {
		if n := seen[r.Value]; n != 1 {
			return fmt.Errorf("a reader got a revocation %d times while %d goroutines published, want once", n, publishers)
		}
	}
	return nil
}

func canceled(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	part := m.some(1)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	errPublish := feed.Publish(stopped, part...)
	own, _, err := m.read(ctx, feed, "")
	switch {
	case err != nil:
		return err
	case errPublish == nil && len(own) == 0:
		return errors.New("Publish with a canceled context returned no error, but the revocation is missing")
	}
	if err := publish(ctx, feed, m.some(1)); err != nil {
		return err
	}
	if batch, err := feed.Read(stopped, ""); err == nil && !batch.More && len(batch.Revocations) == 0 {
		return errors.New("Read with a canceled context returned no revocations and no error, want an error")
	}
	return nil
}

func unknownPosition(ctx context.Context, feed revoke.Feed) error {
	if err := publish(ctx, feed, newMaker().some(1)); err != nil {
		return err
	}
	if _, err := feed.Read(ctx, "no position of this feed"); err == nil {
		return errors.New("Read after an unknown position returned no error, want one such as ErrGap")
	}
	return nil
}

func epoch(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	first, err := feed.Read(ctx, "")
	for range 5 {
		var batch revoke.Batch
		if err == nil {
			err = publish(ctx, feed, m.some(1))
		}
		if err == nil {
			batch, err = feed.Read(ctx, first.Next)
		}
		if err != nil {
			return err
		}
		if batch.Epoch != first.Epoch {
			return fmt.Errorf("the epoch changed from %q to %q, want the same", first.Epoch, batch.Epoch)
		}
	}
	return nil
}

func aliases(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	all := m.some(2)
	given := append([]revoke.Revocation(nil), all...)
	if err := publish(ctx, feed, given); err != nil {
		return err
	}
	clear(given)
	batch, err := feed.Read(ctx, "")
	if err != nil {
		return err
	}
	clear(batch.Revocations)
	_, err = m.wantAfter(ctx, feed, "", all, "after a caller changed its slices")
	return err
}

func kept(ctx context.Context, feed revoke.Feed) error {
	m := newMaker()
	soon := time.Unix(time.Now().Unix()+2, 0)
	all, ends := m.some(4), m.some(3)
	for i := range ends {
		ends[i].Until = soon
	}
	for _, part := range [][]revoke.Revocation{all[:1], ends[:1], all[1:2], ends[1:], all[2:3]} {
		if err := publish(ctx, feed, part); err != nil {
			return err
		}
	}
	if err := suite.Wait(ctx, soon.Add(500*time.Millisecond)); err != nil {
		return err
	}
	if err := publish(ctx, feed, all[3:]); err != nil { // the feed may now remove the revocations that have ended
		return err
	}
	got, _, err := m.read(ctx, feed, "")
	if err != nil {
		return err
	}
	var inForce []revoke.Revocation
	for _, r := range got {
		if r.Until.After(soon) {
			inForce = append(inForce, r)
		}
	}
	return differ(inForce, all, "after others have ended")
}
