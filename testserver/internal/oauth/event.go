package oauth

import (
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// event is one line of the audit log. It identifies tokens only by
// fingerprints, and its Reason never comes from a request.
type event = journal.Event

// note adds events to the audit log, with the current time. Do not call note
// while holding a lock, because the writer of the log may be slow.
func (s *Server) note(list ...event) {
	for _, e := range list {
		e.Time = s.Clock.Now()
		s.Audit.Record(e)
	}
}

// revoked returns a revocation event for each of the families.
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

// reused returns the event for a code or token that was used twice. If its
// family f is not revoked yet, reused also returns the event for the revocation
// of f.
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
