package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Defaults of a token. They are stated in the documentation of package
// testserver.
const (
	DefaultSubject = "test-user"
	DefaultClient  = "test-client"
	defaultTTL     = 5 * time.Minute

	// DefaultAudience is the API that a token is for.
	DefaultAudience = "api"
)

// DefaultAccessTTL is how long access tokens of the token endpoint are good. It is
// stated in the documentation of package testserver.
const DefaultAccessTTL = 15 * time.Minute

// Draft is a token before its signature. Options change it one after the
// other, so the later one wins whatever the two are.
type Draft struct {
	Now    time.Time
	Header Object // alg and kid wait for the key unless an option set them
	Claims Object
	Alg    catalogue.Alg // "" means the server's default
	Key    *Key          // nil means the server's key for Alg
	Opaque bool          // a handle to the claims instead of a JWT
	Form   *Form         // how the claims are written

	Defect *Defect       // nil means a good token
	MaxAge time.Duration // how old a login may be, for a defect that exceeds it
	Trap   string        // where an attacker's URLs lead; "" means nowhere

	jwtOnly []string // options that say how a JWT is written
	errs    []error
}

// newDraft is a valid RFC 9068 §2.2 access token of issuer, or one of another form.
// The claims that RFC 9068 leaves optional are nbf, to see APIs check it, and scope,
// absent until asked for.
func newDraft(form *Form, issuer, jti string, now time.Time, ttl time.Duration) *Draft {
	d := &Draft{Now: now, Header: UnsignedHeader(), Form: form}
	d.Set("iss", form.issuer(issuer))
	d.Set("sub", DefaultSubject)
	d.Set("aud", DefaultAudience)
	d.SetTime("exp", ttl)
	d.SetTime("nbf", 0)
	d.SetTime("iat", 0)
	d.Set("jti", jti)
	d.Set("client_id", DefaultClient)
	d.SetHeader("typ", "at+jwt") // RFC 9068 §2.1
	if form != nil {
		form.Begin(d)
	}
	return d
}

// UnsignedHeader has the members that wait for the key.
func UnsignedHeader() Object { return Object{{Name: "alg"}, {Name: "typ"}, {Name: "kid"}} }

func (d *Draft) edit(edits []Edit) {
	for _, edit := range edits {
		edit(d)
	}
}

// Set writes a claim.
func (d *Draft) Set(claim string, v any) {
	if err := d.Claims.Set(claim, v); err != nil {
		d.Fail(fmt.Errorf("claim %q cannot be written as JSON: %w", claim, err))
	}
}

// SetAt writes the claim that a name or a JSON Pointer names: see [ClaimPath].
func (d *Draft) SetAt(claim string, v any) {
	path, ok := d.path(claim)
	switch {
	case !ok:
	case len(path) == 1:
		d.Set(path[0], v)
	default:
		raw, err := encode(v)
		if err != nil {
			d.Fail(fmt.Errorf("claim %q cannot be written as JSON: %w", claim, err))
			return
		}
		if err := d.Claims.setAt(path, raw); err != nil {
			d.Fail(fmt.Errorf("claim %q: %w", claim, err))
		}
	}
}

// DeleteAt leaves that claim out.
func (d *Draft) DeleteAt(claim string) {
	if path, ok := d.path(claim); ok {
		d.Claims.deleteAt(path)
	}
}

// TextsAt are the strings in that claim: those of an array, or one string.
func (d *Draft) TextsAt(claim string) []string {
	path, ok := d.path(claim)
	if !ok {
		return nil
	}
	return d.Claims.textsAt(path)
}

func (d *Draft) path(claim string) ([]string, bool) {
	path, err := ClaimPath(claim)
	if err != nil {
		d.Fail(fmt.Errorf("claim %q: %w", claim, err))
	}
	return path, err == nil
}

// SetTime writes a claim as whole seconds, after from the draft's now.
func (d *Draft) SetTime(claim string, after time.Duration) {
	d.Set(claim, d.Now.Add(after).Unix())
}

// SetHeader writes a JOSE header parameter.
func (d *Draft) SetHeader(name string, v any) {
	if err := d.Header.Set(name, v); err != nil {
		d.Fail(fmt.Errorf("header parameter %q cannot be written as JSON: %w", name, err))
	}
}

// ForJWT notes an option that a handle cannot follow.
func (d *Draft) ForJWT(option string) { d.jwtOnly = append(d.jwtOnly, option) }

// Fail records a fault; the draft becomes no token.
func (d *Draft) Fail(err error) { d.errs = append(d.errs, err) }

// Err joins what has failed so far.
func (d *Draft) Err() error { return errors.Join(d.errs...) }

// stamp writes what the header says of the key where no option has.
func (d *Draft) stamp(key Key) {
	if d.Form != nil && d.Form.Stamp != nil {
		d.Form.Stamp(d, key)
	}
	if d.Header.Unset("alg") {
		d.SetHeader("alg", string(key.Alg))
	}
	if d.Header.Unset("kid") && key.ID != "" {
		d.SetHeader("kid", key.ID)
	}
}

// compact signs the draft with key.
func (d *Draft) compact(key Key, repeatable bool) (string, error) {
	header, err := d.Header.MarshalJSON()
	if err != nil {
		return "", err
	}
	claims, err := d.Claims.MarshalJSON()
	if err != nil {
		return "", err
	}
	return seal(header, claims, key, repeatable)
}

// seal signs two texts, whatever they say (RFC 7515 §7.1).
func seal(header, payload []byte, key Key, repeatable bool) (string, error) {
	var b strings.Builder
	b.Grow((len(header)+len(payload))*4/3 + 512)
	b.WriteString(base64.RawURLEncoding.EncodeToString(header))
	b.WriteByte('.')
	b.WriteString(base64.RawURLEncoding.EncodeToString(payload))
	sig, err := key.sign([]byte(b.String()), repeatable)
	if err != nil {
		return "", fmt.Errorf("key %q did not sign: %w", key.ID, err)
	}
	b.WriteByte('.')
	b.WriteString(base64.RawURLEncoding.EncodeToString(sig))
	return b.String(), nil
}

// trap is where the attacker's URLs lead: without a trap, to a name that never
// resolves (RFC 6761 §6.4).
func (d *Draft) trap() string {
	if d.Trap == "" {
		return "https://attacker.invalid"
	}
	return d.Trap
}
