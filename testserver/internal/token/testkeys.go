package token

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
)

// testKeys holds private keys that everybody can read: good for tests and for
// nothing else. Making an RSA key costs some 70 ms, parsing one a fraction of that.
//
//go:embed testkeys.pem
var testKeys []byte

// embeddedRSA returns the n-th embedded test key, false when there are no more.
func embeddedRSA(n int) (*rsa.PrivateKey, bool, error) {
	for rest := testKeys; ; n-- {
		block, tail := pem.Decode(rest)
		if block == nil {
			return nil, false, nil
		}
		if rest = tail; n > 0 {
			continue
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, false, err
		}
		k, ok := key.(*rsa.PrivateKey)
		if !ok {
			return nil, false, errors.New("an embedded test key is not an RSA key")
		}
		return k, true, nil
	}
}
