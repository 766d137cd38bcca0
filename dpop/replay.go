package dpop

import (
	"context"
	"errors"
	"time"
)

// Replay records which proofs were used. Machines that serve one API can share
// one Replay, for example in Redis. Package replaytest tests implementations.
//
// Implementations must be safe for concurrent use. An implementation that also
// has the method FirstOf of [Memory] can limit the replay entries of each
// client. The verifier then calls FirstOf instead of First. A wrapper of a
// Memory needs both methods.
type Replay interface {
	// First stores a replay entry for a key until the given time, and reports
	// whether the key had no entry before. It is atomic: of concurrent calls
	// for one key, exactly one returns true. A call that returns false changes
	// nothing: in particular, it does not shorten the lifetime of the entry.
	//
	// The key is a hash. Its bytes can have any value, so a store for text
	// needs an encoding such as hexadecimal. If the store counts whole seconds,
	// it must round the given time up. If the given time has passed, First must
	// return an error, because the entry would expire at once.
	//
	// If First cannot determine whether the key has an entry, it returns false
	// and an error. The verifier then responds with 503.
	First(ctx context.Context, key [32]byte, until time.Time) (bool, error)
}

// Off is a Replay that stores nothing: a proof can be used any number of times
// until it is too old. Because Off must be set by name, a reader of the
// configuration sees that the protection is disabled.
var Off Replay = off{}

type off struct{}

func (off) First(context.Context, [32]byte, time.Time) (bool, error) { return true, nil }

// ErrFull is returned by a [Memory] that has no room for another replay entry.
// The entry was not stored.
var ErrFull = errors.New("dpop: the memory of used proofs is full")

// ErrQuota is returned by a [Memory] for a client that already has a quarter of
// the replay entries. The entry was not stored.
var ErrQuota = errors.New("dpop: the client has too many used proofs in the memory")

var errPassed = errors.New("dpop: the proof has already expired, so it is not stored")
