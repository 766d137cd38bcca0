package testserver

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// Request is what the server remembers of one request. It holds no token, no
// secret and no other credentials, so it may be printed.
type Request struct {
	Time     time.Time // of its arrival, by the server's clock
	Endpoint Endpoint  // Any for a path at which nothing is served
	Method   string
	Client   string // the id given to ClientFor, "" for other clients
	ClientID string // the OAuth client that authenticated, "" for none

	// Header is what was sent, but for the client's name. Values are replaced by
	// their fingerprints, the first 8 bytes of their SHA-256 in hex, unless the
	// field is known to be harmless (Accept, Content-Type, User-Agent and the
	// like) and the value at most 256 bytes long. In Authorization the scheme
	// stays and the token alone is fingerprinted: "Bearer 5e884898da280471". At
	// most 64 fields of 8 values are kept.
	Header http.Header

	// Form is the body, if the endpoint takes a form and there was one, or the
	// query of a GET to such an endpoint: with fingerprints for all values but those
	// of client_id, grant_type, response_type, scope and others that tell nothing,
	// and for names that no OAuth parameter has. It is there when the body has been
	// read, which is before a fault answers.
	Form url.Values

	// Status is that of the answer, known before the client has it. It is 0
	// while there is none, and stays 0 if none is ever sent: after
	// [DropConnection], or when the client did not wait.
	Status int

	Injected bool // a fault answered
}

// Count is the number of requests that ep has received since the server began
// or was [Server.Reset], those it refused and those that got a fault included:
// how often a cache really asked.
func (s *Server) Count(ep Endpoint) int {
	s.helper()
	return s.count("Count", as.Mark{}, ep)
}

func (s *Server) count(what string, m as.Mark, ep Endpoint) int {
	s.helper()
	if !s.countable(ep) {
		s.fail("%s(%q): there is no such endpoint: %s", what, string(ep), useAny)
	}
	return s.as.Count(m, as.Endpoint(ep))
}

// Requests are the last requests to the endpoints, oldest first; without
// arguments, or with [Any], to all. A request is there from its arrival on, so
// that one which hangs can be seen. The server remembers 1000 requests, whatever
// their endpoint; the counts go on.
func (s *Server) Requests(ep ...Endpoint) []Request {
	s.helper()
	inner := make([]as.Endpoint, len(ep))
	for i, e := range ep {
		if !s.countable(e) {
			s.fail("Requests(%q): there is no such endpoint: %s", string(e), useAny)
		}
		inner[i] = as.Endpoint(e)
	}
	var list []Request
	for _, r := range s.as.Requests(inner...) {
		list = append(list, Request{
			Time: r.Time, Endpoint: Endpoint(r.Endpoint), Method: r.Method, Client: r.Client, ClientID: r.ClientID,
			Header: r.Header, Form: r.Form, Status: r.Status, Injected: r.Injected,
		})
	}
	return list
}

// Last is the latest of [Server.Requests]; false if there is none.
func (s *Server) Last(ep Endpoint) (Request, bool) {
	s.helper()
	list := s.Requests(ep)
	if len(list) == 0 {
		return Request{}, false
	}
	return list[len(list)-1], true
}

// Await waits until [Server.Count] of ep is n or more. It counts arrivals: the
// requests may still hang. The error says how many there were when ctx ended,
// and wraps the error of ctx.
func (s *Server) Await(ctx context.Context, ep Endpoint, n int) error {
	s.helper()
	return s.await(ctx, as.Mark{}, ep, n)
}

func (s *Server) await(ctx context.Context, m as.Mark, ep Endpoint, n int) error {
	s.helper()
	if !s.countable(ep) {
		s.fail("Await(%q): there is no such endpoint: %s", string(ep), useAny)
	}
	got, err := s.as.Await(ctx, m, as.Endpoint(ep), n)
	if err != nil {
		return fmt.Errorf("testserver: waited for %d requests to %s, got %d: %w", n, ep, got, err)
	}
	return nil
}

// Mark is a moment in the life of a server, to count from.
type Mark struct {
	s    *Server
	mark as.Mark
}

// Mark returns this moment. With ids, those of [Server.ClientFor], its counts
// are of the requests of these clients alone, which is what a test needs that
// shares its server. The first 4096 clients of a server are told apart.
func (s *Server) Mark(client ...string) Mark {
	s.helper()
	for _, id := range client {
		if err := checkClientID(id); err != nil {
			s.fail("Mark: %v", err)
		}
	}
	return Mark{s, s.as.Mark(client)}
}

// Count is the number of requests that ep has received since the mark, or since
// a later [Server.Reset].
func (m Mark) Count(ep Endpoint) int {
	m.s.helper()
	return m.s.count("Count", m.mark, ep)
}

// Await waits until Count of ep is n or more: see [Server.Await].
func (m Mark) Await(ctx context.Context, ep Endpoint, n int) error {
	m.s.helper()
	return m.s.await(ctx, m.mark, ep, n)
}

// Reset removes all faults, thaws what [Server.FreezeJWKS] froze and forgets all
// requests, events, grants, codes, logins, opaque tokens, revocations, answers of
// [Server.SetIntrospection] and what [Server.NextUser] and [Server.DenyNext] said:
// opaque and refresh tokens are unknown from then on, and revoked JWTs good again.
// It keeps the keys, the clients, the users, what [Server.OnToken] added and the
// time that [Server.Advance] made. Requests that hang go on hanging.
func (s *Server) Reset() { s.as.Reset() }
