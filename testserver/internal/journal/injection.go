package journal

import (
	"net/http"
	"slices"
	"sync"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Rule selects requests.
type Rule struct {
	Endpoint catalogue.Endpoint
	Match    []func(*http.Request) bool // a request matches if all return true
	Skip     int                        // number of matching requests to skip before the rule applies
	Times    int                        // to how many requests the rule then applies; 0 means all
}

// Injection is an active rule, for example the rule of a fault. It is safe for
// concurrent use. The zero Injection has no effect, as if it had been removed.
type Injection struct {
	ID       int // unique in its list of rules
	Endpoint catalogue.Endpoint
	Skip     int // number of matching requests to skip before the rule applies
	Times    int // to how many requests the rule then applies; 0 means all

	match []func(*http.Request) bool
	drop  func() // removes the injection from its list

	mu         sync.Mutex
	seen, hits int
	removed    bool
}

// Hits returns the number of requests to which the rule was applied. This
// number includes requests that a fault is still delaying.
func (in *Injection) Hits() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.hits
}

// Remove removes the injection, so that it does not apply to later requests.
// Requests that hang continue to hang. A second Remove has no effect.
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

// apply counts a matching request and reports whether the rule applies to it.
// After in.Times hits, apply removes the rule.
func (in *Injection) apply() bool {
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

// Injections is the list of active rules. Each rule has a value, such as the
// handler that replaces the endpoint.
type Injections[T any] struct {
	mu    sync.Mutex
	list  []injected[T] // oldest first; never changed in place, because requests read it without the lock
	count int           // number of rules ever added
}

type injected[T any] struct {
	*Injection
	value T
}

// Add adds a rule, which takes precedence over all earlier rules.
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

// Pick returns the value of the newest rule that applies to r, or false if no
// rule applies. The Match functions of a rule run without a lock, so they may
// call the server.
func (l *Injections[T]) Pick(ep catalogue.Endpoint, r *http.Request) (value T, ok bool) {
	for _, in := range slices.Backward(l.current()) {
		if in.matches(ep, r) && in.apply() {
			return in.value, true
		}
	}
	return value, false
}

// All returns the active rules, oldest first.
func (l *Injections[T]) All() []*Injection {
	var all []*Injection
	for _, in := range l.current() {
		all = append(all, in.Injection)
	}
	return all
}

// Clear removes all rules.
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
