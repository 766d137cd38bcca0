package token

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// keyDefects are those of the signature: it is missing, it is spoiled, or a key
// made it that the API has no reason to trust.
func keyDefects() []Defect {
	return []Defect{{
		Name:  catalogue.BadSignature,
		Wrong: "One bit of the signature is changed (RFC 7515 §5.2, RFC 9068 §4).",
		Fix:   "Verify the signature before anything of the token is believed; decoding alone is no verification.",
		forge: resigned(func(sig []byte) []byte {
			sig[len(sig)/2] ^= 1
			return sig
		}),
	}, {
		Name:  catalogue.TruncatedSignature,
		Wrong: "The second half of the signature is missing (RFC 7515 §5.2, RFC 7518 §3).",
		Fix:   "Compare the whole signature, its length included.",
		forge: resigned(func(sig []byte) []byte { return sig[:len(sig)/2] }),
	}, {
		Name:  catalogue.ZeroECDSASignature,
		Wrong: "The ECDSA signature is all zeros, which broken code takes for valid for any text (RFC 7518 §3.4, CVE-2022-21449).",
		Fix:   "Use a maintained ECDSA: R and S lie between 1 and the order of the curve.",
		forge: zeroECDSA,
	}, {
		Name:  catalogue.AlgNone,
		Wrong: "The token has alg none and no signature: anybody can write one (RFC 8725 §3.1, §3.2; RFC 7518 §3.6).",
		Fix:   "Accept the algorithms of the issuer's keys alone, by a list in the API's configuration.",
		forge: unsigned("none"),
	}, {
		Name:  catalogue.AlgNoneCased,
		Wrong: "The token has alg nOnE and no signature: a filter for the word none lets it pass (RFC 8725 §3.1, §3.2; RFC 7515 §4.1.1).",
		Fix:   "List the algorithms that are accepted, not those that are refused.",
		forge: unsigned("nOnE"),
	}, {
		Name:  catalogue.HS256Confusion,
		Wrong: "The token is signed by HMAC with the public key, as PEM, for a secret: everybody has that (RFC 8725 §2.1, §3.1).",
		Fix:   "Bind each key to one algorithm; never let the token's alg decide what a public key is used for.",
		forge: hs256Confusion,
	}, {
		Name:  catalogue.UnknownKid,
		Wrong: "A key that is not in the JWKS signed the token, under a name that is not there (RFC 9068 §4, RFC 7515 §6).",
		Fix:   "Refuse what no published key verifies; an unknown kid is worth one fetch of the JWKS every few seconds, no more.",
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
		Wrong: "A stranger's key signed the token under the kid of the issuer's (RFC 7515 §5.2, RFC 8725 §3.10).",
		Fix:   "Take kid for a name, not for a proof: verify the signature with the issuer's key of that name.",
		forge: edited(func(f *forgery) {
			key, err := f.minter.Attacker.Key(f.key.Alg)
			if err != nil {
				f.Fail(err)
			}
			f.key = key
		}),
	}, {
		Name:  catalogue.EmbeddedJWK,
		Wrong: "The token brings the key that verifies it along, in jwk (RFC 8725 §3.10, RFC 7515 §4.1.3, CVE-2018-0114).",
		Fix:   "Take keys from the issuer's JWKS alone; ignore jwk, jku, x5c and x5u in the header.",
		forge: byAttacker(func(f *forgery) { f.SetHeader("jwk", f.key.public()) }),
	}, {
		Name:  catalogue.JKUHeader,
		Wrong: "The token says where to fetch the key that verifies it, in jku, and that is the attacker's (RFC 8725 §3.10, RFC 7515 §4.1.2).",
		Fix:   "Never fetch a URL out of a token: take keys from the configured issuer alone.",
		forge: byAttacker(func(f *forgery) { f.SetHeader("jku", f.trap()+trapJWKS) }),
	}, {
		Name:  catalogue.X5UHeader,
		Wrong: "The token says where to fetch the certificate that verifies it, in x5u, and that is the attacker's (RFC 8725 §3.10, RFC 7515 §4.1.5).",
		Fix:   "Never fetch a URL out of a token: take keys from the configured issuer alone.",
		forge: byAttacker(func(f *forgery) { f.SetHeader("x5u", f.trap()+"/"+string(f.key.Alg)+".pem") }),
	}, {
		Name:  catalogue.CritHeader,
		Wrong: "The header names an extension as critical that nobody knows; such a token must be refused (RFC 7515 §4.1.11).",
		Fix:   "Refuse every crit, unless each name in it is understood and acted upon.",
		forge: edited(func(f *forgery) {
			f.SetHeader("crit", []string{"urn:testserver:unknown"})
			f.SetHeader("urn:testserver:unknown", true)
		}),
	}, {
		Name:  catalogue.AlgKeyMismatch,
		Wrong: "alg is one that the issuer's key is not for, such as PS256 with an RS256 key or ES384 with one on P-256 (RFC 8725 §3.1, RFC 7517 §4.4).",
		Fix:   "Use each key with its own algorithm alone: that of the JWK's alg and, for ECDSA, of its curve.",
		forge: algKeyMismatch,
	}, {
		Name:  catalogue.NoKid,
		Wrong: "The token does not say which key signed it, which RFC 7515 §4.1.4 allows and a strict API may refuse.",
		Fix:   "Refuse a token without kid, if the JWKS may hold several keys.",
		forge: edited(func(f *forgery) { f.Header.Delete("kid") }),
	}, {
		Name:  catalogue.RetiredKey,
		Wrong: "The key that signed the token has left the JWKS; with it its tokens end, once caches have noticed (RFC 7517 §5, RFC 9068 §4).",
		Fix:   "Renew the JWKS regularly, and drop the keys that it no longer holds.",
		forge: edited(func(f *forgery) {
			key, ok := f.minter.Keys.lastRetired()
			if !ok {
				f.Fail(errors.New("retired-key: no key has left the JWKS yet: call Rotate(DropOld()) or Retire first"))
			}
			f.use(key)
		}),
	}}
}

// resigned changes the bytes of a good signature.
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
	if IsShared(public.Alg) { // no public key: the JWKS gets one that could be misused
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

// byAttacker signs with an attacker's key, and mark makes the token vouch for it.
func byAttacker(mark func(*forgery)) forge {
	return edited(func(f *forgery) {
		alg := f.key.Alg
		if IsShared(alg) {
			alg = catalogue.ES256 // only a public key can be shown
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

// algKeyMismatch signs with the issuer's own key in a way that careless code
// verifies: RS and PS share their keys, ECDSA takes any hash, HMAC any secret.
// Where nothing larger fits, only the header names another algorithm.
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

// mistakable is another algorithm that a key for alg is easily used with.
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
