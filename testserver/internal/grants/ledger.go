package grants

import (
	"crypto/sha256"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Ledger stores the claims of opaque access tokens, the revocations of access
// tokens and the introspection responses that tests set. It stores digests of
// the tokens, not the tokens themselves.
type Ledger struct{ guarded.Value[Entries] }

// Entries holds the contents of a Ledger. For tokens of typical length, the
// contents take at most about 50 MB of memory.
type Entries struct {
	opaque  bounded.Map[token.Digest, []byte]   // the claims of an opaque token, as JSON
	revoked bounded.Map[token.Digest, struct{}] // opaque tokens and JWTs
	replies map[token.Digest][]byte             // introspection responses set by tests, by digest of the whole token
}

// Reset drops all entries.
func (l *Ledger) Reset() {
	e, unlock := l.Lock()
	defer unlock()
	*e = Entries{}
}

// Keep stores the claims of an opaque token.
func (l *Ledger) Keep(handle string, claims []byte) {
	e, unlock := l.Lock()
	defer unlock()
	e.opaque.Put(token.Identify(handle), claims)
}

// Claims returns the claims of an opaque token, as JSON.
func (l *Ledger) Claims(handle string) ([]byte, bool) {
	e, unlock := l.RLock()
	defer unlock()
	return e.opaque.Get(token.Identify(handle))
}

// Revoke marks a token as revoked.
func (l *Ledger) Revoke(text string) {
	e, unlock := l.Lock()
	defer unlock()
	e.revoked.Put(token.Identify(text), struct{}{})
}

// IsRevoked reports whether a token was revoked.
func (l *Ledger) IsRevoked(d token.Digest) bool {
	e, unlock := l.RLock()
	defer unlock()
	_, revoked := e.revoked.Get(d)
	return revoked
}

// SetReply sets the introspection response for the token in text. If reply is
// nil, SetReply removes the response that was set before.
func (l *Ledger) SetReply(text string, reply []byte) {
	e, unlock := l.Lock()
	defer unlock()
	if reply == nil {
		delete(e.replies, sha256.Sum256([]byte(text)))
		return
	}
	if e.replies == nil {
		e.replies = map[token.Digest][]byte{}
	}
	e.replies[sha256.Sum256([]byte(text))] = reply
}

// Reply returns the introspection response that was set for the token in text.
func (l *Ledger) Reply(text string) ([]byte, bool) {
	e, unlock := l.RLock()
	defer unlock()
	reply, ok := e.replies[sha256.Sum256([]byte(text))]
	return reply, ok
}

// LedgerSnapshot is the part of a Ledger that a state file contains: everything
// except replies.
type LedgerSnapshot struct {
	Opaque  bounded.Map[token.Digest, []byte]
	Revoked bounded.Map[token.Digest, struct{}]
}

// Snapshot returns the entries that a state file contains.
func (e *Entries) Snapshot() LedgerSnapshot {
	return LedgerSnapshot{Opaque: e.opaque, Revoked: e.revoked}
}

// Restore replaces the claims of opaque tokens and the revocations with those
// of a snapshot.
func (l *Ledger) Restore(saved LedgerSnapshot) {
	e, unlock := l.Lock()
	defer unlock()
	e.opaque, e.revoked = saved.Opaque, saved.Revoked
}
