package as

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// handleBytes are 192 bits: more than RFC 6749 §10.10 asks for, and base64url
// without bits that are left over.
const handleBytes = 24

// handle is a text that says nothing.
func (s *Server) handle(label string) string {
	b := s.source.Draw(label, handleBytes)
	// Bytes that begin a JSON text are what a JWT is told by. One handle in 256
	// would be taken for a broken JWT.
	b[0] |= 0x80
	return base64.RawURLEncoding.EncodeToString(b)
}

// opaque keeps the draft's claims for introspection and returns a handle to
// them.
func (s *Server) opaque(d *Draft) (string, error) {
	claims, err := d.Claims.MarshalJSON()
	if err != nil {
		return "", err
	}
	handle := s.handle("opaque token")
	s.store.keep(handle, claims)
	return handle, nil
}

// checkOpaque refuses options that nothing would come of.
func (d *Draft) checkOpaque() {
	if d.Opaque && len(d.jwtOnly) > 0 {
		d.Fail(fmt.Errorf("%s says how a JWT is written, and OpaqueTokens makes a handle: leave one of them out", strings.Join(d.jwtOnly, ", ")))
	}
}

// Revoke ends a token of this server, with its family if it is a refresh token;
// false if it is none.
func (s *Server) Revoke(token string) bool {
	if id, _, ok := s.readRefresh(token); ok {
		s.endFamily(token, func(f *Family) bool { return f.ID == id })
		return true
	}
	claims, _, ok := s.known(token)
	if !ok {
		return false
	}
	s.endAccess(token, claims)
	return true
}

// SetIntrospection makes introspection of text answer reply, which is JSON; nil
// ends that.
func (s *Server) SetIntrospection(text string, reply []byte) { s.store.say(text, reply) }
