package rsaverify_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

var cases = flag.Int("cases", 15_000, "number of cases to compare with crypto/rsa")

// pair is a key pair of any length and exponent. Its modulus is the product of
// many small primes, because small primes are found quickly and make no
// difference to verification.
type pair struct {
	public  *rsa.PublicKey
	key     *rsaverify.Key
	private *big.Int
}

// random is a source of random numbers that depend only on a seed.
type random struct{ *rand.ChaCha8 }

func newRandom(seed uint64) random {
	var all [32]byte
	binary.LittleEndian.PutUint64(all[:], seed)
	return random{rand.NewChaCha8(all)}
}

func (c random) n(most int) int { return int(c.Uint64() % uint64(most)) }

func (c random) bytes(n int) []byte {
	data := make([]byte, n)
	_, _ = c.Read(data)
	return data
}

// prime returns a prime p with exactly the given number of bits, such that p-1
// and e are coprime.
func (c random) prime(bits int, e int64) *big.Int {
	for {
		p := new(big.Int).SetBytes(c.bytes((bits + 7) / 8))
		p.Rsh(p, uint(p.BitLen()-min(p.BitLen(), bits)))
		p.SetBit(p, bits-1, 1).SetBit(p, 0, 1)
		less := new(big.Int).Sub(p, big.NewInt(1))
		if new(big.Int).GCD(nil, nil, less, big.NewInt(e)).Cmp(big.NewInt(1)) == 0 && p.ProbablyPrime(0) {
			return p
		}
	}
}

func (c random) pair(t *testing.T, bits int, e int64) pair {
	t.Helper()
	n, phi := big.NewInt(1), big.NewInt(1)
	for n.BitLen() < bits {
		// The last prime gives n exactly the required number of bits.
		part, last := 64, bits-n.BitLen() <= 100
		if last {
			part = bits - n.BitLen()
		}
		p := c.prime(part, e)
		product := new(big.Int).Mul(n, p)
		if last && product.BitLen() != bits || new(big.Int).Mod(n, p).Sign() == 0 {
			continue
		}
		n = product
		phi.Mul(phi, p.Sub(p, big.NewInt(1)))
	}
	public := &rsa.PublicKey{N: n, E: int(e)}
	key := rsaverify.New(public)
	if key == nil {
		t.Fatalf("a key of %d bits with the exponent %d is not prepared", bits, e)
	}
	return pair{public, key, new(big.Int).ModInverse(big.NewInt(e), phi)}
}

// sign returns the signature of an encoded message.
func (p pair) sign(encoded []byte) []byte {
	s := new(big.Int).Exp(new(big.Int).SetBytes(encoded), p.private, p.public.N)
	return s.FillBytes(make([]byte, p.public.Size()))
}

// agree checks that Verify and crypto/rsa give the same result for a signature,
// and returns this result.
func (p pair) agree(t *testing.T, what string, hash crypto.Hash, digest, signature []byte) bool {
	t.Helper()
	ours, theirs := p.key.Verify(hash, digest, signature), rsa.VerifyPKCS1v15(p.public, hash, digest, signature) == nil
	if ours != theirs {
		t.Errorf("%s, %d bits, exponent %d, %v: got accepted %t, want %t as from crypto/rsa\ndigest %x\nsignature %x\nmodulus %x",
			what, p.public.N.BitLen(), p.public.E, hash, ours, theirs, digest, signature, p.public.N)
	}
	return ours
}

var derOf = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// encoded consists of the parts of an encoded message (EMSA-PKCS1-v1_5), so
// that a test case can change one part.
type encoded struct{ head, padding, end, prefix, digest []byte }

func (p pair) encode(hash crypto.Hash, digest []byte) encoded {
	prefix := derOf[hash]
	padding := make([]byte, p.public.Size()-len(prefix)-len(digest)-3)
	for i := range padding {
		padding[i] = 0xff
	}
	return encoded{[]byte{0, 1}, padding, []byte{0}, prefix, digest}
}

func (e encoded) join() []byte { return slices.Concat(e.head, e.padding, e.end, e.prefix, e.digest) }

