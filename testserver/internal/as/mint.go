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
	jti := base64.RawURLEncoding.EncodeToString(s.source.Draw("jti", 16))
	d := newDraft(s.issuer, jti, s.Clock.Now())
	for _, e := range s.defaults {
		e(d)
	}
	edit(d)
	if err := d.Err(); err != nil {
		return "", err
	}

	if d.Key != nil {
		return d.compact(*d.Key, s.source.Seeded())
	}
	key, err := s.Keys.Signing(d.Alg)
	if err != nil {
		return "", err
	}
	return d.compact(key, s.source.Seeded())
}
