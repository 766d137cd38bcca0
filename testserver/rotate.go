package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/token"

// Rotation is a way to change keys that verifiers must survive. PublishFirst
// publishes the new key while the old one still signs: the next rotation, without a
// field or with DropOld, is the other half. SignFirst signs with the new key before
// the JWKS shows it, as servers do whose key sets are cached on the way;
// [Server.Publish] ends the state. DropOld takes the key that signed until now out of
// the JWKS, as after a compromise. These three exclude each other. ReuseKid, which goes
// with any of them, gives the new key the ID of the old one, in whose place it is
// published: a mistake of servers that a verifier should survive. Alg is whose key
// changes, by default that of the server's [SigningAlg].
type Rotation = token.Rotation

// Rotate changes the signing key of an algorithm and returns the new key. Without a
// [Rotation] the new key signs and is published at once. The old one stays published
// until [Server.Retire]. More than one [Rotation] is a fault.
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
