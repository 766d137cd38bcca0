package token

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// keyDefects returns the defects in the signature of a token and in the header
// members that say how to verify it. For example, the signature is missing,
// changed or made with an untrusted key, or kid is missing.
func keyDefects() []Defect {
	return []Defect{{
		Name:  catalogue.BadSignature,
		Wrong: "One bit of the signature is changed (RFC 7515 §5.2, RFC 9068 §4).",
		Fix:   "Verify the signature before trusting any part of the token; decoding is not verification.",
		forge: resigned(func(sig []byte) []byte {
			sig[len(sig)/2] ^= 1
			return sig
		}),
	}, {
		Name:  catalogue.TruncatedSignature,
		Wrong: "The second half of the signature is missing (RFC 7515 §5.2, RFC 7518 §3).",
		Fix:   "Verify the whole signature, including its length.",
		forge: resigned(func(sig []byte) []byte { return sig[:len(sig)/2] }),
	}, {
		Name:  catalogue.ZeroECDSASignature,
		Wrong: "The ECDSA signature is all zeros, which faulty code accepts for any text (RFC 7518 §3.4, CVE-2022-21449).",
		Fix:   "Use a maintained ECDSA implementation: R and S must be between 1 and the order of the curve.",
		forge: zeroECDSA,
	}, {
		Name:  catalogue.AlgNone,
		Wrong: "The token has alg none and no signature: any attacker can make such a token (RFC 8725 §3.1, §3.2; RFC 7518 §3.6).",
		Fix:   "Accept only the algorithms of the issuer's keys, from a list in the API's configuration.",
		forge: unsigned("none"),
	}, {
		Name:  catalogue.AlgNoneCased,
		Wrong: "The token has alg nOnE and no signature: a filter for the word none does not match it (RFC 8725 §3.1, §3.2; RFC 7515 §4.1.1).",
		Fix:   "List the accepted algorithms, not the refused ones.",
		forge: unsigned("nOnE"),
	}, {
		Name:  catalogue.HS256Confusion,
		Wrong: "The token is signed by HMAC with the PEM of the public key as the secret, and any attacker knows the public key (RFC 8725 §2.1, §3.1).",
		Fix:   "Bind each key to one algorithm; never let the token's alg decide how a public key is used.",
		forge: hs256Confusion,
	}, {
		Name:  catalogue.UnknownKid,
		Wrong: "The token is signed with a key that is not in the JWKS, under a kid that is not in the JWKS (RFC 9068 §4, RFC 7515 §6).",
		Fix:   "Refuse tokens that no published key verifies; after an unknown kid, fetch the JWKS at most once every few seconds.",
		forge: edited(func(f *forgery) {
			key, err := f.minter.Attacker.Key(f.key.Alg)
			if err != nil {
				f.Fail(err)
			}
			key.ID = "unknown-" + base64.RawURLEncoding.EncodeToString(f.minter.Source.Draw("unknown kid", 9))
			f.use(key)
		}),
	}, {
		Name:  catalogue.ForeignKeySameKid,
		Wrong: "The token is signed with an attacker's key under the kid of the issuer's key (RFC 7515 §5.2, RFC 8725 §3.10).",
		Fix:   "Use kid only to select a key: verify the signature with the issuer's key of that kid.",
		forge: edited(func(f *forgery) {
			key, err := f.minter.Attacker.Key(f.key.Alg)
			if err != nil {
				f.Fail(err)
			}
			f.key = key
		}),
	}, {
		Name:  catalogue.EmbeddedJWK,
		Wrong: "jwk in the token is an attacker's key that verifies the token (RFC 8725 §3.10, RFC 7515 §4.1.3, CVE-2018-0114).",
		Fix:   "Take keys only from the issuer's JWKS; ignore jwk, jku, x5c and x5u in the header.",
		forge: byAttacker(func(f *forgery) { f.SetHeader("jwk", f.key.public()) }),
	}, {
		Name:  catalogue.JKUHeader,
		Wrong: "jku in the token is the URL of an attacker's key that verifies the token (RFC 8725 §3.10, RFC 7515 §4.1.2).",
		Fix:   "Never fetch a URL from a token: take keys only from the configured issuer.",
		forge: byAttacker(func(f *forgery) { f.SetHeader("jku", f.trap()+trapJWKS) }),
	}, {
		Name:  catalogue.X5UHeader,
		Wrong: "x5u in the token is the URL of an attacker's certificate that verifies the token (RFC 8725 §3.10, RFC 7515 §4.1.5).",
		Fix:   "Never fetch a URL from a token: take keys only from the configured issuer.",
		forge: byAttacker(func(f *forgery) { f.SetHeader("x5u", f.trap()+"/"+string(f.key.Alg)+".pem") }),
	}, {
		Name:  catalogue.CritHeader,
		Wrong: "crit in the header names an unknown extension; such a token must be refused (RFC 7515 §4.1.11).",
		Fix:   "Refuse every crit unless each extension in it is supported and processed.",
		forge: edited(func(f *forgery) {
			f.SetHeader("crit", []string{"urn:testserver:unknown"})
			f.SetHeader("urn:testserver:unknown", true)
		}),
	}, {
		Name:  catalogue.AlgKeyMismatch,
		Wrong: "alg is not the algorithm of the issuer's key, such as PS256 with an RS256 key or ES384 with a key on P-256 (RFC 8725 §3.1, RFC 7517 §4.4).",
		Fix:   "Use each key only with its own algorithm, which the JWK's alg and, for ECDSA, the key's curve determine.",
		forge: algKeyMismatch,
	}, {
		Name:  catalogue.NoKid,
		Wrong: "The token has no kid, which RFC 7515 §4.1.4 allows and a strict API may refuse.",
		Fix:   "Refuse a token without kid, if the JWKS may have several keys.",
		forge: edited(func(f *forgery) { f.Header.Delete("kid") }),
	}, {
		Name:  catalogue.RetiredKey,
		Wrong: "The key that signed the token was removed from the JWKS; tokens of this key become invalid when the API refreshes its cached JWKS (RFC 7517 §5, RFC 9068 §4).",
		Fix:   "Refresh the JWKS regularly, and drop keys that are no longer in it.",
		forge: edited(func(f *forgery) {
			key, ok := f.minter.Keys.lastRetired()
			if !ok {
				f.Fail(errors.New("retired-key: no key was removed from the JWKS yet: first retire a key, or rotate and drop the old key"))
			}
			f.use(key)
		}),
	}}
}

