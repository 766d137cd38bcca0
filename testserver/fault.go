package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// Fault is a way in which an endpoint fails its clients: see [Server.Inject].
// Make one with the functions below.
type Fault struct {
	wrap func(next http.Handler) http.Handler
	only []Endpoint // nil means all
	err  error
}

// chain is several faults in one, the first outermost: chain(Latency(d),
// Status(503)) answers 503 after d. What comes after a fault that asks the
// endpoint nothing has no effect.
func chain(f ...Fault) Fault {
	chain := Fault{}
	if len(f) == 0 {
		chain.err = errors.New("a chain of nothing is not a fault")
	}
	for i, link := range f {
		switch {
		case link.err != nil:
			chain.err = errors.Join(chain.err, link.err)
		case link.wrap == nil:
			chain.err = errors.Join(chain.err, fmt.Errorf("fault %d of the chain is missing", i+1))
		case link.only != nil && chain.only != nil:
			chain.only = slices.DeleteFunc(slices.Clone(chain.only), func(ep Endpoint) bool { return !slices.Contains(link.only, ep) })
		case link.only != nil:
			chain.only = link.only
		}
	}
	f = slices.Clone(f)
	chain.wrap = func(next http.Handler) http.Handler {
		for _, link := range slices.Backward(f) {
			if next = link.wrap(next); next == nil {
				return nil
			}
		}
		return next
	}
	return chain
}

// When narrows the requests that get a fault. Several of them must all agree.
type When interface{ applyWhen(*rule) }

type rule struct {
	journal.Rule
	errs []error
}

type when func(*rule)

func (w when) applyWhen(r *rule) { w(r) }

// Inject makes ep fail: every request to it gets f, until [Injection.Remove] or
// [Server.Reset]. when narrows that.
//
//	s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(2))
//
// A request gets one fault at most: that of the newest injection which fits it.
// Others that would have fitted neither see nor count it. [EndpointAny] is every
// request, those to unknown paths included. Faults come before everything else, so
// that a method which is not allowed gets the fault as well. Those that alter an
// answer alter a whole one, whatever If-None-Match or Range asked for, and the ETag
// of the right body goes with no other.
func (s *Server) Inject(ep Endpoint, f Fault, when ...When) *Injection {
	s.helper()
	in, err := s.inject(ep, f, when)
	if err != nil {
		s.fail("Inject(%q): %v", string(ep), err)
		return &Injection{}
	}
	return in
}

func (s *Server) inject(ep Endpoint, f Fault, when []When) (*Injection, error) {
	r := &rule{Rule: journal.Rule{Endpoint: ep}}
	fail := func(format string, args ...any) { r.errs = append(r.errs, fmt.Errorf(format, args...)) }

	if !s.countable(ep) {
		fail("there is no such endpoint: %s", useAny)
	}
	switch {
	case f.err != nil:
		r.errs = append(r.errs, f.err)
	case f.wrap == nil:
		fail("Fault{} is none: use Status or another function that returns one")
	case f.only != nil && !slices.Contains(f.only, ep):
		fail("this fault goes with %v alone", f.only)
	}
	r.narrow(when)
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	in, ok := s.oauth.Inject(r.Rule, f.wrap)
	if !ok {
		return nil, errors.New("the function given to Handler returned no handler")
	}
	return in, nil
}

// narrow applies what a test says about the requests.
func (r *rule) narrow(when []When) {
	for i, w := range when {
		if w == nil {
			r.errs = append(r.errs, fmt.Errorf("When %d is nil: leave it out", i+1))
			continue
		}
		w.applyWhen(r)
	}
}

// Injection is a fault at work: see [Server.Inject]. Its ID, Endpoint, Skip and
// Times do not change. Hits is the number of requests that got it so far, and
// Remove ends it. Its methods may be called from any goroutine.
type Injection = journal.Injection

// Injections are the faults at work, the oldest first.
func (s *Server) Injections() []*Injection { return s.oauth.Faults.All() }

// Times ends the fault after n requests, however many arrive at once. Without
// it there is no end.
func Times(n int) When {
	return when(func(r *rule) {
		if n < 1 {
			r.errs = append(r.errs, fmt.Errorf("Times(%d): give 1 or more, or leave the Inject out", n))
		}
		r.Times = n
	})
}

// Skip lets the first n requests that fit pass. [Times] counts from there.
func Skip(n int) When {
	return when(func(r *rule) {
		if n < 0 {
			r.errs = append(r.errs, fmt.Errorf("Skip(%d): give 0 or more", n))
		}
		r.Skip = n
	})
}

// Matching chooses requests by anything in them but the body, which it must
// leave unread. f is called on the server's goroutines, several at a time.
func Matching(f func(*http.Request) bool) When {
	return when(func(r *rule) {
		if f == nil {
			r.errs = append(r.errs, errors.New("Matching(nil): leave it out"))
			return
		}
		r.Match = append(r.Match, f)
	})
}

// FromClient chooses the requests of one client of a server that several tests
// share: see [Server.ClientFor].
func FromClient(id string) When {
	return when(func(r *rule) {
		if err := checkClientID(id); err != nil {
			r.errs = append(r.errs, fmt.Errorf("FromClient: %w", err))
		}
		r.Match = append(r.Match, func(r *http.Request) bool { return journal.Caller(r) == id })
	})
}
