package testserver

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// Request is the record of one request. It has the Time, the Endpoint and the
// Method of the request. Client is the ID that was passed to
// [Server.ClientFor]. ClientID is the OAuth client that authenticated. Header
// and Form contain fingerprints instead of credentials. Status is the status of
// the response, or 0 until the response is sent. Injected is true if a fault
// was applied to the request. A Request contains no tokens, secrets or other
// credentials, so it can be printed.
type Request = journal.Request

// Count returns the number of requests that ep has received since the server
// started or since the last [Server.Reset]. Requests that ep refused and
// requests with a fault are included. For example, a test can check how often a
// cache fetched the keys.
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

// Requests returns the recorded requests to the given endpoints, oldest first.
// Without arguments, or with [EndpointAny], it returns requests to all
// endpoints. A request is recorded on arrival, so a request that hangs is
// included. The server keeps the records of the last 1000 requests in total;
// [Server.Count] counts older requests too.
func (s *Server) Requests(ep ...Endpoint) []Request {
	s.helper()
	for _, e := range ep {
		if !s.countable(e) {
			s.fail("Requests(%q): no such endpoint on this server: %s", string(e), useAny)
		}
	}
	return s.oauth.Journal.Requests(ep...)
}

// Await waits until [Server.Count] of ep is n or more. Requests are counted on
// arrival, so some responses might not be sent yet. If ctx is done first, the
// error contains the number of requests that have arrived, and wraps the error
// of ctx.
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

// Mark starts a new count. Without arguments, the returned Mark counts all
// requests. With IDs that were passed to [Server.ClientFor], it counts only the
// requests of these clients, so that tests can share a server. Only the first
// 4096 clients of a server are counted separately.
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

// Reset removes all faults and ends every freeze of [Server.FreezeJWKS]. It
// deletes all requests, events, grants, codes, logins, opaque tokens,
// revocations, replies of [Server.SetIntrospection] and decisions of
// [Server.NextUser] and [Server.DenyNext]. Opaque and refresh tokens become
// unknown, and revoked JWTs become valid again. Reset does not change keys,
// clients, users, functions of [Server.OnToken] or the offset of
// [Server.Advance]. Requests that hang continue to hang.
func (s *Server) Reset() { s.oauth.Reset() }
