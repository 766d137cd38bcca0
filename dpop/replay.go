package dpop

import (
	"context"
	"errors"
	"time"
)

// Replay remembers which proofs were used. Machines that serve one API share
// one Replay, for example in Redis. Package replaytest tests implementations.
//
// Implementations must be safe for concurrent use. A Replay that also has the
// method FirstOf of [Memory] can limit the marks of each client: the verifier
// then calls FirstOf instead of First. A wrapper of a Memory needs both.
type Replay interface {
	// First marks a key until the given time and reports whether it was not
	// marked before. It is atomic: of concurrent calls for one key, exactly
	// one gets true. A call that gets false changes nothing: in particular,
	// it does not shorten the mark.
	//
	// The key is a hash. Its bytes can have any value, so a store for text
	// needs an encoding such as hexadecimal. If the store counts whole seconds,
	// it rounds the given time up. If that time has passed, the mark would
	// vanish at once, so First returns an error.
	//
	// An error means that it is unknown whether the key was marked. First
	// then returns false, and the verifier answers 503.
	First(ctx context.Context, key [32]byte, until time.Time) (bool, error)
}

// Off is a Replay that remembers nothing: a proof can be used any number of
// times until it is too old. It has a name so that a configuration shows the
// absence of the protection.
var Off Replay = off{}

type off struct{}

func (off) First(context.Context, [32]byte, time.Time) (bool, error) { return true, nil }

// ErrFull is returned by a [Memory] that has no room for another mark. The mark
// was not made.
var ErrFull = errors.New("dpop: the memory of used proofs is full")

// ErrQuota is returned by a [Memory] for a client that already has a quarter of
// the marks. The mark was not made.
var ErrQuota = errors.New("dpop: the client has too many used proofs in the memory")

var errPassed = errors.New("dpop: the proof has already expired, so it is not stored")
