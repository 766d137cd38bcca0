package testserver

import (
	"crypto"
	"fmt"
	"log/slog"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// Alg is a JWS algorithm name (RFC 7518 §3.1, RFC 8037 §3.1).
type Alg string

// The algorithms that the server signs with.
const (
	ES256 Alg = "ES256" // the default, and the cheapest to make keys for
	ES384 Alg = "ES384"
	ES512 Alg = "ES512"
	RS256 Alg = "RS256"
	RS384 Alg = "RS384"
	RS512 Alg = "RS512"
	PS256 Alg = "PS256"
	PS384 Alg = "PS384"
	PS512 Alg = "PS512"
	EdDSA Alg = "EdDSA" // Ed25519
	HS256 Alg = "HS256" // with a secret: see [Key]
	HS384 Alg = "HS384"
	HS512 Alg = "HS512"
)

// Key signs tokens. Printed or logged it shows its algorithm and ID alone.
type Key struct {
	// ID is the kid: by default a prefix of the RFC 7638 thumbprint, after
	// "test-" for an embedded RSA key.
	ID  string
	Alg Alg
	// Private signs for all but the HS algorithms: an *ecdsa.PrivateKey on the
	// algorithm's curve, an *rsa.PrivateKey, an ed25519.PrivateKey, or a signer
	// of yours with such a public key.
	Private crypto.Signer
	// Secret signs for the HS algorithms. It is in no JWKS: configure it in the
	// API that is to verify the tokens.
	Secret []byte
}

// String names the key without showing it.
func (k Key) String() string { return fmt.Sprintf("%s key %q", string(k.Alg), k.ID) }

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

// LogValue is String, for log/slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (k Key) inner() as.Key {
	return as.Key{ID: k.ID, Alg: as.Alg(k.Alg), Private: k.Private, Secret: k.Secret}
}

func outer(k as.Key) Key {
	return Key{ID: k.ID, Alg: Alg(k.Alg), Private: k.Private, Secret: slices.Clone(k.Secret)}
}

// GenerateKey makes a random key that no server knows: to sign with as a
// stranger ([SignedWith]), or to add to a JWKS ([Server.Publish]). An empty kid
// becomes the prefix of the thumbprint. An RSA key takes some 70 ms and more.
// It panics if alg is not one of the constants.
func GenerateKey(alg Alg, kid string) Key {
	k, err := as.NewKey(as.Alg(alg), kid, as.RandomSource())
	if err != nil {
		panic("testserver.GenerateKey: " + err.Error())
	}
	return outer(k)
}

// SigningKey is the key that signs tokens unless they ask for another: of the
// server's [SigningAlg].
func (s *Server) SigningKey() Key {
	s.helper()
	k, err := s.as.Keys.Signing("")
	if err != nil {
		s.fail("SigningKey: %v", err)
	}
	return outer(k)
}

// JWKS is the key set as the server serves it: public keys alone, the oldest
// first. Under [Server.FreezeJWKS] it is the real one, which the endpoint does
// not show.
func (s *Server) JWKS() []byte { return s.as.Keys.JWKS() }

// Publish adds the public part of k to the JWKS, in the place of one with the
// same ID. A shared secret cannot be published.
func (s *Server) Publish(k Key) {
	s.helper()
	if err := s.as.Keys.Publish(k.inner()); err != nil {
		s.fail("Publish: %v", err)
	}
}

// Retire takes the key named kid out of the JWKS; that there is none is a
// fault. If it is the signing key it goes on signing.
func (s *Server) Retire(kid string) {
	s.helper()
	if err := s.as.Keys.Retire(kid); err != nil {
		s.fail("Retire: %v", err)
	}
}
