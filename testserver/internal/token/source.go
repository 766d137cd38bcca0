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

// Source yields the bytes for keys, token identifiers and the like. Without a
// seed, the bytes are random. With a seed, they are the same in every run.
type Source struct {
	seed []byte // nil means random

	mu    sync.Mutex
	drawn map[string]int
}

// RandomSource returns a source that draws from crypto/rand.
func RandomSource() *Source { return &Source{} }

// SeededSource returns a source that derives all bytes from seed with HKDF. The
// bytes for one label do not depend on draws for other labels. An additional
// token, for example, does not change the next key.
func SeededSource(seed string) *Source {
	return &Source{seed: append([]byte("bearerguard testserver\n"), seed...), drawn: map[string]int{}}
}

// Seeded reports whether the source yields the same bytes in every run.
func (s *Source) Seeded() bool { return s.seed != nil }

// Draw returns the next n bytes for label. It is safe for concurrent use, but
// the order of concurrent draws is not repeatable.
func (s *Source) Draw(label string, n int) []byte {
	if !s.Seeded() {
		b := make([]byte, n)
		_, _ = rand.Read(b) // never fails: crypto/rand crashes the program instead
		return b
	}
	s.mu.Lock()
	turn := s.drawn[label]
	s.drawn[label]++
	s.mu.Unlock()

	b, err := hkdf.Key(sha256.New, s.seed, nil, label+"\n"+strconv.Itoa(turn), n)
	if err != nil {
		panic("testserver: " + err.Error()) // HKDF fails only above 255 blocks or, in FIPS mode, with a short seed
	}
	return b
}

// idBytes is the length of an identifier in bytes. With 128 bits, identifiers
// do not collide.
const idBytes = 16

// Name returns a new identifier, which is not a secret.
func (s *Source) Name(label string) string {
	return base64.RawURLEncoding.EncodeToString(s.Draw(label, idBytes))
}

// handleBytes is the length of a random secret such as an opaque token. Its 192
// bits are more than RFC 6749 §10.10 requires. In base64url, they leave no
// unused bits.
const handleBytes = 24

// Handle returns a new secret, such as an opaque token.
func (s *Source) Handle(label string) string {
	b := s.Draw(label, handleBytes)
	// A JWT is recognized by the first byte of its JSON header, which is an
	// ASCII byte. The top bit ensures that a secret does not begin with an
	// ASCII byte. Otherwise, one opaque token in 256 would be treated as a
	// malformed JWT.
	b[0] |= 0x80
	return base64.RawURLEncoding.EncodeToString(b)
}

// Drawn returns the number of draws for each label. A random source does not
// count its own draws.
func (s *Source) Drawn() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.drawn)
}

// Resume makes s continue where the source of an earlier run stopped, so that a
// restarted server does not draw the same bytes again. drawn is what Drawn
// returned in the earlier run.
func (s *Source) Resume(drawn map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn == nil {
		s.drawn = map[string]int{} // a random source only stores the counts, for a later seeded run
	}
	for label, n := range drawn {
		s.drawn[label] = max(s.drawn[label], n)
	}
}

// Fork returns a source whose draws do not affect the draws from s. If s has a
// seed, Fork draws a new seed from s for label and returns a source with the
// new seed. If s is random, Fork returns s itself.
func (s *Source) Fork(label string) *Source {
	if !s.Seeded() {
		return s
	}
	return &Source{seed: s.Draw(label, 32), drawn: map[string]int{}}
}
