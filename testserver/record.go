package testserver

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// Request is what the server remembers of one request: its Time, Endpoint and
// Method, the Client that [Server.ClientFor] named and the ClientID that has
// authenticated, Header and Form with fingerprints in the place of all that could be
// worth something, the Status of the answer, 0 until it is sent, and whether a
// fault was Injected. It holds no token, no secret and no other credentials, so it
// may be printed.
type Request = journal.Request

// Count is the number of requests that ep has received since the server began
// or was [Server.Reset], those it refused and those that got a fault included:
// how often a cache really asked.
func (s *Server) Count(ep Endpoint) int {
	s.helper()
	return s.count("Count", journal.Mark{}, ep)
}

func (s *Server) count(what string, m journal.Mark, ep Endpoint) int {
	s.helper()
	if !s.countable(ep) {
		s.fail("%s(%q): there is no such endpoint: %s", what, string(ep), useAny)
	}
	return s.oauth.Journal.Count(m, ep)
}

// Requests are the last requests to the endpoints, oldest first; without
// arguments, or with [EndpointAny], to all. A request is there from its arrival on, so
// that one which hangs can be seen. The server remembers 1000 requests, whatever
// their endpoint; the counts go on.
func (s *Server) Requests(ep ...Endpoint) []Request {
	s.helper()
	for _, e := range ep {
		if !s.countable(e) {
			s.fail("Requests(%q): there is no such endpoint: %s", string(e), useAny)
		}
	}
	return s.oauth.Journal.Requests(ep...)
}

// Await waits until [Server.Count] of ep is n or more. It counts arrivals: the
// requests may still hang. The error says how many there were when ctx ended,
// and wraps the error of ctx.
func (s *Server) Await(ctx context.Context, ep Endpoint, n int) error {
	s.helper()
	return s.await(ctx, journal.Mark{}, ep, n)
}

func (s *Server) await(ctx context.Context, m journal.Mark, ep Endpoint, n int) error {
	s.helper()
	if !s.countable(ep) {
		s.fail("Await(%q): there is no such endpoint: %s", string(ep), useAny)
	}
	got, err := s.oauth.Journal.Await(ctx, m, ep, n)
	if err != nil {
		return fmt.Errorf("testserver: waited for %d requests to %s, got %d: %w", n, ep, got, err)
	}
	return nil
}

// Mark is a moment in the life of a server, to count from.
type Mark struct {
	s    *Server
	mark journal.Mark
}

// Mark returns this moment. With ids, those of [Server.ClientFor], its counts are
// of the requests of these clients only, which is what a test needs that shares its
// server. Only the first 4096 clients of a server are counted one by one.
func (s *Server) Mark(client ...string) Mark {
	s.helper()
	for _, id := range client {
		if err := checkClientID(id); err != nil {
			s.fail("Mark: %v", err)
		}
	}
	return Mark{s, s.oauth.Journal.Mark(client)}
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
func (s *Server) Reset() { s.oauth.Reset() }
