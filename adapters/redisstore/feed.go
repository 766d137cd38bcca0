package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
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

// Publish implements [revoke.Feed]. Revocations that have ended are left out.
func (s *Store) Publish(ctx context.Context, revocations ...revoke.Revocation) error {
	now := time.Now()
	current := slices.DeleteFunc(slices.Clone(revocations), func(r revoke.Revocation) bool { return !r.Until.After(now) })
	if len(current) == 0 {
		return nil
	}
	for part := range slices.Chunk(current, maxEntry) {
		if err := s.append(ctx, part); err != nil {
			return err
		}
	}
	return s.trim(ctx)
}

// append adds an entry to the stream. The stream lasts as long as the last of
// its revocations.
func (s *Store) append(ctx context.Context, revocations []revoke.Revocation) error {
	value, err := json.Marshal(revocations)
	if err != nil {
		return errors.New("redisstore: a revocation is not valid UTF-8, or has a year above 9999")
	}
	g := &s.feed
	if _, err := s.do(ctx, g, "XADD", streamKey, "*", "revocations", s.keys[0].seal(g.tag+streamKey, value)); err != nil {
		return err
	}
	last := slices.MaxFunc(revocations, func(a, b revoke.Revocation) int { return a.Until.Compare(b.Until) }).Until
	for _, condition := range []string{"NX", "GT"} { // GT does not apply to a key without a lifetime
		if _, err := s.do(ctx, g, "PEXPIREAT", streamKey, strconv.FormatInt(last.UnixMilli()+1, 10), condition); err != nil {
			return err
		}
	}
	return nil
}

// trim removes the first entries if all their revocations have ended. It keeps
// those at which a reader may be: the entries of the last minute, and the one
// before them.
func (s *Store) trim(ctx context.Context) error {
	entries, err := s.entries(ctx, "")
	if err != nil {
		return err
	}
	now, keep := time.Now(), ""
	for i, e := range entries {
		revocations, ok := s.read(ctx, e)
		inForce := slices.ContainsFunc(revocations, func(r revoke.Revocation) bool { return r.Until.After(now) })
		if ok && inForce || i+1 == len(entries) || addedAt(entries[i+1].id).After(now.Add(-time.Minute)) {
			keep = e.id
			break
		}
	}
	if keep == "" || keep == entries[0].id {
		return nil
	}
	_, err = s.do(ctx, &s.feed, "XTRIM", streamKey, "MINID", keep)
	return err
}

// read returns the revocations of an entry, or false if it was not sealed with
// the secret.
func (s *Store) read(ctx context.Context, e entry) (revocations []revoke.Revocation, ok bool) {
	value, ok := s.open(ctx, s.feed.tag+streamKey, e.sealed)
	if !ok {
		return nil, false
	}
	err := json.Unmarshal(value, &revocations)
	return revocations, err == nil
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
			if _, err := s.epoch(ctx, "XX"); err != nil {
				return revoke.Batch{}, err
			}
			s.noteLoss(ctx)
			return revoke.Batch{}, revoke.ErrGap
		}
		entries = entries[1:]
	}
	batch := revoke.Batch{Epoch: epoch}
	if batch.More = len(entries) > maxEntries; batch.More {
		entries = entries[:maxEntries]
	}
	for _, e := range entries {
		from.id = e.id
		if revocations, ok := s.read(ctx, e); ok {
			batch.Revocations = append(batch.Revocations, revocations...)
		}
	}
	batch.Next = from.id + "@" + epoch
	return batch, nil
}

// addedAt returns when an entry was added, by the clock of Redis.
func addedAt(id string) time.Time {
	milli, _, _ := strings.Cut(id, "-")
	added, _ := strconv.ParseInt(milli, 10, 64) // Redis makes IDs
	return time.UnixMilli(added)
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
