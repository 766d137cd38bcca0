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
	streamKey = "stream"
	epochKey  = "epoch"
	maxEntry  = 64 // maximum revocations per stream entry
	trimmed   = 3  // trim checks this many entries per added entry; 1 would not shrink the stream

	// Each Read returns a limited number of entries. The limit is between
	// minEntries and maxEntries. It rises while Redis is fast, so that a long
	// feed is read quickly. After an error, it falls to minEntries, because the
	// entries must arrive within Config.Timeout.
	minEntries = 16
	maxEntries = 512
)

// Publish implements [revoke.Feed]. It skips revocations that have already
// ended.
func (s *Store) Publish(ctx context.Context, revocations ...revoke.Revocation) error {
	now := time.Now()
	current := slices.DeleteFunc(slices.Clone(revocations), func(r revoke.Revocation) bool { return !r.Until.After(now) })
	if len(current) == 0 {
		return nil
	}
	for part := range slices.Chunk(current, maxEntry) {
		s.trim(ctx) // makes room first, in case Redis is full
		if err := s.addEntry(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// addEntry adds an entry to the stream.
func (s *Store) addEntry(ctx context.Context, revocations []revoke.Revocation) error {
	value, err := json.Marshal(revocations)
	if err != nil {
		return errors.New("redisstore: a revocation is not valid UTF-8, or has a year above 9999")
	}
	last := slices.MaxFunc(revocations, func(a, b revoke.Revocation) int { return a.Until.Compare(b.Until) }).Until
	e := entry{until: strconv.FormatInt(last.UnixMilli()+1, 10)}
	e.sealed = s.keys[0].seal(s.sealedAs(e), value)
	if _, err := s.do(ctx, s.feed, "XADD", streamKey, "*", "until", e.until, "revocations", e.sealed); err != nil {
		return err
	}
	return s.extendStream(ctx, max(time.Until(last), lastingFor))
}

// extendStream extends the lifetime of the stream to at least d.
func (s *Store) extendStream(ctx context.Context, d time.Duration) error {
	for _, condition := range []string{"NX", "GT"} { // GT does not apply to a key without a lifetime
		if _, err := s.do(ctx, s.feed, "PEXPIRE", streamKey, milliseconds(d), condition); err != nil {
			return err
		}
	}
	return nil
}

// trim checks a few entries and removes those whose revocations have ended. It
// keeps the entries that were added in the last hour, and the entry before
// them: one of these entries may be the position of a reader that has read the
// whole feed. Each call continues where the previous call stopped. An entry
// with a late end therefore does not prevent the removal of later entries. If
// trim fails, this only delays the removal.
func (s *Store) trim(ctx context.Context) {
	entries, err := s.entries(ctx, *s.swept.Load(), trimmed+1)
	if err != nil {
		return
	}
	next, now, ended := "", time.Now(), []any{}
	for i, e := range entries[:max(0, len(entries)-1)] {
		next = entries[i+1].id
		if e.ended(now) && addedAt(next).Before(now.Add(-time.Hour)) {
			ended = append(ended, e.id)
		}
	}
	if len(entries) <= trimmed { // the end
		next = ""
	}
	s.swept.Store(&next)
	if len(ended) > 0 {
		_, _ = s.do(ctx, s.feed, "XDEL", streamKey, ended...)
	}
}

// entry is an entry of the stream. Its end time, until, is not encrypted,
// because machines with another secret also need it. They must not delete the
// entry before that time, and can ignore the entry afterwards.
type entry struct {
	id     string
	until  string // latest end of a revocation, as Unix time in milliseconds
	sealed string
}

// ended reports whether all revocations of an entry ended more than an hour
// ago. The hour allows for differences between the clocks of machines. An entry
// without a valid end time is kept for 30 days and an hour.
func (e entry) ended(now time.Time) bool {
	last := addedAt(e.id).Add(lastingFor)
	if until, err := strconv.ParseInt(e.until, 10, 64); err == nil {
		last = time.UnixMilli(until)
	}
	return now.After(last.Add(time.Hour))
}

// place identifies an entry by its ID and the random nonce at the beginning of
// its sealed value. The ID alone is not enough: after a failover, a node whose
// clock is behind may reuse the IDs of lost entries.
func (e entry) place() string { return fmt.Sprintf("%s:%.8x", e.id, e.sealed) }

// sealedAs returns the name to which the sealed value of an entry is bound.
func (s *Store) sealedAs(e entry) string { return s.feed.tag + streamKey + ":" + e.until }

// read returns the revocations of an entry, or false if they cannot be read.
func (s *Store) read(ctx context.Context, e entry) (revocations []revoke.Revocation, ok bool) {
	value, ok := s.open(ctx, s.sealedAs(e), e.sealed)
	if !ok {
		return nil, false
	}
	if err := json.Unmarshal(value, &revocations); err != nil {
		s.reject(ctx)
		return nil, false
	}
	return revocations, true
}

// position is the parsed position of a reader in the stream.
type position struct {
	place string // the place of the last entry that was read, or ""
	id    string // the ID of this entry
	more  string // "+" if more entries followed
	epoch string // epoch at the previous Read; "" if there was none
}

var positionSyntax = regexp.MustCompile(`^(?:((\d{1,20}-\d{1,20}):[0-9a-f]{0,16})?(\+?)@([A-Z2-7]{26}))?$`)

// Read implements [revoke.Feed].
//
// If the entry at the reader's position is missing, later entries may be
// missing, too. This happens, for example, after a failover to a node without
// the last writes. Read then returns [revoke.ErrGap]. It also tries to change
// the epoch, so that every machine publishes the revocations that it has in
// memory. Read does not change the epoch if the reader had not reached the end
// of the stream: in that case, the entry may have been removed because its
// revocations had ended.
//
// If an entry was sealed with neither Secret nor OtherSecret, Read returns a
// zero Revocation in its place. A [revoke.List] treats a zero Revocation as
// lag: see revoke.Config.OnLag.
func (s *Store) Read(ctx context.Context, after string) (revoke.Batch, error) {
	parts := positionSyntax.FindStringSubmatch(after)
	if parts == nil {
		return revoke.Batch{}, revoke.ErrGap
	}
	from := position{place: parts[1], id: parts[2], more: parts[3], epoch: parts[4]}
	n, began := int(s.perRead.Load()), time.Now()
	entries, err := s.entries(ctx, from.id, n+2) // +2: the entry at the position and one to set More
	if err != nil {
		s.perRead.Store(minEntries)
		return revoke.Batch{}, err
	}
	fast := time.Since(began) < s.config.Timeout/4
	epoch, err := s.epoch(ctx)
	if err != nil {
		return revoke.Batch{}, err
	}
	if from.epoch != "" && from.epoch != epoch {
		return revoke.Batch{}, revoke.ErrGap
	}
	if from.place != "" {
		if len(entries) == 0 || entries[0].place() != from.place {
			if from.more == "" {
				_, _ = s.newEpoch(ctx, "XX") // if Redis is full, this fails, and only this machine publishes
			}
			return revoke.Batch{}, revoke.ErrGap
		}
		entries = entries[1:]
	}
	batch := revoke.Batch{Epoch: epoch}
	from.more = ""
	if batch.More = len(entries) > n; batch.More {
		entries, from.more = entries[:n], "+"
		if fast {
			s.perRead.Store(min(2*int64(n), maxEntries))
		}
	}
	for now := time.Now(); len(entries) > 0; entries = entries[1:] {
		from.place = entries[0].place()
		if entries[0].ended(now) {
			continue
		}
		revocations, ok := s.read(ctx, entries[0])
		if !ok {
			revocations = []revoke.Revocation{{}}
		}
		batch.Revocations = append(batch.Revocations, revocations...)
	}
	batch.Next = from.place + from.more + "@" + epoch
	return batch, nil
}

// addedAt returns when an entry was added, by the clock of Redis.
func addedAt(id string) time.Time {
	milli, _, _ := strings.Cut(id, "-")
	added, _ := strconv.ParseInt(milli, 10, 64) // Redis makes valid IDs
	return time.UnixMilli(added)
}

// epoch returns the epoch of the feed, and creates one if the epoch is missing
// or not valid. It reads the epoch with GETEX, which is a write command: a
// replica rejects the command, but a full Redis allows it.
func (s *Store) epoch(ctx context.Context) (string, error) {
	answer, err := s.do(ctx, s.feed, "GETEX", epochKey, "PX", milliseconds(lastingFor))
	if err != nil {
		return "", err
	}
	if answer == nil {
		return s.newEpoch(ctx, "NX")
	}
	if s.feed.extensionDue() {
		_ = s.extendStream(ctx, lastingFor)
	}
	epoch, err := text(answer)
	if err == nil && !positionSyntax.MatchString("@"+epoch) {
		return s.newEpoch(ctx, "XX")
	}
	return epoch, err
}

// newEpoch stores and returns a new epoch. With "NX", it stores the epoch only
// if none exists, and otherwise returns the existing epoch. With "XX", it
// stores the epoch only if one exists.
func (s *Store) newEpoch(ctx context.Context, condition string) (string, error) {
	fresh := rand.Text()
	answer, err := s.do(ctx, s.feed, "SET", epochKey, fresh, condition, "GET", "PX", milliseconds(lastingFor))
	if err != nil || answer == nil || condition == "XX" {
		return fresh, err
	}
	return text(answer)
}

// entries returns at most n entries of the stream. It begins at the given ID,
// or at the beginning of the stream if the ID is "".
func (s *Store) entries(ctx context.Context, from string, n int) ([]entry, error) {
	if from == "" {
		from = "-"
	}
	answer, err := s.do(ctx, s.feed, "XRANGE", streamKey, from, "+", "COUNT", strconv.Itoa(n))
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
		if fields, _ := pair[1].([]any); len(fields) == 4 { // otherwise the entry cannot be read
			entries[i].until, _ = text(fields[1])
			entries[i].sealed, _ = text(fields[3])
		}
	}
	return entries, nil
}
