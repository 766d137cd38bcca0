package cachetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/introspect"
)

// checks lists the properties of a store.
var checks = []suite.Check[introspect.Cache]{
	{
		Name: "a missing key is not an error", Fault: missing,
		Why: "An error pauses the use of the store for two seconds. A client of Redis may return an error for a missing key, such as redis.Nil.",
	},
	{
		Name: "a value comes back", Fault: comesBack,
		Why: "Values have any bytes and up to 256 KiB. A store that changes or cuts them is never hit. An empty value is a value, too.",
	},
	{
		Name: "other keys are not affected", Fault: otherKeys,
		Why: "The store must compare whole keys. Otherwise instances replace each other's answers, and ask the authorization server again.",
	},
	{
		Name: "the last value counts", Fault: lastCounts,
		Why: "Set must replace a value. Otherwise an answer that has expired stays, and the store is not hit any more.",
	},
	{
		Name: "values are not shared with the caller", Fault: ownCopies,
		Why: "The store must copy values, on Set and on Get. Otherwise a caller changes the answer about a token for others.",
	},
	{
		Name: "many values at once", Fault: concurrent,
		Why: "All requests of an API use the store at the same time.",
	},
	{
		Name: "a canceled call is an error or works", Fault: canceled,
		Why: "A store that was not asked must return an error. Otherwise its failures are not noticed and each request waits for it.",
	},
	{
		Name: "a value expires", Waits: true, Fault: expires,
		Why: "ttl is the longest time for which a value may be used. A store that keeps values longer fills up. Check the unit of the lifetime.",
	},
	{
		Name: "a value lasts", Waits: true, Fault: lasts,
		Why: "A value that expires much too early is never hit. Check the unit of the lifetime.",
	},
	{
		Name: "the last lifetime counts", Waits: true, Fault: lastLifetime,
		Why: "Set must replace the lifetime together with the value, also by a shorter one.",
	},
}

// newKey returns a random key in the client's format: 64 hexadecimal digits.
func newKey() string {
	var hash [32]byte
	_, _ = rand.Read(hash[:]) // never fails
	return hex.EncodeToString(hash[:])
}

// set writes a value with a TTL of one hour.
func set(ctx context.Context, store introspect.Cache, key string, value []byte) error {
	if err := store.Set(ctx, key, value, time.Hour); err != nil {
		return fmt.Errorf("a new value: Set returned the error %w, want no error", err)
	}
	return nil
}

// want reads a key and returns an error if the stored value differs from the
// parameter value. If the parameter value is nil, the key must be missing.
func want(ctx context.Context, store introspect.Cache, key string, value []byte, when string) error {
	got, ok, err := store.Get(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("%s: Get returned the error %w, want no error", when, err)
	case ok != (value != nil):
		return fmt.Errorf("%s: Get returned %t, want %t", when, ok, value != nil)
	case ok && !bytes.Equal(got, value):
		return fmt.Errorf("%s: Get returned another value, of %d bytes, want the %d bytes that were written", when, len(got), len(value))
	}
	return nil
}

func missing(ctx context.Context, store introspect.Cache) error {
	return want(ctx, store, newKey(), nil, "a key that was never written")
}

func comesBack(ctx context.Context, store introspect.Cache) error {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for what, value := range map[string][]byte{
		"JSON": []byte(`{"active":true}`), "an empty value": {}, "a NUL byte": {0}, "line ends": []byte("\r\n$5\r\n"),
		"every byte": every, "spaces at both ends": []byte(" a "), "256 KiB and a little": bytes.Repeat(every, 1025),
	} {
		key := newKey()
		if err := errors.Join(set(ctx, store, key, value), want(ctx, store, key, value, what)); err != nil {
			return err
		}
	}
	return nil
}

func otherKeys(ctx context.Context, store introspect.Cache) error {
	key := newKey()
	last, first := "0", "0"
	if strings.HasSuffix(key, last) {
		last = "1"
	}
	if strings.HasPrefix(key, first) {
		first = "1"
	}
	for _, other := range []string{key[:63] + last, first + key[1:], newKey()} {
		if err := errors.Join(set(ctx, store, key, []byte("one")), want(ctx, store, other, nil, "a key that differs in one place or more"),
			set(ctx, store, other, []byte("two")), want(ctx, store, key, []byte("one"), "after another key was written")); err != nil {
			return err
		}
		key = newKey()[:32] + key[32:]
	}
	return nil
}

