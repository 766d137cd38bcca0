package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// Nonces issues nonces and recognizes them again (RFC 9449 §9). It stores
// nothing for each nonce: a nonce is an HMAC of the current period. A Nonces
// prints as "[redacted]", and is safe for concurrent use. A nil or zero Nonces
// issues "" and accepts nothing.
type Nonces struct {
	state *nonceState // a pointer, so that copies share the state
}

type nonceState struct {
	secret []byte
	period int64   // in seconds
	faults []error // the faults of the constructor's arguments
	window atomic.Pointer[window]
}

// window contains the nonces that are accepted during one period: those of the
// previous, the current and the next period.
type window struct {
	counter int64 // Unix time divided by the period
	nonces  [3][nonceLength]byte
	issued  string // the nonce of this period
}

const (
	minSecret   = 32
	minPeriod   = time.Second
	maxPeriod   = 10 * time.Minute
	nonceBytes  = 16
	nonceLength = (nonceBytes*8 + 5) / 6 // in base64url
	nonceLabel  = "bearerguard dpop nonce v1"
)

// NewNonces returns nonces that change once a period. A nonce is accepted in
// its own period, in the period before and in the period after. A client can
// therefore use a nonce for one to two periods after it was issued. The clocks
// of the machines may differ by up to a period.
//
// All machines that serve one API need the same secret and period. They then
// issue and accept the same nonces without contacting each other. The secret
// must contain at least 32 random bytes, which NewNonces copies. The period
// must be a whole number of seconds from 1 to 600.
//
// If an argument is wrong, the Nonces issues "" and accepts nothing, and
// [Policy.Complete] returns an error.
func NewNonces(secret []byte, period time.Duration) *Nonces {
	s := &nonceState{secret: slices.Clone(secret), period: int64(period / time.Second)}
	fault := func(format string, args ...any) { s.faults = append(s.faults, fmt.Errorf(format, args...)) }
	if len(secret) < minSecret {
		fault("the secret of NewNonces has %d bytes: use at least %d random bytes", len(secret), minSecret)
	}
	if period < minPeriod || period > maxPeriod || period%time.Second != 0 {
		fault("the period of NewNonces is %v: use whole seconds from %v to %v", period, minPeriod, maxPeriod)
	}
	return &Nonces{state: s}
}

// Issue returns the nonce for a DPoP-Nonce field. All calls within a period
// return the same nonce.
func (n *Nonces) Issue(now time.Time) string {
	w := n.at(now)
	if w == nil {
		return ""
	}
	return w.issued
}

// Accept reports whether a nonce from a proof is valid now. If ok is false, the
// other results are zero.
//
// until is the time at which this machine stops accepting the nonce. Replays of
// the proof must be detected until that time. If several machines share a
// [Replay], add the largest difference between the clocks of the machines to
// this time. newest is false if the client should receive the newer nonce that
// [Nonces.Issue] returns.
//
// The comparison takes the same time for every nonce of the right length.
func (n *Nonces) Accept(now time.Time, nonce string) (until time.Time, newest, ok bool) {
	w := n.at(now)
	if w == nil || len(nonce) != nonceLength {
		return time.Time{}, false, false
	}
	var given [nonceLength]byte
	copy(given[:], nonce)
	found, index := 0, 0
	for i := range w.nonces { // no early exit: the time must not depend on the match
		same := subtle.ConstantTimeCompare(given[:], w.nonces[i][:])
		found |= same
		index = subtle.ConstantTimeSelect(same, i, index)
	}
	if found == 0 {
		return time.Time{}, false, false
	}
	counter := w.counter + int64(index) - 1
	return time.Unix((counter+2)*n.state.period, 0), counter >= w.counter, true
}

// at returns the nonces of the current period, or nil if there are none.
func (n *Nonces) at(now time.Time) *window {
	if n == nil || n.state == nil || len(n.state.faults) > 0 {
		return nil
	}
	s := n.state
	counter := now.Unix() / s.period
	if w := s.window.Load(); w != nil && w.counter == counter {
		return w
	}
	w := &window{counter: counter}
	for i := range w.nonces {
		s.write(&w.nonces[i], counter+int64(i)-1)
	}
	w.issued = string(w.nonces[1][:])
	s.window.Store(w) // concurrent callers may each store a window, but all windows of one period are equal
	return w
}

// write computes the nonce of a period. The HMAC includes a label, so that
// nonces differ from other values that are made with the secret. The HMAC also
// includes the length of the period, so that configurations with different
// lengths have different nonces.
func (s *nonceState) write(nonce *[nonceLength]byte, counter int64) {
	mac := hmac.New(sha256.New, s.secret)
	message := append([]byte(nonceLabel), 0)
	message = binary.BigEndian.AppendUint64(message, uint64(s.period)) //nolint:gosec // between 1 and 600
	message = binary.BigEndian.AppendUint64(message, uint64(counter))  //nolint:gosec // any two counters remain different
	mac.Write(message)
	base64.RawURLEncoding.Encode(nonce[:], mac.Sum(nil)[:nonceBytes])
}

// check returns the faults of the constructor's arguments.
func (n *Nonces) check() []error {
	if n.state == nil {
		return []error{errors.New("the zero value accepts nothing: use NewNonces")}
	}
	return n.state.faults
}

// Format implements [fmt.Formatter]. It prints "[redacted]" for every verb.
func (Nonces) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (Nonces) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler]. It returns "[redacted]",
// because some loggers encode values as JSON.
func (Nonces) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

const redacted = "[redacted]"
