package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/token"

// Rotation describes a change of keys that verifiers must survive. PublishFirst
// publishes the new key while the old key still signs; after the next rotation,
// with the zero Rotation or with DropOld, the new key signs. SignFirst signs
// with the new key before the key is in the JWKS, as happens when the published
// key set is cached; [Server.Publish] then publishes the key. DropOld removes
// the previous signing key from the JWKS, as after a compromise. Only one of
// these three can be set. ReuseKid, which can be combined with each of them,
// gives the new key the ID of the old key, so that the new key replaces the old
// key in the JWKS: a server mistake that a verifier should survive. Alg selects
// the algorithm whose key changes, by default the server's [SigningAlg].
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
