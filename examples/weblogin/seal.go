package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
)

const keyBytes = 32 // AES-256

// sealer encrypts data that may be stored outside this process: sessions in the
// store, and a pending login in a cookie.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block) // puts a new nonce in front of each ciphertext
	return sealer{aead}, err
}

// seal encrypts v as JSON. The result can be opened only with the same name. An
// attacker who can write to the store therefore cannot replace the tokens of
// one session with the tokens of another session.
func (s sealer) seal(name string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.aead.Seal(nil, nil, text, []byte(name)), nil //nolint:gosec // this AEAD generates the nonce itself
}

func (s sealer) open(name string, sealed []byte, v any) error {
	text, err := s.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
