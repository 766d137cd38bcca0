package token

import (
	"crypto/ecdsa"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strconv"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// proofKeyDefects returns the defects of the JWT, its signature and its key.
func proofKeyDefects() []Defect {
	return []Defect{{
		Name:  "dpop-wrong-typ",
		Wrong: "typ is JWT, so another JWT that the client has signed passes as a proof (RFC 9449 §4.3, item 4; RFC 8725 §3.11).",
		Fix:   "Require typ dpop+jwt.",
		prove: proved(func(f *proofForgery) { f.SetHeader("typ", "JWT") }),
	}, {
		Name:  "dpop-alg-none",
		Wrong: "The proof has alg none and no signature: any attacker can make it from the public key (RFC 9449 §4.3, item 5).",
		Fix:   "Accept only the asymmetric algorithms of a list, which algs in the challenge shows.",
		prove: func(f *proofForgery) ([]string, error) {
			f.SetHeader("alg", "none")
			proof, err := f.sign()
			rest, _ := cutLast(proof)
			return []string{rest + "."}, err
		},
	}, {
		Name:  "dpop-hs256",
		Wrong: "The proof is signed by HMAC with the PEM of its public key as the secret, and every recipient knows the public key (RFC 9449 §4.3, item 5; RFC 8725 §2.1).",
		Fix:   "Accept only asymmetric algorithms, and only those that fit the type of the key in jwk.",
		prove: func(f *proofForgery) ([]string, error) {
			der, err := x509.MarshalPKIXPublicKey(f.key.Private.Public())
			if err != nil {
				return nil, err
			}
			f.key = Key{Alg: catalogue.HS256, Secret: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}
			f.SetHeader("alg", "HS256")
			return f.fields()
		},
	}, {
		Name:  "dpop-no-jwk",
		Wrong: "The proof has no jwk, so nothing shows which key signed it (RFC 9449 §4.2, §4.3, item 3).",
		Fix:   "Require jwk in the header of the proof.",
		prove: proved(func(f *proofForgery) { f.Header.Delete("jwk") }),
	}, {
		Name:  "dpop-private-jwk",
		Wrong: "jwk contains the private key, which is no longer secret (RFC 9449 §4.3, item 7).",
		Fix:   "Refuse a jwk with a member of a private key, such as d.",
		prove: proved(func(f *proofForgery) {
			text, err := json.Marshal(jose.JSONWebKey{Key: f.key.Private})
			if err != nil {
				f.Fail(errors.New("dpop-private-jwk: the private key cannot be exported: use a key of GenerateKey"))
			}
			f.Header.Put("jwk", text)
		}),
	}, {
		Name:  "dpop-oct-jwk",
		Wrong: "jwk is a symmetric key, which signs the proof and which every recipient reads in it (RFC 9449 §4.2, §4.3, item 5).",
		Fix:   "Accept only jwk with kty EC, OKP or RSA.",
		shown: octJWK,
		prove: func(f *proofForgery) ([]string, error) {
			jwk, err := octJWK(f.key)
			if err != nil {
				return nil, err
			}
			secret, _ := jwk.Text("k")
			f.SetHeader("jwk", jwk)
			f.SetHeader("alg", "HS256")
			f.key = Key{Alg: catalogue.HS256}
			f.key.Secret, err = base64.RawURLEncoding.DecodeString(secret)
			if err != nil {
				return nil, err
			}
			return f.fields()
		},
	}, {
		Name:  "dpop-jwk-off-curve",
		Wrong: "jwk is a point that is not on its curve, so it is not a public key (RFC 9449 §4.3, item 6; RFC 7518 §6.2.2; RFC 8725 §3.4).",
		Fix:   "Check that the point is on the curve before using it, as crypto/ecdsa and crypto/ecdh do.",
		shown: offCurveJWK,
		prove: func(f *proofForgery) ([]string, error) {
			jwk, err := offCurveJWK(f.key)
			if err != nil {
				return nil, err
			}
			if _, isEC := f.key.Private.(*ecdsa.PrivateKey); !isEC {
				f.key = f.attacker(catalogue.ES256)
				f.SetHeader("alg", "ES256")
			}
			f.SetHeader("jwk", jwk)
			return f.fields()
		},
	}, {
		Name:  "dpop-rsa-1024",
		Wrong: "jwk is an RSA key of 1024 bits, which an attacker may be able to factor; RS256 needs 2048 bits or more (RFC 7518 §3.3, RFC 9449 §4.3, item 5).",
		Fix:   "Refuse RSA keys of less than 2048 bits.",
		shown: func(Key) (Object, error) {
			key, err := weakRSA()
			if err != nil {
				return nil, err
			}
			return key.shown()
		},
		prove: proved(func(f *proofForgery) {
			key, err := weakRSA()
			if err != nil {
				f.Fail(err)
				return
			}
			f.useWith(key)
		}),
	}, {
		Name: "dpop-other-key",
		// Two error codes are correct: RFC 9449 §7.1 uses this code in an
		// example, and invalid_dpop_proof follows from §4.3, item 12.
		Codes: []string{"invalid_token"},
		Wrong: "The proof is right but made with an attacker's key, not with the key that the token is bound to (RFC 9449 §4.3, item 12; §7.1).",
		Fix:   "Compare the RFC 7638 thumbprint of jwk with cnf.jkt of the token.",
		prove: proved(func(f *proofForgery) { f.useWith(f.attacker(f.key.Alg)) }),
	}, {
		Name:  "dpop-bad-signature",
		Wrong: "The proof shows the client's key in jwk, but is signed with an attacker's key (RFC 9449 §4.3, item 6).",
		Fix:   "Verify the signature with the key in jwk.",
		prove: proved(func(f *proofForgery) { f.key = f.attacker(f.key.Alg) }),
	}, {
		Name:  "dpop-crit",
		Wrong: "crit in the header names an unknown extension; such a JWT must be refused (RFC 7515 §4.1.11; RFC 9449 §4.3, item 2).",
		Fix:   "Refuse every crit unless each extension in it is supported and processed.",
		prove: proved(func(f *proofForgery) {
			f.SetHeader("crit", []string{"urn:testserver:unknown"})
			f.SetHeader("urn:testserver:unknown", true)
		}),
	}, {
		Name:  "dpop-duplicate-header",
		Wrong: "alg is repeated, the second time as none: header names must be unique, or a parser must use the last value (RFC 7515 §4; RFC 9449 §4.3, item 2).",
		Fix:   "Parse the header with a parser that refuses repeated members, or at least uses the last of them.",
		prove: proved(func(f *proofForgery) { f.Header = append(f.Header, Member{"alg", []byte(`"none"`)}) }),
	}, {
		Name:  "dpop-duplicate-claim",
		Wrong: "htm is repeated, first right and then wrong: claim names must be unique, or a parser must use the last value (RFC 7519 §4; RFC 9449 §4.3, item 2).",
		Fix:   "Parse the claims with a parser that refuses repeated members, or at least uses the last of them.",
		prove: proved(func(f *proofForgery) {
			f.Claims = append(f.Claims, Member{"htm", strconv.AppendQuote(nil, otherMethod(f.proof.Method))})
		}),
	}}
}

// useWith makes the proof use the given key: this key signs the proof, and its
// public part is in jwk.
func (f *proofForgery) useWith(key Key) {
	jwk, err := key.shown()
	if err != nil {
		f.Fail(err)
		return
	}
	f.key = key
	f.SetHeader("jwk", jwk)
	f.SetHeader("alg", string(key.Alg))
}

// octJWK returns a symmetric key that depends only on k.
func octJWK(k Key) (Object, error) {
	jwk, err := k.shown()
	if err != nil {
		return nil, err
	}
	id, err := thumbprintOf(jwk)
	if err != nil {
		return nil, err
	}
	var oct Object
	err = errors.Join(oct.Set("kty", "oct"), oct.Set("k", id))
	return oct, err
}

// offCurveJWK returns an EC JWK whose point is not on its curve. The JWK
// depends only on k. If k is an ECDSA key, the point is the public key of k
// with one bit of y changed. Otherwise, the coordinates of the point are hashes
// of the public key.
func offCurveJWK(k Key) (Object, error) {
	jwk, err := k.shown()
	if err != nil {
		return nil, err
	}
	text, isEC := jwk.Text("y")
	if !isEC {
		id, err := thumbprintOf(jwk)
		if err != nil {
			return nil, err
		}
		var point Object
		err = errors.Join(point.Set("kty", "EC"), point.Set("crv", "P-256"), point.Set("x", hashOf(id)), point.Set("y", hashOf(hashOf(id))))
		return point, err
	}
	y, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	y[len(y)-1] ^= 1
	err = jwk.Set("y", base64.RawURLEncoding.EncodeToString(y))
	return jwk, err
}

// weakPEM is the 1024-bit RSA key for the defect dpop-rsa-1024. All processes
// use the same key, because a proof and its token may be made in different
// processes.
//
//go:embed weak.pem
var weakPEM []byte

var weakRSA = sync.OnceValues(func() (Key, error) { return ParseKey(weakPEM) })
