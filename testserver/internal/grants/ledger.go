package grants

import (
	"crypto/sha256"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Ledger is what the server knows of access tokens, without the tokens.
type Ledger struct{ guarded.Value[Entries] }

// Entries are some 50 MB at worst of usual tokens.
type Entries struct {
	opaque  bounded.Map[token.Digest, []byte]   // the claims behind a handle, as JSON
	revoked bounded.Map[token.Digest, struct{}] // handles and JWTs
	replies map[token.Digest][]byte             // what introspection is to answer, of the whole text
}

// Reset drops all entries.
func (l *Ledger) Reset() {
	e, unlock := l.Lock()
	defer unlock()
	*e = Entries{}
}

// Keep notes the claims behind a handle.
func (l *Ledger) Keep(handle string, claims []byte) {
	e, unlock := l.Lock()
	defer unlock()
	e.opaque.Put(token.Identify(handle), claims)
}

// Claims returns the claims behind a handle, as JSON.
func (l *Ledger) Claims(handle string) ([]byte, bool) {
	e, unlock := l.RLock()
	defer unlock()
	return e.opaque.Get(token.Identify(handle))
}

// Revoke notes that a token is not good any more.
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

// SetReply makes reply the answer about text; nil ends that.
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

// Reply returns what introspection is to answer about text.
func (l *Ledger) Reply(text string) ([]byte, bool) {
	e, unlock := l.RLock()
	defer unlock()
	reply, ok := e.replies[sha256.Sum256([]byte(text))]
	return reply, ok
}

// KeptLedger is what a state file has of a Ledger. Replies end with the process.
type KeptLedger struct {
	Opaque  bounded.Map[token.Digest, []byte]
	Revoked bounded.Map[token.Digest, struct{}]
}

// Kept is what to keep.
func (e *Entries) Kept() KeptLedger { return KeptLedger{Opaque: e.opaque, Revoked: e.revoked} }

// Restore puts what was kept in place of what there is.
func (l *Ledger) Restore(kept KeptLedger) {
	e, unlock := l.Lock()
	defer unlock()
	e.opaque, e.revoked = kept.Opaque, kept.Revoked
}
