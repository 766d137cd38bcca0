package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

const maxKeys = 100

var (
	errKeySyntax    = errors.New("must be a JSON object without repeated members, and without values of the wrong type")
	errKeyID        = errors.New("key ID is not printable ASCII of at most 256 bytes")
	errKeyType      = errors.New("type, curve or algorithm is not supported")
	errKeyUse       = errors.New("not meant for verifying signatures")
	errKeyPrivate   = errors.New("private or symmetric key material is published: anyone can sign with it")
	errKeyMaterial  = errors.New("key material is missing or malformed")
	errKeyWeak      = errors.New("RSA key must have 2048 to 8192 bits, an odd modulus, and an odd exponent from 3 to 2147483647")
	errKeyROCA      = errors.New("RSA key is vulnerable to CVE-2017-15361 (ROCA)")
	errKeyAmbiguous = errors.New("another key has the same key ID and algorithm")
)

// key is one usable key of a set.
type key struct {
	place      int // position in the set, counted from 1
	id         string
	algorithms []string // at least one canonical name
	material   any      // see [Source]
	issuers    []string // values of the member "issuer"; nil means all issuers
}

// decode returns the Go key for a JWK whose members have been checked. The
// validation of the jwkset library is turned off: it would only compare the
// members with the key that was decoded from them.
func decode(m jwkset.JWKMarshal) (any, error) {
	jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{SkipAll: true})
	if err != nil {
		return nil, errKeyMaterial // the library's error quotes the key
	}
	return jwk.Key(), nil
}

// Parse reads a JWK Set (RFC 7517 §5) under the policy in the package comment.
// The error wraps [ErrSet] if data is not a set or has more than 100 keys, and
// [ErrNoKeys] if no key is usable.
func Parse(data []byte) (*Set, error) { return parse(data, nil) }

// parse reads a JWK Set. It skips keys whose member "use" has a value that is
// not in the list uses. If uses is nil, parse accepts keys with the value "sig"
// and keys without the member.
func parse(data []byte, uses []string) (*Set, error) {
	var (
		keys    []key
		skipped []error
		found   bool
	)
	err := strictjson.LooseObject(data, func(name string, value strictjson.Value) error {
		if name != "keys" {
			return nil
		}
		at := 0
		found = strictjson.Elements(value, maxKeys, func(element strictjson.Value) bool {
			at++
			k, err := readKey(element, uses)
			if err != nil {
				skipped = append(skipped, skip(at, err))
				return true
			}
			k.place = at
			keys = append(keys, k)
			return true
		})
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrSet, err)
	case !found:
		return nil, fmt.Errorf("%w: must have an array \"keys\" of at most %d elements", ErrSet, maxKeys)
	}
	keys, ambiguous := withoutAmbiguous(keys)
	skipped = append(skipped, ambiguous...)
	if len(keys) == 0 {
		return nil, errors.Join(append([]error{ErrNoKeys}, skipped...)...)
	}
	return newSet(keys, skipped), nil
}

func skip(place int, reason error) error { return fmt.Errorf("key %d: %w", place, reason) }

// readKey reads one key and applies the policy to it. It ignores certificate
// members (x5c, x5t, x5u): a key is trusted because of the URL from which it
// was fetched, not because of a certificate.
func readKey(data strictjson.Value, uses []string) (key, error) {
	var (
		k      key
		m      jwkset.JWKMarshal
		keyOps []string
		secret bool
	)
	members := map[string]*string{
		"kty": (*string)(&m.KTY), "crv": (*string)(&m.CRV), "alg": (*string)(&m.ALG), "use": (*string)(&m.USE),
		"kid": &m.KID, "n": &m.N, "e": &m.E, "x": &m.X, "y": &m.Y,
	}
	err := strictjson.Object(data, func(name string, value strictjson.Value) error {
		if value.IsNull() {
			return nil // treated as absent: some servers write null for members without a value
		}
		ok := true
		switch name {
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
			secret = true
		case "key_ops":
			keyOps, ok = strictjson.Strings(value, 16) // an empty array is treated as absent
		case "issuer":
			issuer, _ := strictjson.String(value) // a value that is not a string matches no issuer
			k.issuers = []string{issuer}
		case "kid":
			m.KID, ok = strictjson.String(value)
			if ok && !jws.ValidKeyID(m.KID) {
				return errKeyID
			}
		default:
			if target := members[name]; target != nil {
				*target, ok = strictjson.String(value)
			}
		}
		if !ok {
			return errKeySyntax
		}
		return nil
	})
	switch {
	case errors.Is(err, errKeyID):
		return key{}, errKeyID
	case err != nil:
		return key{}, errKeySyntax
	case secret:
		return key{}, errKeyPrivate
	case !isUse(string(m.USE), uses), keyOps != nil && !slices.Contains(keyOps, "verify"):
		return key{}, errKeyUse
	}
	if k.algorithms = fitting(m); k.algorithms == nil {
		return key{}, errKeyType
	}
	if err := checkEncoding(m); err != nil {
		return key{}, err
	}
	k.id, m.ALG = m.KID, "" // fitting has checked alg
	if k.material, err = decode(m); err != nil {
		return key{}, err
	}
	return k, checkMaterial(k.material)
}

