package testserver

import (
	"io"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// AuditTo writes each [Event] to w as it happens, as one line of JSON, with one
// call of Write at a time. The request that causes the event waits for w, so a
// slow w makes a slow server. An event that w fails to write is lost, and
// [Server.Close] returns the first such error.
func AuditTo(w io.Writer) Option {
	return serverOption(func(c *config) {
		if w == nil {
			c.fail("AuditTo(nil): leave the option out")
		}
		c.Audit = w
	})
}

// Event is one line of the audit log. It holds no token. Its Kind is issued,
// refreshed, reuse_detected, revoked, introspected, used, denied, pushed,
// registered or unregistered; Fingerprint identifies the token or the code by
// the first 8 bytes of its SHA-256 in hex; Family identifies the grant that the
// tokens belong to; and Reason is the grant type, the error code, or the cause
// of the event.
type Event = journal.Event

// Events is the audit log: the last 10 000 events since the server started or
// since [Server.Reset], oldest first.
func (s *Server) Events() []Event { return s.oauth.Audit.Events() }
