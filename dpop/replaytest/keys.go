package replaytest

import (
	"crypto/rand"
	"fmt"
)

// newKey returns a random key, which has no replay entry yet.
func newKey() (key [32]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}

// similar is a pair of new keys that differ only a little, and only in the
// first 16 bytes. A store need not keep the other bytes.
type similar struct {
	a, b       [32]byte
	difference string // "in …"
}

const kept = 16

func similarKeys() (pairs []similar) {
	add := func(difference string, change func(a, b []byte)) {
		a := newKey()
		b := a
		change(a[:kept], b[:kept])
		pairs = append(pairs, similar{a, b, difference})
	}
	for i := range kept {
		add(fmt.Sprintf("only in byte %d", i), func(_, b []byte) { b[i] ^= 1 })
	}
	add("only in the case of a letter", func(a, b []byte) { a[3], b[3] = 'k', 'K' })
	add("only in bytes that are not UTF-8", func(a, b []byte) { a[3], b[3] = 0xfe, 0xff })
	add("only after a NUL byte", func(a, b []byte) { a[3], b[3] = 0, 0; b[9] ^= 1 })
	add("only after a newline", func(a, b []byte) { a[3], b[3] = '\n', '\n'; b[9] ^= 1 })
	add("only in white space", func(a, b []byte) { a[0], b[0] = ' ', '\t' })
	return pairs
}
