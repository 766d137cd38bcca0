package contain

import (
	"context"
	"errors"
)

// ErrPanic is returned by [Within] if the operation panicked.
var ErrPanic = errors.New("the operation panicked")

// Within runs an operation of another package in a goroutine. When ctx ends,
// Within returns even if the goroutine still runs, because the operation may
// ignore its context. At most cap(slots) of these goroutines run at a time.
func Within[T any](ctx context.Context, slots chan struct{}, operation func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	run := func() {
		r := result{err: ErrPanic}
		defer func() {
			done <- r
			<-slots
		}()
		Panic(func() { r.value, r.err = operation(ctx) })
	}
	var none T
	select {
	case slots <- struct{}{}:
		go run()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
