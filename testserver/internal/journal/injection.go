package journal

import (
	"net/http"
	"slices"
	"sync"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Rule says which requests something applies to.
type Rule struct {
	Endpoint catalogue.Endpoint
	Match    []func(*http.Request) bool // all of them must hold
	Skip     int                        // matching requests that pass first
	Times    int                        // requests hit after those; 0 means all
}

// Injection is a rule at work, such as a fault. Its methods may be called from
// any goroutine. The zero Injection is one that has ended.
type Injection struct {
	ID       int // its own on this server
	Endpoint catalogue.Endpoint
	Skip     int // matching requests that pass first
	Times    int // requests hit after those; 0 means that it does not end

	match []func(*http.Request) bool
	drop  func() // takes it out of its list

	mu         sync.Mutex
	seen, hits int
	removed    bool
}

// Hits is the number of requests that got it. A request counts from the moment
// that it is caught, also while a fault still holds it.
func (in *Injection) Hits() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.hits
}

// Remove ends the injection: no request that comes after it gets it. Requests
// that hang go on hanging. A second Remove does nothing.
func (in *Injection) Remove() {
	in.mu.Lock()
	in.removed = true
	in.mu.Unlock()
	if in.drop != nil {
		in.drop()
	}
}

func (in *Injection) matches(ep catalogue.Endpoint, r *http.Request) bool {
	if in.Endpoint != catalogue.Any && in.Endpoint != ep {
		return false
	}
	for _, match := range in.match {
		if !match(r) {
			return false
		}
	}
	return true
}

// take claims one of the rule's times; a rule that has none left goes.
func (in *Injection) take() bool {
	in.mu.Lock()
	if in.removed {
		in.mu.Unlock()
		return false
	}
	in.seen++
	if in.seen <= in.Skip {
		in.mu.Unlock()
		return false
	}
	in.hits++
	spent := in.hits == in.Times
	in.removed = spent
	in.mu.Unlock()
	if spent {
		in.drop()
	}
	return true
}

// Injections are the rules at work, each with what it stands for: a handler that
// answers, or a decision.
type Injections[T any] struct {
	mu    sync.Mutex
	list  []injected[T] // oldest first, never changed in place: requests read it
	count int           // of all that there have ever been
}

type injected[T any] struct {
	*Injection
	value T
}

// Add puts a rule before all others.
func (l *Injections[T]) Add(rule Rule, value T) *Injection {
	in := &Injection{Endpoint: rule.Endpoint, Skip: rule.Skip, Times: rule.Times, match: rule.Match}
	in.drop = func() { l.drop(in) }
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	in.ID = l.count
	l.list = append(slices.Clone(l.list), injected[T]{in, value})
	return in
}

// Pick returns what stands for r, false for nothing. The functions of a rule run
// without a lock held: they may ask the server things.
func (l *Injections[T]) Pick(ep catalogue.Endpoint, r *http.Request) (value T, ok bool) {
	for _, in := range slices.Backward(l.current()) {
		if in.matches(ep, r) && in.take() {
			return in.value, true
		}
	}
	return value, false
}

// All are the rules at work, the oldest first.
func (l *Injections[T]) All() []*Injection {
	var all []*Injection
	for _, in := range l.current() {
		all = append(all, in.Injection)
	}
	return all
}

// Clear removes all of them.
func (l *Injections[T]) Clear() {
	for _, in := range l.All() {
		in.Remove()
	}
}

func (l *Injections[T]) current() []injected[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}

func (l *Injections[T]) drop(in *Injection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(slices.Clone(l.list), func(other injected[T]) bool { return other.Injection == in })
}
