package jwks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"

	"github.com/bearerguard/bearerguard/internal/jws"
)

var errPEM = errors.New("must be a single PEM block of type PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE and nothing else")

// PEM makes a set from public keys in PEM format, for issuers that do not
// publish a JWK Set. keys maps each key ID to one block of type PUBLIC KEY, RSA
// PUBLIC KEY or CERTIFICATE. Only the public key of a certificate is used: the
// certificate's dates and signature are not checked. The keys must pass the
// policy in the package comment. Each key verifies all algorithms of its type
// and curve. To accept fewer algorithms, set the verifier's Algorithms. At most
// 100 keys are accepted.
//
// Unlike [Parse], PEM does not skip unusable keys: it returns an error that
// wraps [ErrConfig] and lists every fault. The error quotes no input: it gives
// the position of a key in the sorted list of key IDs. For an empty map, the
// error is [ErrNoKeys].
func PEM(keys map[string]string) (*Set, error) {
	switch {
	case len(keys) == 0:
		return nil, ErrNoKeys
	case len(keys) > maxKeys:
		return nil, fmt.Errorf("%w: too many keys: at most %d are allowed", ErrConfig, maxKeys)
	}
	var (
		read   []key
		faults []error
	)
	for i, id := range slices.Sorted(maps.Keys(keys)) {
		k, err := readPEM(id, keys[id])
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: %w", ErrConfig, skip(i+1, err)))
		}
		k.place = i + 1
		read = append(read, k)
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return newSet(read, nil), nil
}

// readPEM reads one key and applies the policy to it.
func readPEM(id, text string) (k key, err error) {
	if !jws.ValidKeyID(id) {
		return k, errKeyID
	}
	// pem.Decode skips text before the block, even if this text is a malformed
	// block. The check below refuses such text.
	text = strings.TrimSpace(text)
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(rest) > 0 || len(block.Headers) > 0 || strings.LastIndex(text, "-----BEGIN ") != 0 {
		return k, errPEM
	}
	switch block.Type {
	case "PUBLIC KEY":
		k.material, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		k.material, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			k.material = certificate.PublicKey
		}
	default:
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return k, errKeyPrivate
		}
		return k, errPEM
	}
	if err != nil {
		return k, errKeyMaterial // the library's error may quote the key
	}
	if k.algorithms = jws.Fitting(shape(k.material)); k.algorithms == nil {
		return k, errKeyType
	}
	if err := checkMaterial(k.material); err != nil {
		return k, err
	}
	if public, ok := k.material.(*rsa.PublicKey); ok && (public.E < 3 || public.E > math.MaxInt32 || public.E%2 == 0) {
		return k, errKeyWeak // for a JWK, checkEncoding makes this check
	}
	k.id = id
	return k, nil
}

// shape returns the kty and crv that the key would have in a JWK.
func shape(material any) (keyType, curve string) {
	switch k := material.(type) {
	case *rsa.PublicKey:
		return jwkset.KtyRSA.String(), ""
	case *ecdsa.PublicKey:
		return jwkset.KtyEC.String(), k.Params().Name
	case ed25519.PublicKey:
		return jwkset.KtyOKP.String(), jwkset.CrvEd25519.String()
	}
	return "", ""
}
