package testserver

import (
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Alg is a JWS algorithm, by its name in RFC 7518 §3.1 or RFC 8037 §3.1: "ES256",
// the default, and the cheapest to make keys for, "ES384", "ES512", "RS256",
// "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", which is Ed25519, and
// "HS256", "HS384" and "HS512", which sign with a secret: see [Key].
type Alg = catalogue.Alg

// Key signs tokens: ID is its kid, Alg its algorithm, Private the signer for all
// algorithms except HS, and Secret what signs for those. A secret is in no JWKS:
// configure it in the API that is to verify the tokens. Printed or logged a key
// shows only its algorithm and ID.
type Key = token.Key

// GenerateKey makes a random key that no server knows: to sign with as an
// attacker ([SignedWith]), or to add to a JWKS ([Server.Publish]). An empty kid
// becomes the prefix of the thumbprint. An RSA key takes some 70 ms and more.
// It panics if alg is unknown.
func GenerateKey(alg Alg, kid string) Key {
	k, err := token.NewKey(alg, kid, token.RandomSource())
	if err != nil {
		panic("testserver.GenerateKey: " + err.Error())
	}
	return k
}

// SigningKey is the key that signs tokens unless they ask for another: of the
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

// Keys are the keys that are published, the oldest first, and those that sign or
// are to sign without being published.
func (s *Server) Keys() []Key {
	var list []Key
	for _, k := range s.oauth.Keys.All() {
		k.Secret = slices.Clone(k.Secret)
		list = append(list, k.Key)
	}
	return list
}

// JWKS is the key set as the server serves it: public keys only, the oldest
// first. Under [Server.FreezeJWKS] it is the real one, which the endpoint does
// not show.
func (s *Server) JWKS() []byte { return s.oauth.Keys.JWKS() }

// Publish adds the public part of k to the JWKS, in the place of one with the
// same ID. A shared secret cannot be published.
func (s *Server) Publish(k Key) {
	s.helper()
	if err := s.oauth.Keys.Publish(k); err != nil {
		s.fail("Publish: %v", err)
	}
}

// Retire takes the key named kid out of the JWKS; an unknown kid is a fault. If it
// is the signing key it goes on signing.
func (s *Server) Retire(kid string) {
	s.helper()
	if err := s.oauth.Keys.Retire(kid); err != nil {
		s.fail("Retire: %v", err)
	}
}

// FreezeJWKS makes the JWKS endpoint go on serving what it serves now, with its
// ETag, until thaw: what a stale cache or a CDN in front of a server does.
// [Server.Rotate], [Server.Publish], [Server.Retire] and the first token of an
// algorithm change the keys all the same, and tokens are signed with them; only
// the endpoint does not show it. [Server.JWKS] does. Faults come before the
// frozen set as before any other.
//
//	thaw := s.FreezeJWKS()
//	s.Rotate(testserver.Rotation{DropOld: true}) // nobody can see it …
//	thaw()                                       // … until now
//
// A freeze of what is frozen holds the set of the first, and the last thaw ends it.
// A second call of thaw does nothing. [Server.Reset] thaws everything.
func (s *Server) FreezeJWKS() (thaw func()) { return s.oauth.Keys.Freeze() }
