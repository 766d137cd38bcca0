// Package forge makes tokens for tests. It signs any header and claims, whether
// they are well-formed or not.
package forge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // registers the hash function for crypto.SHA256
	_ "crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// Maker makes good tokens. Tests change parts of the header and the claims.
type Maker struct {
	Key      testserver.Key
	Issuer   string
	Audience string
	Now      time.Time
}

// Header returns a JOSE header with alg, kid and typ at+jwt. pairs contains
// names of members, each followed by its value as JSON text. These members are
// added to the header, or replace members of the same name. The value ""
// removes the member.
func (m Maker) Header(pairs ...string) string {
	return object([]string{"alg", quote(string(m.Key.Alg)), "kid", quote(m.Key.ID), "typ", `"at+jwt"`}, pairs)
}

// Claims returns the claims of RFC 9068 §2.2 with scope "read". The arguments
// change the claims as in [Maker.Header].
func (m Maker) Claims(pairs ...string) string {
	return object([]string{
		"iss", quote(m.Issuer), "sub", `"alice"`, "aud", quote(m.Audience), "client_id", `"app"`, "jti", `"id-1"`, "scope", `"read"`,
		"exp", fmt.Sprint(m.Now.Add(5 * time.Minute).Unix()), "iat", fmt.Sprint(m.Now.Unix()),
	}, pairs)
}

// Good returns a token that a verifier must accept.
func (m Maker) Good() string { return m.Token(m.Header(), m.Claims()) }

// Token returns a compact JWS that is signed with Key. It does not change the
// header and the claims, even if they are malformed.
func (m Maker) Token(header, claims string) string {
	input := Encode(header) + "." + Encode(claims)
	return input + "." + Encode(string(Sign(m.Key, input)))
}

// Encode returns text as base64url without padding.
func Encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func quote(text string) string { return `"` + text + `"` }

// object returns a JSON object. base contains the members of the object, in
// order. pairs contains new values for these members, or members that are added
// at the end.
func object(base, pairs []string) string {
	changed := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		changed[pairs[i]] = pairs[i+1]
	}
	var members []string
	add := func(name, value string) {
		if value != "" {
			members = append(members, quote(name)+":"+value)
		}
	}
	known := make(map[string]bool)
	for i := 0; i < len(base); i += 2 {
		value := base[i+1]
		if v, ok := changed[base[i]]; ok {
			value = v
		}
		known[base[i]] = true
		add(base[i], value)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !known[pairs[i]] {
			add(pairs[i], pairs[i+1])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// Sign signs the input with a key and the algorithm of the key. It panics if it
// cannot sign.
func Sign(key testserver.Key, input string) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[string(key.Alg)[2:]]
	if key.Secret != nil {
		mac := hmac.New(hash.New, key.Secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
	switch private := key.Private.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(private, []byte(input))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, digest(hash, input))
		must(err)
		size := (private.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	case *rsa.PrivateKey:
		if strings.HasPrefix(string(key.Alg), "PS") {
			return signPSS(private, hash, input, rsa.PSSSaltLengthEqualsHash)
		}
		signature, err := rsa.SignPKCS1v15(rand.Reader, private, hash, digest(hash, input))
		must(err)
		return signature
	}
	panic(fmt.Sprintf("forge: cannot sign with a key of type %T", key.Private))
}

// SignPSS is like Sign, but only for PS256, PS384 and PS512. salt is the length
// of the salt in bytes.
func SignPSS(key testserver.Key, input string, salt int) []byte {
	hash := map[testserver.Alg]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512}[key.Alg]
	return signPSS(key.Private.(*rsa.PrivateKey), hash, input, salt)
}

func signPSS(private *rsa.PrivateKey, hash crypto.Hash, input string, salt int) []byte {
	signature, err := rsa.SignPSS(rand.Reader, private, hash, digest(hash, input), &rsa.PSSOptions{SaltLength: salt})
	must(err)
	return signature
}

func digest(hash crypto.Hash, input string) []byte {
	h := hash.New()
	h.Write([]byte(input))
	return h.Sum(nil)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
