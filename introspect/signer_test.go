package introspect_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newKey returns a private key for an algorithm. The RSA algorithms share one
// key, because generating it is slow.
func newKey(t testing.TB, algorithm string) (key crypto.Signer) {
	t.Helper()
	var err error
	switch algorithm {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsaKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signer signs answers without using the code under test.
type signer struct {
	algorithm string
	key       crypto.Signer
}

func newSigner(t testing.TB, algorithm string) signer { return signer{algorithm, newKey(t, algorithm)} }

// text returns the JSON of a JWK Set that contains the signer's public key.
func (s signer) text() []byte {
	data, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: "k1", Use: "sig"}}})
	if err != nil {
		panic(err)
	}
	return data
}

func (s signer) set() *jwks.Set {
	set, err := jwks.Parse(s.text())
	if err != nil {
		panic(err)
	}
	return set
}

// sign returns a JWS. Each pair of arguments after payload is the name of a
// header parameter and its value.
func (s signer) sign(payload string, header ...any) string {
	options := (&jose.SignerOptions{}).WithHeader("kid", "k1").WithType("token-introspection+jwt")
	for i := 0; i < len(header); i += 2 {
		options = options.WithHeader(jose.HeaderKey(header[i].(string)), header[i+1])
	}
	signing, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(s.algorithm), Key: s.key}, options)
	if err != nil {
		panic(err)
	}
	message, err := signing.Sign([]byte(payload))
	if err != nil {
		panic(err)
	}
	compact, err := message.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

// signedPayload returns the payload of a valid signed answer that is issued
// now. Each pair of arguments is the name of a member and its new JSON value.
// The value "" removes the member.
func signedPayload(pairs ...string) string {
	values := map[string]string{
		"iss": `"` + issuer + `"`, "aud": `"api"`, "iat": fmt.Sprint(time.Now().Unix()), "token_introspection": `{"active":true,"sub":"alice"}`,
	}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	members := make(map[string]json.RawMessage)
	for name, value := range values {
		if value != "" {
			members[name] = json.RawMessage(value)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const signedType = "application/token-introspection+jwt"

func respondSigned(compact string) answer { return respondAs(200, signedType, compact) }

// requireSigned configures a client to require signed answers.
func requireSigned(keys jwks.Source) func(*introspect.Config) {
	return func(c *introspect.Config) { c.Issuer, c.Keys = issuer, keys }
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// es256 returns the ES256 signature of input. It is for messages whose headers
// go-jose does not support.
func es256(key crypto.Signer, input string) []byte {
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), sum[:])
	if err != nil {
		panic(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}
