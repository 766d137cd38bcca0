package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// Fault is a way in which an endpoint fails: see [Server.Inject]. Use one of
// the functions that return a Fault, because the zero Fault is invalid.
type Fault struct {
	wrap func(next http.Handler) http.Handler
	only []Endpoint // nil means all
	err  error
}

// chain combines faults so that each fault wraps the faults after it. For
// example, chain(Latency(d), Status(503)) responds with 503 after d. If a fault
// does not call the endpoint, the faults after it have no effect.
func chain(f ...Fault) Fault {
	chain := Fault{}
	if len(f) == 0 {
		chain.err = errors.New("the chain is empty: give at least one fault")
	}
	for i, link := range f {
		switch {
		case link.err != nil:
			chain.err = errors.Join(chain.err, link.err)
		case link.wrap == nil:
			chain.err = errors.Join(chain.err, fmt.Errorf("fault %d of the chain is the zero Fault: use Status or another function that returns a Fault", i+1))
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

// A When limits a fault, or a decision such as that of [Server.NextUser], to
// the requests that meet a condition. If several conditions are given, a
// request must meet all of them.
type When interface{ applyWhen(*rule) }

type rule struct {
	journal.Rule
	errs []error
}

type when func(*rule)

func (w when) applyWhen(r *rule) { w(r) }

// Inject makes ep fail: every request to it gets f, until [Injection.Remove] or
// [Server.Reset]. The given conditions can limit f to some of these requests.
//
//	s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(2))
//
// A request gets at most one fault. If several injections match a request, the
// newest applies, and the older ones do not count the request. [EndpointAny]
// means every request, including requests to unknown paths. Three kinds of
// requests never get a fault: CORS preflights, requests for the debug page, and
// requests of a browser for the URL of the issuer. The server checks the Host
// first (see [New]). It applies faults before all other checks, so a request
// with a wrong method gets the fault too.
//
// A fault that alters a response always alters the full response, even if the
// request has If-None-Match or Range. If a fault changes the body, the response
// does not have the ETag of the right body. [TruncateBody] is an exception: it
// keeps this ETag.
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
		fail("no such endpoint on this server: %s", useAny)
	}
	switch {
	case f.err != nil:
		r.errs = append(r.errs, f.err)
	case f.wrap == nil:
		fail("Fault{} does nothing: use Status or another function that returns a Fault")
	case f.only != nil && !slices.Contains(f.only, ep):
		fail("this fault is only for %v: choose another endpoint or another fault", f.only)
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

// narrow adds conditions to the rule.
func (r *rule) narrow(when []When) {
	for i, w := range when {
		if w == nil {
			r.errs = append(r.errs, fmt.Errorf("the argument When %d is nil: leave it out", i+1))
			continue
		}
		w.applyWhen(r)
	}
}

// Injection is an active fault: see [Server.Inject]. ID, Endpoint, Skip and
// Times do not change. Hits returns the number of requests that have received
// the fault so far. Remove ends the fault. The methods are safe for concurrent
// use.
type Injection = journal.Injection

// Injections returns the active faults, oldest first.
func (s *Server) Injections() []*Injection { return s.oauth.Faults.All() }

// Times ends the fault after exactly n requests, even if more requests arrive
// at the same time. Without Times, the number of requests is not limited.
func Times(n int) When {
	return when(func(r *rule) {
		if n < 1 {
			r.errs = append(r.errs, fmt.Errorf("Times(%d): give 1 or more", n))
		}
		r.Times = n
	})
}

// Skip exempts the first n matching requests. [Times] does not count these
// requests.
func Skip(n int) When {
	return when(func(r *rule) {
		if n < 0 {
			r.errs = append(r.errs, fmt.Errorf("Skip(%d): give 0 or more", n))
		}
		r.Skip = n
	})
}

// Matching selects the requests for which f returns true. f must not read the
// body. The server calls f concurrently, on its own goroutines.
func Matching(f func(*http.Request) bool) When {
	return when(func(r *rule) {
		if f == nil {
			r.errs = append(r.errs, errors.New("Matching(nil): give a function, or leave Matching out"))
			return
		}
		r.Match = append(r.Match, f)
	})
}

// FromClient selects the requests of the client that [Server.ClientFor]
// returned for this id. It lets several tests share one server.
func FromClient(id string) When {
	return when(func(r *rule) {
		if err := checkClientID(id); err != nil {
			r.errs = append(r.errs, fmt.Errorf("FromClient: %w", err))
		}
		r.Match = append(r.Match, func(r *http.Request) bool { return journal.Caller(r) == id })
	})
}
