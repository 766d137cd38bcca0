package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/token"

// Rotation is a way to change keys that verifiers must survive: see
// [Server.Rotate].
//
//   - PublishFirst publishes the new key while the old one still signs: the first
//     half of an orderly rotation. The next one, without a field or with DropOld, is
//     the other half, unless the key was retired. With another field it makes a
//     further key, and that one only stays published.
//   - SignFirst signs with the new key before the JWKS shows it, as servers do whose
//     key sets are cached on the way. [Server.Publish] of the returned key ends the
//     state. [Server.FreezeJWKS] holds back every other change too.
//   - DropOld takes the key that signed until now out of the JWKS, as after a
//     compromise: its tokens must end with it.
//   - ReuseKid gives the new key the ID of the old one, in whose place it is
//     published: a mistake of servers that a verifier should survive.
//
// PublishFirst, SignFirst and DropOld exclude each other; ReuseKid goes with any
// of them.
type Rotation = token.Rotation

// Rotate changes the signing key of the server's [SigningAlg] and returns the
// new key. Without a [Rotation] the new key signs and is published at once and the
// old one stays published, until [Server.Retire]. More than one is a fault.
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
