package settings

import (
	"bytes"
	"encoding/json"
	"strings"
)

// signingKey reads a private or symmetric key. The numbers in the key are
// checked only when the key is used.
func (v value) signingKey() JWK {
	if kty, members := v.jwk("a private JWK"); kty != "" {
		private := "d"
		if kty == "oct" {
			private = "k"
		}
		if _, ok := members[private].(string); !ok {
			v.fail("is a public key, want a private key: %s is missing", private)
		}
	}
	return v.compact()
}

// keySet reads a JWK Set with the public keys of a client.
func (v value) keySet() JWK {
	keys := list("an array of public JWKs", func(v value) JWK {
		kty, members := v.jwk("a public JWK")
		for _, name := range privateMembers {
			if _, private := members[name]; private && kty != "" {
				v.fail("is a private key, want a public key: leave out %s", strings.Join(privateMembers, ", "))
				break
			}
		}
		return v.compact()
	})
	given := map[string]bool{}
	v.members(`a JWK Set, {"keys":[…]}`, func(name string, part value) {
		given[name] = true
		if name == "keys" && len(keys(part)) == 0 && part.kind() == "an array" {
			part.fail("is empty, want a public JWK")
		}
	})
	v.needs(given, "keys")
	return v.compact()
}

// jwk reads the members of a key and checks the member kty, which every key
// must have (RFC 7517 §4). If the returned kty is "", jwk has already added an
// error.
func (v value) jwk(want string) (kty string, members map[string]any) {
	members = map[string]any{}
	v.members(want, func(name string, part value) {
		members[name] = part.any()
		if name == "kty" {
			kty = oneOf(keyTypes)(part)
		}
	})
	given := map[string]bool{}
	for name := range members {
		given[name] = true
	}
	v.needs(given, "kty")
	return kty, members
}

// compact returns the JSON of v without white space.
func (v value) compact() JWK {
	var b bytes.Buffer
	_ = json.Compact(&b, v.raw) // no error: v.raw is valid JSON
	return b.Bytes()
}
