package oauth

import (
	"crypto/sha256"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// ledger is what the server knows of access tokens, without the tokens.
type ledger struct{ entries guarded.Value[entries] }

// entries are some 50 MB at worst of usual tokens.
type entries struct {
	opaque  bounded.Map[token.Digest, []byte]   // the claims behind a handle, as JSON
	revoked bounded.Map[token.Digest, struct{}] // handles and JWTs
	replies map[token.Digest][]byte             // what introspection is to answer, of the whole text
}

func (l *ledger) reset() {
	e, unlock := l.entries.Lock()
	defer unlock()
	*e = entries{}
}

// Keep notes the claims behind a handle.
func (l *ledger) Keep(handle string, claims []byte) {
	e, unlock := l.entries.Lock()
	defer unlock()
	e.opaque.Put(token.Identify(handle), claims)
}

func (l *ledger) claims(handle string) ([]byte, bool) {
	e, unlock := l.entries.RLock()
	defer unlock()
	return e.opaque.Get(token.Identify(handle))
}

// Revoke notes that a token is not good any more.
func (l *ledger) Revoke(text string) {
	e, unlock := l.entries.Lock()
	defer unlock()
	e.revoked.Put(token.Identify(text), struct{}{})
}

func (l *ledger) isRevoked(d token.Digest) bool {
	e, unlock := l.entries.RLock()
	defer unlock()
	_, revoked := e.revoked.Get(d)
	return revoked
}

// setReply makes reply the answer about text; nil ends that.
func (l *ledger) setReply(text string, reply []byte) {
	e, unlock := l.entries.Lock()
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

func (l *ledger) reply(text string) ([]byte, bool) {
	e, unlock := l.entries.RLock()
	defer unlock()
	reply, ok := e.replies[sha256.Sum256([]byte(text))]
	return reply, ok
}