// messages returns encoded messages of a digest, indexed by name. The message
// "right" is correct. The others are wrong, some in ways that lenient verifiers
// accept.
func (p pair) messages(c random, hash crypto.Hash, digest []byte) map[string][]byte {
	right := func() encoded { return p.encode(hash, digest) }
	list := map[string][]byte{"right": right().join()}
	change := func(what string, f func(e *encoded)) {
		e := right()
		e.prefix = slices.Clone(e.prefix)
		f(&e)
		if text := e.join(); len(text) >= 2 {
			text = append(make([]byte, max(0, p.public.Size()-len(text))), text...)
			list[what] = text[len(text)-p.public.Size():]
		}
	}
	change("block type 2", func(e *encoded) { e.head = []byte{0, 2} })
	change("block type 0", func(e *encoded) { e.head = []byte{0, 0} })
	change("padding too short, text after the digest", func(e *encoded) {
		e.padding, e.digest = e.padding[:8], append(slices.Clone(e.digest), c.bytes(len(e.padding)-8)...)
	})
	change("padding one byte too short, zero after the digest", func(e *encoded) { e.padding, e.digest = e.padding[1:], append(slices.Clone(e.digest), 0) })
	change("padding one byte too short, zero before it", func(e *encoded) { e.padding = e.padding[1:] })
	change("a byte of the padding", func(e *encoded) {
		e.padding = slices.Clone(e.padding)
		e.padding[c.n(len(e.padding))] ^= byte(1 + c.n(255))
	})
	change("the first byte of the padding", func(e *encoded) { e.padding = slices.Clone(e.padding); e.padding[0] ^= byte(1 + c.n(255)) })
	change("the last byte of the padding", func(e *encoded) {
		e.padding = slices.Clone(e.padding)
		e.padding[len(e.padding)-1] ^= byte(1 + c.n(255))
	})
	change("no end of the padding", func(e *encoded) { e.end = []byte{0xff} })
	change("two ends of the padding", func(e *encoded) { e.padding, e.end = e.padding[1:], []byte{0, 0} })
	change("a byte of the prefix", func(e *encoded) { e.prefix[c.n(len(e.prefix))] ^= byte(1 + c.n(255)) })
	change("the prefix of another hash", func(e *encoded) {
		for other, prefix := range derOf {
			if other != hash {
				e.prefix = slices.Clone(prefix)
			}
		}
	})
	change("the prefix without NULL", func(e *encoded) {
		e.prefix = slices.Concat([]byte{0x30, e.prefix[1] - 2, 0x30, 0x0b}, e.prefix[4:15], e.prefix[17:])
		e.padding = append([]byte{0xff, 0xff}, e.padding...)
	})
	change("a byte of the digest", func(e *encoded) {
		e.digest = slices.Clone(e.digest)
		e.digest[c.n(len(e.digest))] ^= byte(1 + c.n(255))
	})
	change("no prefix", func(e *encoded) {
		e.padding = append(slices.Repeat([]byte{0xff}, len(e.prefix)), e.padding...)
		e.prefix = nil
	})
	change("random bytes", func(e *encoded) { *e = encoded{head: append([]byte{0}, c.bytes(p.public.Size()-1)...)} })
	return list
}

// variants returns signatures, indexed by name. The variant "unchanged" is the
// given signature. All others are invalid.
func (p pair) variants(c random, signature []byte) map[string][]byte {
	size := p.public.Size()
	number := new(big.Int).SetBytes(signature)
	fit := func(n *big.Int) []byte {
		if n.Sign() < 0 || (n.BitLen()+7)/8 > size {
			return n.Bytes()
		}
		return n.FillBytes(make([]byte, size))
	}
	flipped := slices.Clone(signature)
	flipped[c.n(size)] ^= 1 << c.n(8)
	return map[string][]byte{
		"unchanged":                      signature,
		"plus the modulus":               fit(new(big.Int).Add(number, p.public.N)),
		"the modulus minus it":           fit(new(big.Int).Sub(p.public.N, number)),
		"a leading zero":                 append([]byte{0}, signature...),
		"two leading zeros":              append([]byte{0, 0}, signature...),
		"an extra byte":                  append(slices.Clone(signature), byte(c.n(256))),
		"without its first byte":         signature[1:],
		"without its last byte":          signature[:size-1],
		"empty":                          nil,
		"zero":                           make([]byte, size),
		"one":                            fit(big.NewInt(1)),
		"the modulus":                    fit(p.public.N),
		"one below the modulus":          fit(new(big.Int).Sub(p.public.N, big.NewInt(1))),
		"one above the modulus":          fit(new(big.Int).Add(p.public.N, big.NewInt(1))),
		"all ones":                       slices.Repeat([]byte{0xff}, size),
		"one bit off":                    flipped,
		"random bytes":                   c.bytes(size),
		"random bytes of another length": c.bytes(c.n(size + 20)),
	}
}

