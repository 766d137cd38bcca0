package testserver

import (
	"io"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// AuditTo writes each [Event] to w as it happens, as one line of JSON, by one call
// of Write at a time. The request that causes the event waits for w, so a slow w
// makes a slow server. What w refuses is lost, and the first of its errors is that
// of [Server.Close].
func AuditTo(w io.Writer) Option {
	return serverOption(func(c *config) {
		if w == nil {
			c.fail("AuditTo(nil): leave the option out")
		}
		c.Audit = w
	})
}

// Event is one line of the audit log. It holds no token. Its Kind is issued,
// refreshed, reuse_detected, revoked, introspected, used, denied, pushed, registered
// or unregistered; Fingerprint is that of the token or the code, the first 8 bytes
// of its SHA-256 in hex; Family names the grant that the tokens came of; and Reason
// is the grant, the error code, or what led to the event.
type Event = journal.Event

// Events is the audit log: the last 10 000 events since the server began or was
// [Server.Reset], oldest first.
func (s *Server) Events() []Event { return s.oauth.Audit.Events() }
