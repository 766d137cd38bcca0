package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/bearerguard/bearerguard/revoke"
)

// Keys and limits of the feed.
const (
	streamKey  = "stream"
	epochKey   = "epoch"
	maxEntry   = 64  // revocations in an entry of the stream
	maxEntries = 256 // entries in a Batch
)

// Publish implements [revoke.Feed]. Revocations that have ended are left out. A
// revocation without Until, or with one that is further away than
// Config.LongestRevocation, is an error; then nothing is published.
func (s *Store) Publish(ctx context.Context, revocations ...revoke.Revocation) error {
	now := time.Now()
	for _, r := range revocations {
		if r.Until.IsZero() || r.Until.Sub(now) > s.config.LongestRevocation {
			return fmt.Errorf("redisstore: Until of a revocation must be set, and at most LongestRevocation, %v, away", s.config.LongestRevocation)
		}
	}
	current := slices.DeleteFunc(slices.Clone(revocations), func(r revoke.Revocation) bool { return !r.Until.After(now) })
	for entry := range slices.Chunk(current, maxEntry) {
		if err := s.append(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// append adds an entry to the stream, and removes entries whose revocations
// have all ended. It compares only times of Redis, so clocks do not matter.
func (s *Store) append(ctx context.Context, entry []revoke.Revocation) error {
	value, err := json.Marshal(entry)
	if err != nil {
		return errors.New("redisstore: a revocation is not valid UTF-8, or has a year above 9999")
	}
	g := &s.feed
	answer, err := s.do(ctx, g, "XADD", streamKey, "*", "revocations", s.keys[0].seal(g.tag+streamKey, value))
	if err != nil {
		return err
	}
	id, err := text(answer)
	if err != nil {
		return err
	}
	added, err := addedAt(id)
	if err != nil {
		return err
	}
	longest := s.config.LongestRevocation
	if _, err = s.do(ctx, g, "PEXPIRE", streamKey, milliseconds(longest)); err != nil {
		return err
	}
	_, err = s.do(ctx, g, "XTRIM", streamKey, "MINID", strconv.FormatInt(added.Add(-longest).UnixMilli(), 10))
	return err
}

// position is where a reader of the stream is.
type position struct {
	id    string // of the last entry that was read, or "" before the first
	epoch string // when it was read, or "" at the beginning
}

var positionSyntax = regexp.MustCompile(`^(?:(\d{1,20}-\d{1,20})?@([A-Z2-7]{26}))?$`)

// Read implements [revoke.Feed].
//
// The entry at the position must still be there. If it is not, entries after it
// may be missing too, for example because a node without the last writes took
// over. Read then changes the epoch, so that every machine publishes what it
// knows.
func (s *Store) Read(ctx context.Context, after string) (revoke.Batch, error) {
	parts := positionSyntax.FindStringSubmatch(after)
	if parts == nil {
		return revoke.Batch{}, revoke.ErrGap
	}
	from := position{parts[1], parts[2]}
	entries, err := s.entries(ctx, from.id)
	if err != nil {
		return revoke.Batch{}, err
	}
	epoch, err := s.epoch(ctx, "NX")
	if err != nil {
		return revoke.Batch{}, err
	}
	if from.epoch != "" && from.epoch != epoch {
		return revoke.Batch{}, revoke.ErrGap
	}
	if from.id != "" {
		if len(entries) == 0 || entries[0].id != from.id {
			return revoke.Batch{}, s.gap(ctx, from.id)
		}
		entries = entries[1:]
	}
	batch := revoke.Batch{Epoch: epoch}
	if batch.More = len(entries) > maxEntries; batch.More {
		entries = entries[:maxEntries]
	}
	for _, e := range entries {
		from.id = e.id
		if value, ok := s.open(ctx, s.feed.tag+streamKey, e.sealed); ok {
			var revocations []revoke.Revocation
			if json.Unmarshal(value, &revocations) == nil { //nolint:forbidigo // sealed by a machine of the fleet
				batch.Revocations = append(batch.Revocations, revocations...)
			}
		}
	}
	batch.Next = from.id + "@" + epoch
	return batch, nil
}

// gap returns the error for an entry that is missing. If its revocations cannot
// have ended, gap changes the epoch.
func (s *Store) gap(ctx context.Context, id string) error {
	if added, err := addedAt(id); err == nil && time.Since(added) > s.config.LongestRevocation {
		return revoke.ErrGap
	}
	if _, err := s.epoch(ctx, "XX"); err != nil {
		return err
	}
	s.noteLoss(ctx)
	return revoke.ErrGap
}

// addedAt returns when an entry was added, by the clock of Redis.
func addedAt(id string) (time.Time, error) {
	milli, _, _ := strings.Cut(id, "-")
	added, err := strconv.ParseInt(milli, 10, 64)
	if err != nil {
		return time.Time{}, errAnswer
	}
	return time.UnixMilli(added), nil
}

// epoch returns the epoch. With "NX" it makes the epoch if it is missing, with
// "XX" it changes it.
func (s *Store) epoch(ctx context.Context, condition string) (string, error) {
	fresh := rand.Text()
	answer, err := s.do(ctx, &s.feed, "SET", epochKey, fresh, condition, "GET", "PX", milliseconds(lastingFor))
	if err != nil || answer == nil {
		return fresh, err
	}
	s.extend(ctx, &s.feed, epochKey)
	epoch, err := text(answer)
	if err == nil && !positionSyntax.MatchString("@"+epoch) {
		err = errAnswer
	}
	return epoch, err
}

// entry is an entry of the stream.
type entry struct{ id, sealed string }

// entries returns the first entries from an ID on, or from the beginning.
func (s *Store) entries(ctx context.Context, from string) ([]entry, error) {
	if from == "" {
		from = "-"
	}
	answer, err := s.do(ctx, &s.feed, "XRANGE", streamKey, from, "+", "COUNT", strconv.Itoa(maxEntries+2))
	if err != nil || answer == nil {
		return nil, err
	}
	list, ok := answer.([]any)
	if !ok {
		return nil, errAnswer
	}
	entries := make([]entry, len(list))
	for i, item := range list {
		pair, _ := item.([]any)
		if len(pair) != 2 {
			return nil, errAnswer
		}
		if entries[i].id, err = text(pair[0]); err != nil {
			return nil, err
		}
		if fields, _ := pair[1].([]any); len(fields) == 2 { // otherwise the value does not open
			entries[i].sealed, _ = text(fields[1])
		}
	}
	return entries, nil
}
