package as

import (
	"encoding/base64"
	"time"
)

// Edit is one change to a draft; every token option is one.
type Edit func(*Draft)

// CheckDefaults applies edits to a trial draft and returns the algorithm that
// they choose, "" for none.
func CheckDefaults(edits []Edit) (Alg, error) {
	d := newDraft("", "", time.Unix(0, 0))
	for _, edit := range edits {
		edit(d)
	}
	return d.Alg, d.Err()
}

// Mint returns a token: the server's defaults, then edit.
func (s *Server) Mint(edit Edit) (string, error) {
	d, err := s.draft(edit)
	if err != nil {
		return "", err
	}
	return s.finished(d)
}

// draft is an access token before its signature.
func (s *Server) draft(edit Edit) (*Draft, error) {
	jti := base64.RawURLEncoding.EncodeToString(s.source.Draw("jti", 16))
	d := newDraft(s.issuer, jti, s.Clock.Now())
	for _, e := range s.config.Defaults {
		e(d)
	}
	edit(d)
	if d.Defect != nil && !d.Defect.told {
		d.Opaque = false // what is wrong with a JWT takes a JWT
	}
	d.checkOpaque()
	return d, d.Err()
}

// finished is the token that a draft becomes.
func (s *Server) finished(d *Draft) (string, error) {
	key, err := s.signer(d)
	if err != nil {
		return "", err
	}
	if d.Defect != nil {
		return d.Defect.forge(&forgery{Draft: d, key: key, server: s})
	}
	return s.write(d, key)
}

// signer returns what signs the draft, with its name written into it; nothing
// signs a handle.
func (s *Server) signer(d *Draft) (key Key, err error) {
	switch {
	case d.Opaque:
		return Key{}, d.Err()
	case d.Key != nil:
		key = *d.Key
	default:
		if key, err = s.Keys.Signing(d.Alg); err != nil {
			return Key{}, err
		}
	}
	d.stamp(key)
	return key, d.Err()
}

// write makes a token of the draft.
func (s *Server) write(d *Draft, key Key) (string, error) {
	if d.Opaque {
		return s.opaque(d)
	}
	return d.compact(key, s.source.Seeded())
}
