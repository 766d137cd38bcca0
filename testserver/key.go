package testserver

import (
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Alg is a JWS algorithm, with its name from RFC 7518 §3.1 or RFC 8037 §3.1:
// "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384",
// "PS512", "EdDSA" (Ed25519), "HS256", "HS384" or "HS512". The default is
// "ES256", which has the fastest key generation. The HS algorithms sign with a
// secret: see [Key].
type Alg = catalogue.Alg

// Key signs tokens. ID is its kid, and Alg is its algorithm. Private is the
// signer for all algorithms except HS. Secret is the secret for the HS
// algorithms. A secret is never in a JWKS: configure it in the API that
// verifies the tokens. When a Key is printed or logged, only its algorithm and
// ID are shown.
type Key = token.Key

// GenerateKey makes a random key that does not belong to a server. Use it to
// sign as an attacker would ([SignedWith]), or to add a key to a JWKS
// ([Server.Publish]). If kid is empty, the ID is a prefix of the key's
// thumbprint or, for an HS algorithm, a random name. Generating an RSA key
// takes about 70 ms. GenerateKey panics if alg is unknown.
func GenerateKey(alg Alg, kid string) Key {
	k, err := token.NewKey(alg, kid, token.RandomSource())
	if err != nil {
		panic("testserver.GenerateKey: " + err.Error())
	}
	return k
}

// ParseKey reads the private key of a client. The text is PEM (PKCS #8, SEC 1
// or PKCS #1), a private JWK or a JWK Set. From a JWK Set, ParseKey takes the
// first key. Use ParseKey for [BoundTo] and [Proof] if the client has its key
// in a file. Errors do not quote the key.
func ParseKey(text []byte) (Key, error) { return token.ParseKey(text) }

// SigningKey returns the key that signs tokens by default: the key for the
// server's [SigningAlg].
func (s *Server) SigningKey() Key {
	s.helper()
	k, err := s.oauth.Keys.Signing("")
	if err != nil {
		s.fail("SigningKey: %v", err)
	}
	k.Secret = slices.Clone(k.Secret)
	return k
}

// Keys returns the published keys, oldest first, followed by the signing keys
// that are not published.
func (s *Server) Keys() []Key {
	var list []Key
	for _, k := range s.oauth.Keys.All() {
		k.Secret = slices.Clone(k.Secret)
		list = append(list, k.Key)
	}
	return list
}

// JWKS returns the current key set as JSON: only public keys, oldest first.
// While [Server.FreezeJWKS] is in effect, the JWKS endpoint serves an older key
// set.
func (s *Server) JWKS() []byte { return s.oauth.Keys.JWKS() }

// Publish adds the public part of k to the JWKS. It overwrites a published key
// that has the same ID. A shared secret cannot be published.
func (s *Server) Publish(k Key) {
	s.helper()
	if err := s.oauth.Keys.Publish(k); err != nil {
		s.fail("Publish: %v", err)
	}
}

// Retire removes the key with the given ID from the JWKS; an unknown ID is an
// error. A retired signing key still signs tokens.
func (s *Server) Retire(kid string) {
	s.helper()
	if err := s.oauth.Keys.Retire(kid); err != nil {
		s.fail("Retire: %v", err)
	}
}

// FreezeJWKS freezes the response of the JWKS endpoint, with its ETag, until
// thaw is called. This simulates a stale cache or a CDN in front of the server.
// [Server.Rotate], [Server.Publish], [Server.Retire] and the first token with a
// new algorithm still change the server's keys. [Server.JWKS] shows these
// changes, but the endpoint does not. Faults apply as usual.
//
//	thaw := s.FreezeJWKS()
//	s.Rotate(testserver.Rotation{DropOld: true}) // not visible to clients …
//	thaw()                                       // … until now
//
// If FreezeJWKS is called again during a freeze, the endpoint serves the first
// frozen set until both thaw functions have been called. Calling the same thaw
// function again has no effect. [Server.Reset] also ends every freeze.
func (s *Server) FreezeJWKS() (thaw func()) { return s.oauth.Keys.Freeze() }

// Rotation describes a change of keys that verifiers must survive. Only one of
// PublishFirst, SignFirst and DropOld can be set.
//
// PublishFirst publishes the new key while the old key still signs. To make the
// new key sign, rotate again, with the zero Rotation or with DropOld. SignFirst
// signs with the new key before the key is in the JWKS, as happens when the
// published key set is cached. Call [Server.Publish] to publish the key.
// DropOld removes the old signing key from the JWKS, as after a compromise.
//
// ReuseKid can be combined with each of these fields. It simulates a server
// mistake that a verifier should survive: the new key gets the ID of the old
// key and replaces the old key in the JWKS. With SignFirst, it replaces the old
// key only when it is published. Alg selects the algorithm whose key changes.
// The default is the server's [SigningAlg].
type Rotation = token.Rotation

// Rotate changes the signing key of an algorithm and returns the new key.
// Without a [Rotation], the new key is published and signs tokens at once. The
// old key stays published until [Server.Retire]. More than one [Rotation] is an
// error.
//
//	s.Rotate()
//	s.Rotate(testserver.Rotation{DropOld: true})
func (s *Server) Rotate(how ...Rotation) Key {
	s.helper()
	var r Rotation
	switch len(how) {
	case 0:
	case 1:
		r = how[0]
	default:
		s.fail("Rotate: got %d rotations: give one, with all its fields", len(how))
	}
	k, err := s.oauth.Keys.Rotate(r)
	if err != nil {
		s.fail("Rotate: %v", err)
	}
	return k
}
