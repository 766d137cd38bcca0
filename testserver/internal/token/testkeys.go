package token

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"sync"
)

// testKeys contains private RSA keys, because generating an RSA key takes about
// 70 ms. They are only for tests, because everyone can read them. All servers
// of a process share the parsed keys, because parsing an RSA key takes as long
// as starting the rest of a server.
//
//go:embed testkeys.pem
var testKeys []byte

// embedded parses the keys once per process. The parsed keys are never changed.
var embedded = sync.OnceValues(func() (keys []*rsa.PrivateKey, err error) {
	for rest := testKeys; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return keys, nil
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		k, ok := key.(*rsa.PrivateKey)
		if !ok {
			return nil, errors.New("an embedded test key is not an RSA key")
		}
		keys = append(keys, k)
	}
})

// embeddedRSA returns the embedded test key with the index n. It returns false
// if n is too large.
func embeddedRSA(n int) (*rsa.PrivateKey, bool, error) {
	keys, err := embedded()
	if err != nil || n >= len(keys) {
		return nil, false, err
	}
	return keys[n], true, nil
}
