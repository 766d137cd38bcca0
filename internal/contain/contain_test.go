package contain_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/internal/contain"
)

func TestPanicReturnsTheStackAndNotTheValue(t *testing.T) {
	if stack := contain.Panic(func() {}); stack != nil {
		t.Errorf("got the stack %s, want none: the function returned", stack)
	}
	stack := string(contain.Panic(func() { panicking("CANARY") }))
	if !strings.Contains(stack, "panicking") || strings.Contains(stack, "CANARY") {
		t.Errorf("got %q, want the stack without the value", stack)
	}
	t.Setenv("GODEBUG", "panicnil=1")
	if contain.Panic(func() { panicking(nil) }) == nil {
		t.Error("got no stack for a panic with the value nil, want the stack")
	}
}

//go:noinline
func panicking(value any) { panic(value) }

func TestPlainErrorWrapsItsError(t *testing.T) {
	cause := errors.New("why")
	err := error(contain.PlainError{Err: cause})
	if err.Error() != "why" || !errors.Is(err, cause) {
		t.Errorf("got %v, want the text of the wrapped error", err)
	}
}

func TestChange(t *testing.T) {
	var c contain.Change
	for i, step := range []struct {
		to   string
		want bool
	}{{"", false}, {"a", true}, {"a", false}, {"b", true}, {"", true}, {"", false}, {"b", true}} {
		if got := c.To(step.to); got != step.want {
			t.Errorf("step %d to %q: got %t, want %t", i, step.to, got, step.want)
		}
	}
	var changed atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if c.To("c") {
				changed.Add(1)
			}
		})
	}
	all.Wait()
	if changed.Load() != 1 {
		t.Errorf("got %d reports of one change, want 1", changed.Load())
	}
}
