package jws_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// agree checks that Verify and golang-jwt give the same result for the
// signature of m. It returns the result of Verify.
func agree(t *testing.T, name string, m *jws.Message, key any) bool {
	t.Helper()
	ours := m.Verify(key) == nil
	theirs := jws.Find(m.Header.Algorithm).Method.Verify(m.SigningInput, m.Signature, key) == nil
	if ours != theirs {
		t.Errorf("%s: got accepted %t, want %t as from golang-jwt", name, ours, theirs)
	}
	return ours
}

func TestVerifyAgreesWithGolangJWTOnTheVectors(t *testing.T) {
	compared, accepted := 0, 0
	for _, c := range counts {
		var file wycheproof
		readVectors(t, c.file, &file)
		for _, g := range file.Groups {
			set := setOf(t, g.keys()...)
			for _, v := range g.Tests {
				keys, m := parsed(set, v.text())
				if m == nil || jws.Find(m.Header.Algorithm) == nil {
					continue
				}
				key, err := keys.Key(t.Context(), m.Header.KeyID, m.Header.Algorithm)
				if err != nil {
					continue
				}
				compared++
				if agree(t, fmt.Sprintf("%s tc%d (%s)", c.file, v.ID, v.Comment), m, key) {
					accepted++
				}
			}
		}
	}
	if compared < 250 || accepted < 35 {
		t.Errorf("got %d signatures compared and %d accepted, want at least 250 and 35", compared, accepted)
	}
}

func TestVerifyAgreesWithGolangJWTOnDamagedSignatures(t *testing.T) {
	for _, algorithm := range everyAlgorithm() {
		_, public := signer(algorithm)
		m := signed(t, algorithm)
		good := slices.Clone(m.Signature)
		half := len(good) / 2
		damaged := map[string][]byte{
			"good": good, "empty": {}, "short": good[1:], "long": append(slices.Clone(good), 0), "doubled": append(slices.Clone(good), good...),
			"all zero": make([]byte, len(good)), "all ones": slices.Repeat([]byte{0xff}, len(good)), "swapped": append(slices.Clone(good[half:]), good[:half]...),
			"a zero between the halves": slices.Insert(slices.Clone(good), half, 0),
		}
		for _, at := range []int{0, 1, half - 1, half, half + 1, len(good) - 1} {
			for _, value := range []byte{0, 1, 0x7f, 0x80, 0xff} {
				changed := slices.Clone(good)
				changed[at] = value
				damaged[fmt.Sprintf("byte %d is %#x", at, value)] = changed
			}
		}
		for name, signature := range damaged {
			m.Signature = signature
			agree(t, algorithm+": "+name, m, public)
		}
	}
}

// The length of r and of s in DER varies. DER drops leading zero bytes, and
// adds a byte to a number whose high bit is set. One number in 256 has a
// leading zero byte.
func TestVerifyAgreesWithGolangJWTOnNumbersOfEveryLength(t *testing.T) {
	shapes := make(map[string]bool)
	for i := 0; i < 10_000 && len(shapes) < 6; i++ {
		m := signed(t, "ES256")
		for place, number := range map[string][]byte{"r": m.Signature[:32], "s": m.Signature[32:]} {
			shape := place + map[bool]string{true: " with a high bit", false: ""}[number[0] >= 0x80]
			if number[0] == 0 {
				shape = place + " that is short"
			}
			if !shapes[shape] && !agree(t, shape, m, &p256().PublicKey) {
				t.Fatalf("%s: a good signature is refused", shape)
			}
			shapes[shape] = true
		}
	}
	if len(shapes) < 6 {
		t.Errorf("got only %v, want each number short, plain and with a high bit", shapes)
	}
	for range 8 {
		for _, algorithm := range []string{"ES384", "ES512"} {
			if _, public := signer(algorithm); !agree(t, algorithm, signed(t, algorithm), public) {
				t.Errorf("%s: a good signature is refused", algorithm)
			}
		}
	}
}

// parsed parses a key set and a token. If either is invalid, it returns nil for
// both.
func parsed(set []byte, compact string) (*jwks.Set, *jws.Message) {
	keys, err := jwks.Parse(set)
	if err != nil {
		return nil, nil
	}
	m, err := jws.Parse(compact)
	if err != nil {
		return nil, nil
	}
	return keys, m
}

// fewest returns the smallest number of allocations in several runs of f. An
// average would be unreliable, because sync.Pool drops items at random under
// the race detector.
func fewest(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 20 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

// Each limit covers the allocations of the standard library, one for a digest
// and, with ECDSA, one for the DER signature. EdDSA allocates nothing.
// proof/bench compares the number of allocations with golang-jwt's.
func TestVerifyAllocatesLittle(t *testing.T) {
	for algorithm, most := range map[string]float64{"RS256": 9, "PS256": 19, "ES256": 13, "ES512": 17, "EdDSA": 0} {
		_, public := signer(algorithm)
		m := signed(t, algorithm)
		if got := fewest(func() { _ = m.Verify(public) }); got > most {
			t.Errorf("%s: got %v allocations, want at most %v", algorithm, got, most)
		}
	}
}

func TestSplitOfAReusedMessageAllocatesNothing(t *testing.T) {
	compact := encode(`{"alg":"RS256"}`) + "." + encode(`{"sub":"a"}`) + "." + encode("signature")
	var m jws.Message
	split := func() {
		if !jws.IsJWT(compact) {
			t.Error("IsJWT: got false, want true")
		}
		if _, err := m.Split(compact); err != nil {
			t.Error(err)
		}
		m.Clear()
	}
	if got := fewest(split); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestClearErasesTheMessage(t *testing.T) {
	var m jws.Message
	header, err := m.Split(encode(`{"alg":"RS256"}`) + "." + encode(`{"sub":"a"}`) + "." + encode("signature"))
	if err != nil {
		t.Fatal(err)
	}
	payload, signature := m.Payload, m.Signature
	m.Clear()
	for name, left := range map[string][]byte{"header": header, "payload": payload, "signature": signature} {
		if len(left) == 0 || slices.ContainsFunc(left, func(b byte) bool { return b != 0 }) {
			t.Errorf("%s: got %q, want zeros", name, left)
		}
	}
	if m.SigningInput != "" || m.Payload != nil || m.Signature != nil || m.Header != (jws.Header{}) {
		t.Errorf("got %+v, want an empty message", m)
	}
}