// TestVerifyAgreesWithCryptoRSA compares Verify with crypto/rsa. To run many
// cases:
//
//	go test ./internal/rsaverify -run TestVerifyAgrees -cases 10000000 -timeout 0
func TestVerifyAgreesWithCryptoRSA(t *testing.T) {
	c := newRandom(1)
	var pairs []pair
	for _, bits := range []int{2048, 2049, 2055, 2056, 3072, 3079, 4096, 8191, 8192} {
		for _, e := range []int64{3, 17, 65537, 1<<31 - 1} {
			if bits > 2055 && e != 65537 {
				continue
			}
			pairs = append(pairs, c.pair(t, bits, e))
		}
	}
	three := []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}
	done, accepted := 0, 0
	count := func(passed bool) {
		if done++; passed {
			accepted++
		}
	}
	for turn := 0; done < *cases; turn++ {
		p := pairs[turn%len(pairs)]
		if p.public.Size() > 600 && turn/len(pairs)%20 != 0 {
			continue // the longest keys are slow, and run the same code as shorter keys
		}
		hash := three[c.n(len(three))]
		digest := c.bytes(hash.Size())
		messages := p.messages(c, hash, digest)
		names := slices.Sorted(maps.Keys(messages))
		for range 3 { // three messages, because signing is slow
			what := names[c.n(len(names))]
			passed := p.agree(t, what, hash, digest, p.sign(messages[what]))
			if passed != (what == "right") {
				t.Errorf("%s, %d bits: got accepted %t, want %t", what, p.public.N.BitLen(), passed, !passed)
			}
			count(passed)
		}
		signature := p.sign(p.encode(hash, digest).join())
		variants := p.variants(c, signature)
		for _, what := range slices.Sorted(maps.Keys(variants)) {
			variant := variants[what]
			passed := p.agree(t, what, hash, digest, variant)
			if passed != (what == "unchanged") {
				t.Errorf("%s, %d bits: got accepted %t, want %t", what, p.public.N.BitLen(), passed, !passed)
			}
			count(passed)
		}
		for _, other := range three { // try each other hash: with this digest, whose length is wrong, and with a random digest
			if other != hash {
				count(p.agree(t, fmt.Sprint("as ", other), other, digest, signature))
				count(p.agree(t, fmt.Sprint("as ", other), other, c.bytes(other.Size()), signature))
			}
		}
		for range 300 { // change one bit in the signature or the digest
			if c.n(4) == 0 {
				changed := slices.Clone(digest)
				changed[c.n(len(changed))] ^= 1 << c.n(8)
				count(p.agree(t, "a bit of the digest", hash, changed, signature))
				continue
			}
			changed := slices.Clone(signature)
			changed[c.n(len(changed))] ^= 1 << c.n(8)
			count(p.agree(t, "a bit of the signature", hash, digest, changed))
		}
		if t.Failed() {
			return
		}
	}
	if accepted < done/1000 {
		t.Errorf("got %d of %d accepted, want more for a useful comparison", accepted, done)
	}
	t.Logf("%d cases, %d of them accepted, with %d keys", done, accepted, len(pairs))
}

func FuzzVerifyAgreesWithCryptoRSA(f *testing.F) {
	c := newRandom(2)
	t := new(testing.T)
	pairs := []pair{c.pair(t, 2048, 65537), c.pair(t, 2049, 3)}
	for i, p := range pairs {
		digest := c.bytes(32)
		f.Add(i, digest, p.sign(p.encode(crypto.SHA256, digest).join()))
		f.Add(i, digest, p.public.N.Bytes())
	}
	f.Fuzz(func(t *testing.T, which int, digest, signature []byte) {
		p := pairs[which&1]
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			p.agree(t, "fuzzed", hash, digest, signature)
		}
	})
}
