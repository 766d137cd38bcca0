package token

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"strconv"
	"sync"
)

// Source yields the bytes that keys, token identifiers and the like are made
// of: random ones, or under a seed the same ones in every run.
type Source struct {
	seed []byte // nil means random

	mu    sync.Mutex
	drawn map[string]int
}

// RandomSource draws from crypto/rand.
func RandomSource() *Source { return &Source{} }

// SeededSource derives everything from seed by HKDF. Each label counts its own
// draws, so that a further token never changes the next key.
func SeededSource(seed string) *Source {
	return &Source{seed: append([]byte("bearerguard testserver\n"), seed...), drawn: map[string]int{}}
}

// Seeded reports whether the source repeats itself in every run.
func (s *Source) Seeded() bool { return s.seed != nil }

// Draw returns the next n bytes for label; concurrent use is safe, though the
// order of concurrent draws is the scheduler's.
func (s *Source) Draw(label string, n int) []byte {
	if !s.Seeded() {
		b := make([]byte, n)
		_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
		return b
	}
	s.mu.Lock()
	turn := s.drawn[label]
	s.drawn[label]++
	s.mu.Unlock()

	b, err := hkdf.Key(sha256.New, s.seed, nil, label+"\n"+strconv.Itoa(turn), n)
	if err != nil {
		panic("testserver: " + err.Error()) // only for more than 255 blocks, or a seed FIPS mode calls too short
	}
	return b
}

// idBytes are 128 bits: enough for names that never collide.
const idBytes = 16

// Name is a new text for what is not a secret.
func (s *Source) Name(label string) string {
	return base64.RawURLEncoding.EncodeToString(s.Draw(label, idBytes))
}

// handleBytes are 192 bits: more than RFC 6749 §10.10 asks for, and base64url
// without bits that are left over.
const handleBytes = 24

// Handle is a new text that says nothing, for what is a secret.
func (s *Source) Handle(label string) string {
	b := s.Draw(label, handleBytes)
	// Bytes that begin a JSON text are what a JWT is recognised by. One handle in
	// 256 would be taken for a broken JWT.
	b[0] |= 0x80
	return base64.RawURLEncoding.EncodeToString(b)
}

// Drawn returns how much has been drawn for each label.
func (s *Source) Drawn() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.drawn)
}

// Resume goes on from there: what is drawn after a restart must not be what was
// drawn before.
func (s *Source) Resume(drawn map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn == nil {
		s.drawn = map[string]int{} // of a random source, which leaves it to another run
	}
	for label, n := range drawn {
		s.drawn[label] = max(s.drawn[label], n)
	}
}

// Fork is a source of its own: what is drawn from it changes nothing that s
// yields, except for label.
func (s *Source) Fork(label string) *Source {
	if !s.Seeded() {
		return s
	}
	return &Source{seed: s.Draw(label, 32), drawn: map[string]int{}}
}
