package jws_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

// A prepared key verifies only signatures of the same key. Preparing other keys
// does not change this.
func TestPreparedKeysVerifyOnlyTheirOwnSignatures(t *testing.T) {
	var prepared jws.Prepared
	sum := sha256.Sum256([]byte("x"))
	keys := []*rsa.PrivateKey{rsaKey(), must(rsa.GenerateKey(rand.Reader, 2048))}
	for i, signer := range keys {
		signature := must(rsa.SignPKCS1v15(rand.Reader, signer, crypto.SHA256, sum[:]))
		for j, other := range keys {
			key, ok := prepared.Key(&other.PublicKey).(*rsaverify.Key)
			if !ok || key.Public != &other.PublicKey {
				t.Fatalf("key %d: got no prepared key, or the prepared form of another key", j)
			}
			if got := key.Verify(crypto.SHA256, sum[:], signature); got != (i == j) {
				t.Errorf("the signature of key %d, verified with key %d: got accepted %t", i, j, got)
			}
		}
	}
	first := prepared.Key(&keys[0].PublicKey)
	if prepared.Key(&keys[0].PublicKey) != first {
		t.Error("a key was prepared again")
	}
	if got := prepared.Key(any(p256().Public())); got != any(p256().Public()) {
		t.Errorf("got %T for an ECDSA key, want the key itself, because it cannot be prepared", got)
	}

	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 300 { // more keys than Prepared caches
				public := keys[0].PublicKey
				if key, ok := prepared.Key(&public).(*rsaverify.Key); !ok || key.Public != &public {
					t.Error("got no prepared key, or the prepared form of another key")
				}
			}
		})
	}
	all.Wait()
}
