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

	var key Key
	if d.Key != nil {
		key = *d.Key
	} else {
		var err error
		if key, err = s.Keys.Signing(d.Alg); err != nil {
			return "", err
		}
	}
	d.stamp(key)
	if err := d.Err(); err != nil {
		return "", err
	}
	if d.Defect != nil {
		return d.Defect.forge(&forgery{Draft: d, key: key, server: s})
	}
	return d.compact(key, s.source.Seeded())
}
