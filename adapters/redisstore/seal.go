package redisstore

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
)

// keys holds the two keys that are derived from one secret.
type keys struct{ names, values []byte }

func newKeys(secret []byte) keys {
	return keys{names: derive(secret, "names"), values: derive(secret, "values")}
}

// derive returns the HMAC-SHA-256 of a text under a key.
func derive(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// aead returns the cipher for the value of one key in Redis. Each key has its
// own cipher, so that random nonces do not limit the number of values.
func (k keys) aead(key string) cipher.AEAD {
	block, err := aes.NewCipher(derive(k.values, key))
	if err != nil {
		panic(err) // the key always has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES always has the block size of GCM
	}
	return aead
}

// seal encrypts a value. The result can be opened only as the value of the same
// key.
func (k keys) seal(key string, value []byte) string {
	return string(k.aead(key).Seal(nil, nil, value, []byte(key))) //nolint:gosec // the AEAD makes a random nonce itself
}

// open decrypts a value that seal has made with one of the secrets. It counts
// values that it cannot open.
func (s *Store) open(ctx context.Context, key, sealed string) ([]byte, bool) {
	for _, k := range s.keys {
		if value, err := k.aead(key).Open(nil, nil, []byte(sealed), []byte(key)); err == nil {
			return value, true
		}
	}
	s.reject(ctx)
	return nil, false
}

// reject counts a value that cannot be used.
func (s *Store) reject(ctx context.Context) {
	s.counted.rejected.Add(1)
	s.note(ctx, rejected)
}
