package as

import (
	"net/http"
	"slices"
	"sync"
)

// Rule is a fault and what it applies to.
type Rule struct {
	Endpoint Endpoint
	Wrap     func(next http.Handler) http.Handler
	Match    []func(*http.Request) bool // all of them must hold
	Skip     int                        // matching requests that pass first
	Times    int                        // requests hit after those; 0 means all
}

// Injection is a Rule at work.
type Injection struct {
	ID      int // its own on this server
	rule    Rule
	handler http.Handler
	script  script // of one that decides instead of failing
	faults  *faults

	mu         sync.Mutex
	seen, hits int
	removed    bool
}

// faults are the injections of a server, oldest first. The list is never
// changed in place: requests read it while others change it.
type faults struct {
	mu    sync.Mutex
	list  []*Injection
	count int // of all that there have ever been
}

// Injections are the faults at work, oldest first.
func (s *Server) Injections() []*Injection {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.list
}

// Rule is what the injection does.
func (in *Injection) Rule() Rule { return in.rule }

// Inject puts a rule before all others. What it wraps answers as the server
// would without faults. False means that Wrap made no handler.
func (s *Server) Inject(rule Rule) (*Injection, bool) {
	in := &Injection{rule: rule, handler: rule.Wrap(http.HandlerFunc(s.answer)), faults: &s.faults}
	if in.handler == nil {
		return nil, false
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.count++
	in.ID = s.faults.count
	s.faults.list = append(slices.Clone(s.faults.list), in)
	return in, true
}

// pick returns the injection that answers r, nil for none. The users' own
// functions run without a lock held: they may ask the server things.
func (f *faults) pick(ep Endpoint, r *http.Request) *Injection {
	f.mu.Lock()
	list := f.list
	f.mu.Unlock()
	for _, in := range slices.Backward(list) {
		if in.matches(ep, r) && in.take() {
			return in
		}
	}
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	list := f.list
	f.mu.Unlock()
	for _, in := range list {
		in.Remove()
	}
}

func (in *Injection) matches(ep Endpoint, r *http.Request) bool {
	if in.rule.Endpoint != Any && in.rule.Endpoint != ep {
		return false
	}
	for _, match := range in.rule.Match {
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
	if in.seen <= in.rule.Skip {
		in.mu.Unlock()
		return false
	}
	in.hits++
	spent := in.hits == in.rule.Times
	in.removed = spent
	in.mu.Unlock()
	if spent {
		in.faults.drop(in)
	}
	return true
}

// Hits is the number of requests that got the fault.
func (in *Injection) Hits() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.hits
}

// Remove ends the rule: no request that comes after it gets the fault.
func (in *Injection) Remove() {
	in.mu.Lock()
	in.removed = true
	in.mu.Unlock()
	in.faults.drop(in)
}

func (f *faults) drop(in *Injection) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.DeleteFunc(slices.Clone(f.list), func(other *Injection) bool { return other == in })
}