// resigned returns a function that makes a valid token and applies change to
// the bytes of its signature.
func resigned(change func([]byte) []byte) forge {
	return func(f *forgery) (string, error) {
		token, err := f.token()
		if err != nil {
			return "", err
		}
		rest, text := cutLast(token)
		sig, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return "", err
		}
		return rest + "." + base64.RawURLEncoding.EncodeToString(change(sig)), nil
	}
}

func zeroECDSA(f *forgery) (string, error) {
	if s, err := specOf(f.key.Alg); err == nil && s.family != ecdsaCurve {
		key, err := f.minter.Keys.Signing(catalogue.ES256)
		if err != nil {
			return "", err
		}
		f.use(key)
	}
	return resigned(func(sig []byte) []byte { return make([]byte, len(sig)) })(f)
}

func unsigned(alg string) forge {
	return func(f *forgery) (string, error) {
		f.SetHeader("alg", alg)
		token, err := f.token()
		if err != nil {
			return "", err
		}
		rest, _ := cutLast(token)
		return rest + ".", nil
	}
}

func hs256Confusion(f *forgery) (string, error) {
	public := f.key
	if IsShared(public.Alg) { // Keys.Signing publishes an ES256 key
		var err error
		if public, err = f.minter.Keys.Signing(catalogue.ES256); err != nil {
			return "", err
		}
	}
	der, err := x509.MarshalPKIXPublicKey(public.Private.Public())
	if err != nil {
		return "", err
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	f.use(Key{ID: public.ID, Alg: catalogue.HS256, Secret: secret})
	return f.token()
}

// byAttacker returns a function that makes a token signed with an attacker's
// key. The function calls mark to write a header member that refers to that
// key.
func byAttacker(mark func(*forgery)) forge {
	return edited(func(f *forgery) {
		alg := f.key.Alg
		if IsShared(alg) {
			alg = catalogue.ES256 // a shared secret cannot be published
		}
		key, err := f.minter.Attacker.Key(alg)
		if err != nil {
			f.Fail(err)
			return
		}
		f.use(key)
		mark(f)
	})
}

// algKeyMismatch signs a token with the issuer's own key, but with a different
// algorithm that also works with this key. Careless code accepts the signature:
// RS and PS algorithms use the same keys, ECDSA works with any hash, and HMAC
// works with any secret. In two cases, algKeyMismatch changes only alg in the
// header: if the token would be valid, and if mistakable returns false.
func algKeyMismatch(f *forgery) (string, error) {
	alg, ok := mistakable(f.key.Alg)
	if s, _ := specOf(f.key.Alg); !ok || f.Form != nil && f.Form.AnyAlg && (s.family == rsaPKCS1 || s.family == rsaPSS) {
		f.SetHeader("alg", string(catalogue.ES256))
		return f.token()
	}
	f.key.Alg = alg
	f.SetHeader("alg", string(alg))
	return f.token()
}

// mistakable returns a different algorithm that works with the same key as alg.
// It returns false if it does not find one, for example for EdDSA.
func mistakable(alg catalogue.Alg) (catalogue.Alg, bool) {
	s, _ := specOf(alg)
	size := string(alg[2:])
	switch s.family {
	case rsaPKCS1:
		return catalogue.Alg("PS" + size), true
	case rsaPSS:
		return catalogue.Alg("RS" + size), true
	case ecdsaCurve, shared:
		all := algsOf(s.family, nil)
		if next := slices.Index(all, alg) + 1; next < len(all) {
			return all[next], true
		}
		return all[0], s.family == shared
	case edwards:
	}
	return "", false
}
