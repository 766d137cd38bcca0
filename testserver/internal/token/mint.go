package token

import (
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
)

// Edit is a function that changes a token before it is signed. Every token
// option is an Edit.
type Edit func(*Draft)

// CheckDefaults applies edits to an unsigned token. It returns this token and
// the errors of the edits. The Alg of the token is "" unless the edits set it.
func CheckDefaults(edits []Edit) (*Draft, error) {
	d := newDraft(nil, "", "", time.Unix(0, 0), defaultTTL)
	d.edit(edits)
	return d, d.Err()
}

// Minter makes the tokens of one issuer.
type Minter struct {
	Issuer   string
	Clock    *Clock
	Source   *Source
	Keys     *Keyring
	Defaults []Edit
	Attacker *Attacker
	Handles  Handles
	Form     *Form // the form of the server's access tokens

	ClientCA func() (*mtls.CA, error) // issues certificates of clients

	others guarded.Value[[]*Form] // other forms for which tokens were made
}

// Handles stores the claims of opaque tokens and records which tokens are
// revoked.
type Handles interface {
	Keep(handle string, claims []byte) // stores the claims of an opaque token for introspection
	Revoke(token string)
}

// Mint returns a token with the default claims, changed by edit.
func (m *Minter) Mint(edit Edit) (string, error) { return m.MintAs(m.Form, edit) }

// MintAs is like Mint, but makes the token in the given form.
func (m *Minter) MintAs(form *Form, edit Edit) (string, error) {
	d, err := m.DraftAs(form, edit)
	if err != nil {
		return "", err
	}
	return m.Finish(d)
}

// Sample returns the default access token without a signature. Its jti is
// empty, because drawing a jti would change all later tokens of a server with a
// seed.
func (m *Minter) Sample() *Draft {
	d := newDraft(m.Form, m.Issuer, "", m.Clock.Now(), defaultTTL)
	d.edit(m.Defaults)
	return d
}

// DraftAs returns an unsigned access token in the given form. The token has the
// default claims, changed by edit.
func (m *Minter) DraftAs(form *Form, edit Edit) (*Draft, error) {
	m.remember(form)
	d := newDraft(form, m.Issuer, m.Source.Name("jti"), m.Clock.Now(), defaultTTL)
	d.edit(m.Defaults)
	edit(d)
	d.bindForDefect()
	if d.Defect != nil && d.Defect.Name.IsSignalDefect() {
		d.Fail(fmt.Errorf("With(%q) is a defect of logout tokens and security event tokens: give it to Logout or Transmit", string(d.Defect.Name)))
	}
	if d.Defect != nil && !d.Defect.introspectable {
		d.Opaque = false // the defect requires a JWT, or makes an opaque token itself
	}
	if d.Opaque && len(d.jwtOnly) > 0 {
		d.Fail(fmt.Errorf("%s applies only to JWTs, but OpaqueTokens makes opaque tokens: remove one of these options", strings.Join(d.jwtOnly, ", ")))
	}
	return d, d.Err()
}

// DraftFor returns an unsigned access token for the token endpoint, which sets
// the subject later. The token has the default claims, changed by the given
// edits. It has scopes only if the defaults or the edits set them.
func (m *Minter) DraftFor(jti string, edits []Edit) *Draft {
	d := newDraft(m.Form, m.Issuer, jti, m.Clock.Now(), DefaultAccessTTL)
	d.clearScopes()
	d.edit(m.Defaults)
	d.edit(edits)
	return d
}

// IDDraft returns an unsigned ID token for client. The claims about the end
// user are not set yet (OpenID Connect Core 1.0 §2).
func (m *Minter) IDDraft(client string) *Draft {
	d := &Draft{Now: m.Clock.Now(), Header: UnsignedHeader()}
	d.SetHeader("typ", "JWT")
	d.Set("iss", m.Form.issuer(m.Issuer))
	d.Claims = append(d.Claims, Member{Name: "sub"}, Member{Name: "aud"})
	d.SetTime("exp", DefaultAccessTTL)
	d.SetTime("iat", 0)
	d.SetTime("auth_time", 0)
	d.Set("azp", client)
	return d
}

// Finish makes the token that d describes. If d.Defect is not nil, the token
// has this defect.
func (m *Minter) Finish(d *Draft) (string, error) {
	key, err := m.Stamp(d)
	if err != nil {
		return "", err
	}
	if d.Defect != nil {
		return d.Defect.forge(&forgery{Draft: d, key: key, minter: m})
	}
	return m.Write(d, key)
}

// Stamp returns the key that signs d. It writes the alg and the kid of the key
// into the header, unless an option has set them. For an opaque token, the key
// is empty.
func (m *Minter) Stamp(d *Draft) (key Key, err error) {
	switch {
	case d.Opaque:
		return Key{}, d.Err()
	case d.Key != nil:
		key = *d.Key
	default:
		if key, err = m.Keys.Signing(d.Alg); err != nil {
			return Key{}, err
		}
	}
	d.stamp(key)
	return key, d.Err()
}

// Write makes a token from d: a JWT that is signed with key, or an opaque
// token.
func (m *Minter) Write(d *Draft, key Key) (string, error) {
	if !d.Opaque {
		return d.compact(key, m.Source.Seeded())
	}
	claims, err := d.Claims.MarshalJSON()
	if err != nil {
		return "", err
	}
	handle := m.Source.Handle("opaque token")
	m.Handles.Keep(handle, claims)
	return handle, nil
}

// Sign makes a JWT that is not an access token, such as an ID token.
func (m *Minter) Sign(d *Draft) (string, error) {
	key, err := m.Stamp(d)
	if err != nil {
		return "", err
	}
	return m.Write(d, key)
}
