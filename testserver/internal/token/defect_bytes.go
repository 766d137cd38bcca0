package token

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// byteDefects returns the defects in the encoding of a token. The signature
// stays valid, and lenient parsers accept tokens with these defects. The only
// exception is an encrypted token, whose key nobody has.
func byteDefects() []Defect {
	return []Defect{{
		Name:  catalogue.DuplicateClaim,
		Wrong: "exp is repeated, first in the future and then in the past: claim names must be unique, or a parser must use the last value (RFC 7519 §4).",
		Fix:   "Parse the claims with a parser that refuses repeated members, or at least uses the last of them.",
		forge: edited(func(f *forgery) {
			f.Set("exp", f.expiry())
			f.Claims = append(f.Claims, Member{"exp", strconv.AppendInt(nil, f.Now.Add(-far).Unix(), 10)})
		}),
	}, {
		Name:  catalogue.DuplicateHeader,
		Wrong: "alg is repeated, the second time as none: header names must be unique, or a parser must use the last value (RFC 7515 §4).",
		Fix:   "Parse the header with a parser that refuses repeated members, or at least uses the last of them.",
		forge: edited(func(f *forgery) { f.Header = append(f.Header, Member{"alg", []byte(`"none"`)}) }),
	}, {
		Name:  catalogue.NotJSON,
		Wrong: "The closing brace of the claims is missing: they are not a JSON object (RFC 7519 §7.2).",
		Fix:   "Refuse claims that cannot be parsed completely, whatever was read before the error.",
		forge: func(f *forgery) (string, error) {
			header, claims, err := f.texts()
			if err != nil {
				return "", err
			}
			return f.seal(header, claims[:len(claims)-1])
		},
	}, {
		Name:  catalogue.FourSegments,
		Wrong: "A fourth segment follows the signature; a JWS has three (RFC 7515 §7.1).",
		Fix:   "Refuse a token without exactly two dots before anything is decoded.",
		forge: whole(func(token string) string { return token + ".e30" }),
	}, {
		Name:  catalogue.PaddedBase64,
		Wrong: "The signature ends in '='; base64url is written without padding (RFC 7515 §2).",
		Fix:   "Decode without padding (base64.RawURLEncoding): otherwise one token has several encodings, and a deny list contains only one.",
		forge: whole(func(token string) string {
			_, sig := cutLast(token)
			return token + strings.Repeat("=", max(1, (4-len(sig)%4)%4))
		}),
	}, {
		Name:  catalogue.TrailingBits,
		Wrong: "The unused bits of the last character are set; they must be zero (RFC 4648 §3.5, RFC 7515 §2).",
		Fix:   "Decode strictly (base64.RawURLEncoding.Strict()): otherwise one token has several encodings, and a deny list contains only one.",
		forge: trailingBits,
	}, {
		Name:  catalogue.Nested,
		Wrong: "The payload is another JWT (cty JWT) instead of claims; an access token is signed once (RFC 9068 §2, RFC 7519 §5.2).",
		Fix:   "Refuse cty JWT, and a payload that is not a JSON object, instead of parsing the inner token.",
		forge: func(f *forgery) (string, error) {
			inner, err := f.token()
			if err != nil {
				return "", err
			}
			f.SetHeader("cty", "JWT")
			header, _, err := f.texts()
			if err != nil {
				return "", err
			}
			return f.seal(header, []byte(inner))
		},
	}, {
		Name:  catalogue.Encrypted,
		Wrong: "The token is encrypted (RFC 7516) with an unknown key: encryption does not authenticate the issuer (RFC 8725 §3.3, RFC 9068 §4).",
		Fix:   "Refuse tokens with five segments unless encryption was agreed with the issuer; even then verify the inner JWS.",
		forge: encrypted,
	}, {
		Name:  catalogue.Oversized,
		Wrong: "The token is longer than 16 KiB; no RFC limits the length, but all of it is processed before the signature is verified (compare RFC 6585 §5).",
		Fix:   "Before decoding, refuse tokens that are longer than any token that the issuer makes.",
		forge: edited(func(f *forgery) { f.Set("padding", strings.Repeat("x", 16<<10)) }),
	}}
}

// whole returns a function that makes a valid token and applies change to its
// text.
func whole(change func(string) string) forge {
	return func(f *forgery) (string, error) {
		token, err := f.token()
		if err != nil {
			return "", err
		}
		return change(token), nil
	}
}

// trailingBits sets an unused bit in the last character of the signature. If
// the signature has no unused bits (ES384, ES512, HS384, or an RSA key of 3072
// bits), trailingBits changes the claims segment instead.
func trailingBits(f *forgery) (string, error) {
	token, err := f.token()
	if err != nil {
		return "", err
	}
	if rest, sig := cutLast(token); len(sig)%4 != 0 {
		return rest + "." + setLastBit(sig), nil
	}
	header, claims, err := f.texts()
	if err != nil {
		return "", err
	}
	if len(claims)%3 == 0 {
		claims = append(claims, ' ')
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + setLastBit(base64.RawURLEncoding.EncodeToString(claims))
	sig, err := f.key.sign([]byte(input), f.minter.Source.Seeded())
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// setLastBit sets the last bit of the last base64url character of a segment. If
// this bit is unused, the result is not canonical, because the canonical
// encoding sets all unused bits to zero.
func setLastBit(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(segment) - 1
	return segment[:last] + string(alphabet[strings.IndexByte(alphabet, segment[last])|1])
}

func cutLast(token string) (rest, signature string) {
	dot := strings.LastIndexByte(token, '.')
	return token[:dot], token[dot+1:]
}

// encrypted encrypts a valid token as a JWE (RFC 7516 §7.1) with a key that is
// discarded.
func encrypted(f *forgery) (string, error) {
	inner, err := f.token()
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(f.minter.Source.Draw("encryption key", 32))
	if err != nil {
		return "", err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	header := b64([]byte(`{"alg":"dir","enc":"A256GCM","typ":"at+jwt","cty":"JWT"}`))
	iv := f.minter.Source.Draw("initialization vector", aead.NonceSize())
	sealed := aead.Seal(nil, iv, []byte(inner), []byte(header))
	text, tag := sealed[:len(inner)], sealed[len(inner):]
	return strings.Join([]string{header, "", b64(iv), b64(text), b64(tag)}, "."), nil
}
