package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/as"

// RotateOption is a way to change keys that verifiers must survive: see
// [Server.Rotate].
type RotateOption interface{ applyRotate(*as.Rotation) }

type rotateOption func(*as.Rotation)

func (o rotateOption) applyRotate(r *as.Rotation) { o(r) }

// Rotate changes the signing key of the server's [SigningAlg] and returns the
// new key. Without options the new key signs and is published at once and the
// old one stays published, until [Server.Retire].
//
// After a Rotate with [PublishFirst], the next one, without options or with
// [DropOld], starts signing with the key published then, unless that was retired.
// With another option it makes a further key, and that one stays published alone.
//
// PublishFirst, SignFirst and DropOld exclude each other; ReuseKid goes with
// any of them.
func (s *Server) Rotate(opts ...RotateOption) Key {
	s.helper()
	var r as.Rotation
	for i, o := range opts {
		if o == nil {
			s.fail("Rotate: option %d is nil: leave it out", i+1)
			continue
		}
		o.applyRotate(&r)
	}
	k, err := s.as.Keys.Rotate(r)
	if err != nil {
		s.fail("Rotate: %v", err)
	}
	return outer(k)
}

// PublishFirst publishes the new key while the old one still signs: the first
// half of an orderly rotation. The next Rotate is the other half.
func PublishFirst() RotateOption {
	return rotateOption(func(r *as.Rotation) { r.PublishFirst = true })
}

// SignFirst signs with the new key before the JWKS shows it, as servers do
// whose key sets are cached on the way. [Server.Publish] of the returned key
// ends the state. [Server.FreezeJWKS] holds back every other change too.
func SignFirst() RotateOption {
	return rotateOption(func(r *as.Rotation) { r.SignFirst = true })
}

// DropOld takes the key that signed until now out of the JWKS, as after a
// compromise: its tokens must die with it.
func DropOld() RotateOption {
	return rotateOption(func(r *as.Rotation) { r.DropOld = true })
}

// ReuseKid gives the new key the ID of the old one, in whose place it is
// published: a mistake of servers that a verifier should survive.
func ReuseKid() RotateOption {
	return rotateOption(func(r *as.Rotation) { r.ReuseKid = true })
}
