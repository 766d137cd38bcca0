package oauth

import (
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// event is one line of the audit log. Tokens appear as fingerprints, and Reason
// is a constant of the server.
type event = journal.Event

// note adds events to the audit log. Do not call it while a lock is held: the
// writer of the log may be slow.
func (s *Server) note(list ...event) {
	for _, e := range list {
		e.Time = s.Clock.Now()
		s.Audit.Record(e)
	}
}

// revoked returns the events for families that have been revoked.
func revoked(reason, fingerprint string, families ...grants.Family) []event {
	var list []event
	for _, f := range families {
		list = append(list, event{
			Kind: journal.Revoked, ClientID: f.Client, Sub: f.Sub, Family: f.ID, Scopes: slices.Clone(f.Scopes),
			Fingerprint: fingerprint, Reason: reason,
		})
	}
	return list
}

// reused returns the events for a code or token that was used twice, and for
// the revocation of its family unless the family was already revoked.
func reused(what, text string, f grants.Family) []event {
	first := event{
		Kind: journal.ReuseDetected, ClientID: f.Client, Sub: f.Sub, Family: f.ID, Scopes: slices.Clone(f.Scopes),
		Fingerprint: journal.Fingerprint(text), Reason: what,
	}
	if f.Revoked {
		return []event{first}
	}
	return append([]event{first}, revoked("reuse", "", f)...)
}