func isUse(use string, uses []string) bool {
	if uses == nil {
		return use == "" || use == string(jwkset.UseSig)
	}
	return slices.Contains(uses, use)
}

// fitting returns the algorithms that a key may verify. If the key has the
// member alg, this is only the algorithm that alg names, provided that the
// key's type and curve allow it. If the key has no alg, these are all
// algorithms that the type and the curve allow.
func fitting(m jwkset.JWKMarshal) []string {
	if m.KTY == jwkset.KtyOct {
		return nil
	}
	curve := string(m.CRV)
	if m.KTY == jwkset.KtyRSA {
		curve = "" // crv does not apply to RSA keys
	}
	fit := jws.Fitting(string(m.KTY), curve)
	if m.ALG == "" {
		return fit
	}
	if named := jws.Find(string(m.ALG)); named != nil && slices.Contains(fit, named.Name) {
		return []string{named.Name}
	}
	return nil
}

// checkEncoding makes the checks that are impossible after a key is decoded:
// the members must be base64url without padding, and the RSA exponent must be
// odd, more than 1 and less than 2^31. RFC 7518 §6.2.1.2 forbids EC coordinates
// with too few or too many leading zeros. checkEncoding accepts them, because
// the zeros do not change the number.
func checkEncoding(m jwkset.JWKMarshal) error {
	for _, text := range [...]string{m.X, m.Y, m.N, m.E} {
		// Even in strict mode, encoding/base64 skips CR and LF.
		if _, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil || strings.ContainsAny(text, "\r\n") {
			return errKeyMaterial
		}
	}
	if m.KTY == jwkset.KtyRSA && m.E != "" {
		e, _ := base64.RawURLEncoding.DecodeString(m.E)
		if exponent := new(big.Int).SetBytes(e); len(e) > 4 || exponent.BitLen() < 2 || exponent.BitLen() > 31 || exponent.Bit(0) == 0 {
			return errKeyWeak
		}
	}
	return nil
}

// checkMaterial applies the policy to the decoded key.
func checkMaterial(material any) error {
	switch k := material.(type) {
	case *rsa.PublicKey:
		if !jws.FitRSA(k) || k.N.Bit(0) == 0 {
			return errKeyWeak
		}
		if isROCA(k.N) {
			return errKeyROCA
		}
	case *ecdsa.PublicKey:
		if _, err := k.ECDH(); err != nil { // ECDH refuses points off the curve or at infinity
			return errKeyMaterial
		}
	case ed25519.PublicKey:
		if jws.IsSmallOrder(k) {
			return errKeyMaterial
		}
	default:
		return errKeyType
	}
	return nil
}

// withoutAmbiguous removes an algorithm from keys that differ but share this
// algorithm and a key ID, because any choice between them would be a guess. It
// drops a key that has no algorithm left. Of several identical keys, it keeps
// the first.
func withoutAmbiguous(keys []key) (unique []key, ambiguous []error) {
	type place struct{ id, algorithm string }
	first, contested := make(map[place]*key), make(map[place]bool)
	for i := range keys {
		keys[i].algorithms = slices.DeleteFunc(keys[i].algorithms, func(algorithm string) bool {
			at := place{keys[i].id, algorithm}
			other, taken := first[at]
			first[at] = &keys[i]
			switch {
			case !taken:
			case same(other.material, keys[i].material):
				if first[at] = other; other.issuers != nil && keys[i].issuers != nil {
					other.issuers = append(other.issuers, keys[i].issuers...)
				} else {
					other.issuers = nil
				}
				return true
			case at.id != "": // keys without a key ID are handled by newSet
				contested[at] = true
			}
			return false
		})
	}
	for _, k := range keys {
		repeated := len(k.algorithms) == 0
		k.algorithms = slices.DeleteFunc(k.algorithms, func(algorithm string) bool { return contested[place{k.id, algorithm}] })
		switch {
		case repeated:
		case len(k.algorithms) == 0:
			ambiguous = append(ambiguous, skip(k.place, errKeyAmbiguous))
		default:
			unique = append(unique, k)
		}
	}
	return unique, ambiguous
}

func same(a, b any) bool {
	public, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(b)
}
