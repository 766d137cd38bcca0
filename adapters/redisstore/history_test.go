package redisstore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
)

type doFunc = func(ctx context.Context, args ...any) (any, error)

// through returns a configuration change that passes each command to f. f may
// call next to send the command.
func through(f func(next doFunc, ctx context.Context, args []any) (any, error)) func(*redisstore.Config) {
	return func(c *redisstore.Config) {
		next := c.Do
		c.Do = func(ctx context.Context, args ...any) (any, error) { return f(next, ctx, args) }
	}
}

// inGroup returns a function that generates the keys of new proofs. All these
// keys belong to the same group.
func inGroup() func() [32]byte {
	group := newKey()[0]
	return func() [32]byte {
		key := newKey()
		key[0] = group
		return key
	}
}

// stepsOf returns the name of the Redis key with the counters of a proof's
// group.
func stepsOf(key [32]byte) string { return fmt.Sprintf("bg:1:{%02x}:steps", key[0]%32) }

// ahead returns a configuration change that simulates a machine whose clock is
// ahead. It adds the given seconds to the times that the machine writes, and
// subtracts them from the times that the machine reads.
func ahead(seconds int64) func(*redisstore.Config) {
	shifted := func(value any, seconds int64) string {
		text := value.(string)
		at := int64(binary.BigEndian.Uint64([]byte(text))) + seconds<<24
		return string(binary.BigEndian.AppendUint64(nil, uint64(at))) + text[8:]
	}
	return through(func(next doFunc, ctx context.Context, args []any) (any, error) {
		if !strings.HasSuffix(args[1].(string), ":steps") {
			return next(ctx, args...)
		}
		if args[0] == "SET" {
			args[2] = shifted(args[2], seconds)
		}
		answer, err := next(ctx, args...)
		switch {
		case err != nil, answer == nil, answer == "OK":
		case args[0] == "SET":
			answer = shifted(answer, -seconds)
		case args[0] == "BITFIELD":
			answer.([]any)[0] = answer.([]any)[0].(int64) - seconds<<24
		}
		return answer, err
	})
}

// A machine must accept a loss that another machine has written, even if the
// time of the loss is slightly in the future. Otherwise, the machines would
// keep replacing each other's losses.
func TestALossIsFoundByAMachineWhoseClockIsAhead(t *testing.T) {
	for _, seconds := range []int64{0, 30, 70, 600} {
		synctest.Test(t, func(t *testing.T) {
			f, next := newFake(), inGroup()
			first := newStore(t, f)
			machines := []*redisstore.Store{newStore(t, f, ahead(seconds)), first, newStore(t, f)}
			for _, s := range machines {
				assertFirst(t, s, next(), true, nil)
			}
			f.flush()
			for _, s := range machines {
				assertFirst(t, s, next(), false, redisstore.ErrLost)
			}
			time.Sleep(time.Duration(seconds)*time.Second + 82*time.Second)
			losses := 0
			for _, s := range machines {
				assertFirst(t, s, next(), true, nil)
				losses += s.Stats().Losses
			}
			if losses != 1 {
				t.Errorf("a clock that is %d seconds ahead: got %d losses, want 1", seconds, losses)
			}
		})
	}
}

// A loss in Redis has an invalid time, and the Store fails to overwrite the
// loss. At the next read, the Store must not accept the loss either.
func TestACounterThatIsNotValidCannotBeReplaced(t *testing.T) {
	for name, value := range map[string]string{"1970": "\x00\x00\x00\x00\x00\x00\x00\x01", "the year 2100": "\x00\xf4\x86\x57\x00\x00\x00\x01"} {
		f, next := newFake(), inGroup()
		refuse, key := true, next()
		f.values[stepsOf(key)] = value
		config := redisstore.Config{Secret: secret(1), Timeout: time.Second, Logger: slog.New(slog.DiscardHandler), Do: f.do}
		through(func(next doFunc, ctx context.Context, args []any) (any, error) {
			if refuse && args[0] == "SET" && args[3] == "PX" && args[1] == stepsOf(key) {
				return nil, errDown
			}
			return next(ctx, args...)
		})(&config)
		s, err := redisstore.New(config)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if first, err := s.First(t.Context(), next(), time.Now().Add(time.Minute)); first || errors.Is(err, redisstore.ErrLost) {
				t.Errorf("%s: got %t, %v, want the error of the client", name, first, err)
			}
		}
		refuse = false
		if first, err := s.First(t.Context(), next(), time.Now().Add(time.Minute)); first || !errors.Is(err, redisstore.ErrLost) || s.Stats().Losses != 1 {
			t.Errorf("%s, later: got %t, %v, want ErrLost", name, first, err)
		}
	}
}

// If two processes have the same counter, the first process that notices this
// chooses a new counter. Otherwise, if Redis lost the steps of one process, the
// steps of the other process would hide this.
func TestTwoProcessesWithTheSameNumber(t *testing.T) {
	f, next := newFake(), inGroup()
	same := func(c *redisstore.Config) {
		var chosen any
		through(func(next doFunc, ctx context.Context, args []any) (any, error) {
			if args[0] == "BITFIELD" {
				if chosen == nil {
					chosen = args[7]
				}
				if args[7] == chosen {
					args[7] = "#2"
				}
			}
			return next(ctx, args...)
		})(c)
	}
	one, two := newStore(t, f, same), newStore(t, f, same)
	for _, s := range []*redisstore.Store{one, two, one} {
		assertFirst(t, s, next(), true, nil)
	}
	old, used := maps.Clone(f.values), next()
	assertFirst(t, one, used, true, nil)
	f.values = old
	for range 5 {
		assertFirst(t, two, next(), true, nil)
	}
	assertFirst(t, one, next(), false, redisstore.ErrLost)
	assertFirst(t, two, used, false, redisstore.ErrLost)
}

// Checking a proof takes two commands, or three if the lifetime of the counters
// is extended.
func TestTheCommandsOfAProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, next := newFake(), inGroup()
		s := newStore(t, f)
		for i, want := range []int{3, 2, 2} { // the first proof extends the lifetime of the counters
			before := s.Stats().Commands
			assertFirst(t, s, next(), true, nil)
			if got := s.Stats().Commands - before; got != want {
				t.Errorf("proof %d: got %d commands, want %d", i, got, want)
			}
		}
		time.Sleep(29 * 24 * time.Hour)
		assertFirst(t, s, next(), true, nil)
		time.Sleep(29 * 24 * time.Hour)
		assertFirst(t, s, next(), true, nil)
		if got := s.Stats(); got.Losses != 0 {
			t.Errorf("got %+v, want no loss: each hour with a proof extends the lifetime", got)
		}
	})
}
