package testserver

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// Request is the record of one request. It has the Time, the Endpoint and the
// Method of the request. Client is the ID that was given to [Server.ClientFor],
// and ClientID is the authenticated client. Header and Form have fingerprints
// instead of credentials. Status is the status of the response, or 0 until the
// response is sent. Injected is true if the request got a fault. A Request
// contains no tokens, secrets or other credentials, so it can be printed.
type Request = journal.Request

// Count returns the number of requests that ep has received since the server
// started or since the last [Server.Reset], including requests that ep refused
// and requests that got a fault. A test can use it to check, for example, how
// often a cache fetched the keys.
func (s *Server) Count(ep Endpoint) int {
	s.helper()
	return s.count("Count", journal.Mark{}, ep)
}

func (s *Server) count(what string, m journal.Mark, ep Endpoint) int {
	s.helper()
	if !s.countable(ep) {
		s.fail("%s(%q): no such endpoint on this server: %s", what, string(ep), useAny)
	}
	return s.oauth.Journal.Count(m, ep)
}

// Requests returns the last requests to the given endpoints, oldest first.
// Without arguments, or with [EndpointAny], it returns requests to all
// endpoints. A request is recorded on arrival, so a request that hangs is
// included. The server records the last 1000 requests in total; [Server.Count]
// counts older requests too.
func (s *Server) Requests(ep ...Endpoint) []Request {
	s.helper()
	for _, e := range ep {
		if !s.countable(e) {
			s.fail("Requests(%q): no such endpoint on this server: %s", string(e), useAny)
		}
	}
	return s.oauth.Journal.Requests(ep...)
}

// Await waits until [Server.Count] of ep is n or more. It counts arrivals: the
// requests may still be in flight. If ctx ends first, the error reports how
// many requests had arrived, and wraps the error of ctx.
func (s *Server) Await(ctx context.Context, ep Endpoint, n int) error {
	s.helper()
	return s.await(ctx, journal.Mark{}, ep, n)
}

func (s *Server) await(ctx context.Context, m journal.Mark, ep Endpoint, n int) error {
	s.helper()
	if !s.countable(ep) {
		s.fail("Await(%q): no such endpoint on this server: %s", string(ep), useAny)
	}
	got, err := s.oauth.Journal.Await(ctx, m, ep, n)
	if err != nil {
		return fmt.Errorf("testserver: waited for %d requests to %s, got %d: %w", n, ep, got, err)
	}
	return nil
}

// Mark is a point in time from which requests are counted.
type Mark struct {
	s    *Server
	mark journal.Mark
}

// Mark starts a new count. With IDs that were given to [Server.ClientFor], the
// mark counts only the requests of these clients, for tests that share a
// server. Only the first 4096 clients of a server are counted separately.
func (s *Server) Mark(client ...string) Mark {
	s.helper()
	for _, id := range client {
		if err := checkClientID(id); err != nil {
			s.fail("Mark: %v", err)
		}
	}
	return Mark{s, s.oauth.Journal.Mark(client)}
}

// Count returns the number of requests that ep has received since the mark, or
// since a later [Server.Reset].
func (m Mark) Count(ep Endpoint) int {
	m.s.helper()
	return m.s.count("Count", m.mark, ep)
}

// Await waits until [Mark.Count] of ep is n or more: see [Server.Await].
func (m Mark) Await(ctx context.Context, ep Endpoint, n int) error {
	m.s.helper()
	return m.s.await(ctx, m.mark, ep, n)
}

// Reset removes all faults, ends every freeze of [Server.FreezeJWKS], and
// deletes all requests, events, grants, codes, logins, opaque tokens,
// revocations, replies of [Server.SetIntrospection] and decisions of
// [Server.NextUser] and [Server.DenyNext]. Opaque and refresh tokens become
// unknown, and revoked JWTs become valid again. Keys, clients, users, functions
// of [Server.OnToken] and the offset of [Server.Advance] do not change.
// Requests that hang still hang.
func (s *Server) Reset() { s.oauth.Reset() }