func lastCounts(ctx context.Context, store introspect.Cache) error {
	key := newKey()
	for _, value := range []string{"a longer value", "short", ""} {
		if err := errors.Join(set(ctx, store, key, []byte(value)), want(ctx, store, key, []byte(value), "a value that was written again")); err != nil {
			return err
		}
	}
	return nil
}

func ownCopies(ctx context.Context, store introspect.Cache) error {
	key, value := newKey(), []byte("value")
	if err := set(ctx, store, key, value); err != nil {
		return err
	}
	value[0] = 'V'
	if err := want(ctx, store, key, []byte("value"), "after the caller of Set changed its slice"); err != nil {
		return err
	}
	got, _, err := store.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("a second Get of the same key: got the error %w, want no error", err)
	}
	if len(got) == 0 {
		return errors.New("a second Get of the same key: got an empty value, want the value that was set")
	}
	got[0] = 'V'
	return want(ctx, store, key, []byte("value"), "after a caller of Get changed its slice")
}

func concurrent(ctx context.Context, store introspect.Cache) error {
	const calls = 200
	var all sync.WaitGroup
	faults := make([]error, calls)
	for i := range calls {
		all.Go(func() {
			key, value := newKey(), fmt.Append(nil, "value ", i)
			faults[i] = errors.Join(set(ctx, store, key, value), want(ctx, store, key, value, "among many calls"))
		})
	}
	all.Wait()
	for _, err := range faults {
		if err != nil {
			return err // the other errors are probably the same
		}
	}
	return nil
}

func canceled(ctx context.Context, store introspect.Cache) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	key := newKey()
	if store.Set(over, key, []byte("value"), time.Hour) == nil {
		if err := want(ctx, store, key, []byte("value"), "after a Set with a canceled context that returned no error"); err != nil {
			return err
		}
	}
	if err := set(ctx, store, key, []byte("value")); err != nil {
		return err
	}
	if _, ok, err := store.Get(over, key); err == nil && !ok {
		return errors.New("a Get with a canceled context returned false and no error, want an error, or the value")
	}
	return nil
}

func expires(ctx context.Context, store introspect.Cache) error {
	for _, ttl := range []time.Duration{time.Millisecond, 300 * time.Millisecond, time.Second} {
		key := newKey()
		if err := store.Set(ctx, key, []byte("value"), ttl); err != nil {
			return fmt.Errorf("a lifetime of %v: Set returned the error %w, want no error", ttl, err)
		}
		if err := suite.Wait(ctx, time.Now().Add(ttl+margin)); err != nil {
			return err
		}
		if err := want(ctx, store, key, nil, fmt.Sprintf("%v after a value was written for %v", ttl+margin, ttl)); err != nil {
			return err
		}
	}
	return nil
}

func lasts(ctx context.Context, store introspect.Cache) error {
	keys := map[time.Duration]string{1900 * time.Millisecond: newKey(), 30 * time.Second: newKey(), time.Hour: newKey()}
	began := time.Now()
	for ttl, key := range keys {
		if err := store.Set(ctx, key, []byte("value"), ttl); err != nil {
			return fmt.Errorf("a lifetime of %v: Set returned the error %w, want no error", ttl, err)
		}
	}
	if err := suite.Wait(ctx, time.Now().Add(800*time.Millisecond)); err != nil {
		return err
	}
	for ttl, key := range keys {
		err := want(ctx, store, key, []byte("value"), fmt.Sprintf("0.8 seconds after a value was written for %v", ttl))
		if err != nil && time.Since(began) < ttl { // on a busy machine, the value may have expired by now
			return err
		}
	}
	return nil
}

func lastLifetime(ctx context.Context, store introspect.Cache) error {
	longer, shorter := newKey(), newKey()
	set := func(key string, ttl time.Duration) error { return store.Set(ctx, key, []byte("value"), ttl) }
	if err := errors.Join(set(longer, 300*time.Millisecond), set(longer, time.Hour), set(shorter, time.Hour), set(shorter, 300*time.Millisecond)); err != nil {
		return fmt.Errorf("a new value: Set returned the error %w, want no error", err)
	}
	if err := suite.Wait(ctx, time.Now().Add(300*time.Millisecond+margin)); err != nil {
		return err
	}
	return errors.Join(
		want(ctx, store, longer, []byte("value"), "a value that was written for 0.3 seconds, and then for an hour"),
		want(ctx, store, shorter, nil, "a value that was written for an hour, and then for 0.3 seconds"),
	)
}

// margin is how long a store may still return a value after its ttl has ended,
// because calls take time. The client also checks the expiry.
const margin = 100 * time.Millisecond
