package as

import (
	"crypto/sha256"
	"strings"
)

// maxTokens bounds each of the two lists below, together some 50 MB at worst
// of usual tokens. It is stated in the documentation of package testserver.
const maxTokens = 100_000

// digest stands for a token wherever one is remembered.
type digest [sha256.Size]byte

// identify leaves the signature of a JWT out: whoever revokes a token means its
// claims, and an ECDSA signature has a twin that anybody can compute.
func identify(token string) digest {
	if strings.Count(token, ".") == 2 {
		token = token[:strings.LastIndexByte(token, '.')]
	}
	return sha256.Sum256([]byte(token))
}

// store is what the server knows of tokens, without the tokens.
type store struct {
	mu      gate
	opaque  latest[digest, []byte]   // the claims behind a handle, as JSON
	revoked latest[digest, struct{}] // handles and JWTs
	replies map[digest][]byte        // what introspection was told to say, of the whole text
}

func (s *store) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opaque, s.revoked, s.replies = latest[digest, []byte]{}, latest[digest, struct{}]{}, nil
}

// Keep notes the claims behind a handle.
func (s *store) Keep(handle string, claims []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opaque.put(identify(handle), claims)
}

func (s *store) claims(handle string) ([]byte, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	claims, ok := s.opaque.kept[identify(handle)]
	return claims, ok
}

// Revoke notes that a token is not good any more.
func (s *store) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked.put(identify(token), struct{}{})
}

func (s *store) isRevoked(token string) bool { return s.gone(identify(token)) }

func (s *store) gone(token digest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, gone := s.revoked.kept[token]
	return gone
}

// say makes reply the answer about text; nil ends that.
func (s *store) say(text string, reply []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reply == nil {
		delete(s.replies, sha256.Sum256([]byte(text)))
		return
	}
	if s.replies == nil {
		s.replies = map[digest][]byte{}
	}
	s.replies[sha256.Sum256([]byte(text))] = reply
}

func (s *store) said(text string) ([]byte, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	reply, ok := s.replies[sha256.Sum256([]byte(text))]
	return reply, ok
}
