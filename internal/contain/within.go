package contain

import (
	"context"
	"errors"
)

// ErrPanic is returned by [Within] if the operation panicked.
var ErrPanic = errors.New("the operation panicked")

// Within runs an operation that may ignore its context, because the operation
// is code of another package. It runs the operation in a goroutine, and does
// not wait for the goroutine after ctx ends. At most cap(slots) of these
// goroutines run at a time.
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
