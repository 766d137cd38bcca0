package testserver

import (
	"io"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// AuditTo writes each [Event] to w as one line of JSON when the event happens.
// Calls to w.Write do not overlap. The request that causes an event waits until
// w has written the event, so a slow w slows the server down. If w.Write fails,
// the event is missing in w, but [Server.Events] returns it. [Server.Close]
// returns the first error of w.Write.
func AuditTo(w io.Writer) Option {
	return serverOption(func(c *config) {
		if w == nil {
			c.fail("AuditTo(nil): leave the option out")
		}
		c.Audit = w
	})
}

// Event is an entry of the audit log. An Event never contains a token. Its Kind
// is issued, refreshed, reuse_detected, revoked, introspected, used, denied,
// pushed, registered, unregistered or logout_sent. Its Fingerprint identifies
// the token or the authorization code: it is the first 8 bytes of the SHA-256
// hash in hex. Its Family identifies the grant from which the tokens were
// issued. Its Reason is the grant type, the error code, the client's response
// to a logout token, or the cause of the event.
type Event = journal.Event

// Events returns the audit log: the last 10 000 events since the server started
// or since the last [Server.Reset], oldest first.
func (s *Server) Events() []Event { return s.oauth.Audit.Events() }
