package token

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// These are the defaults of a token. The documentation of package testserver
// lists them.
const (
	DefaultSubject = "test-user"
	DefaultClient  = "test-client"
	defaultTTL     = 5 * time.Minute

	// DefaultAudience is the default audience of a token.
	DefaultAudience = "api"
)

// DefaultAccessTTL is the lifetime of access tokens from the token endpoint.
// The documentation of package testserver states it.
const DefaultAccessTTL = 15 * time.Minute

// Draft is a token before it is signed. Options change the draft in order, so a
// later option overrides an earlier option.
type Draft struct {
	Now    time.Time
	Header Object // stamp sets alg and kid unless an option has set them
	Claims Object
	Alg    catalogue.Alg // "" means the server's default
	Key    *Key          // nil means the server's key for Alg
	Opaque bool          // an opaque token instead of a JWT
	Form   *Form         // the names and types of claims; nil means RFC 9068

	Defect *Defect       // nil means a valid token
	MaxAge time.Duration // the allowed age of the login, which the defect stale-auth exceeds
	Trap   string        // the base of an attacker's URLs; "" means a host that does not exist
	Bound  *Key          // the key of the client's DPoP proofs, set by BindTo; nil means that BindTo was not called

	Certificate *x509.Certificate // set by BindToCertificate: the certificate that the token is bound to

	jwtOnly []string // names of the JWT-only options used
	errs    []error
}

// newDraft returns an access token from issuer that is valid once it is signed.
// Its header and claims follow form, or RFC 9068 §2.2 if form is nil. Without a
// form, it has the optional claim nbf, so that tests show whether APIs check
// nbf, and it has a scope only if an option sets a scope. A form may remove nbf
// and add a scope.
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

// UnsignedHeader returns a header with the members alg, typ and kid, in this
// order. Their values are not set yet.
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

// SetAt writes the claim that has the given name or is at the given JSON
// Pointer: see [ClaimPath].
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

// DeleteAt deletes the claim that has the given name or is at the given JSON
// Pointer.
func (d *Draft) DeleteAt(claim string) {
	if path, ok := d.path(claim); ok {
		d.Claims.deleteAt(path)
	}
}

// TextsAt returns the strings in the claim that has the given name or is at the
// given JSON Pointer. The claim may be an array of strings or a single string.
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

// SetTime sets a claim to d.Now plus the given duration, as a NumericDate in
// whole seconds.
func (d *Draft) SetTime(claim string, after time.Duration) {
	d.Set(claim, d.Now.Add(after).Unix())
}

// SetHeader writes a JOSE header parameter.
func (d *Draft) SetHeader(name string, v any) {
	if err := d.Header.Set(name, v); err != nil {
		d.Fail(fmt.Errorf("header parameter %q cannot be written as JSON: %w", name, err))
	}
}

// ForJWT records the use of an option that does not apply to opaque tokens.
func (d *Draft) ForJWT(option string) { d.jwtOnly = append(d.jwtOnly, option) }

// Fail records an error in d, so that d cannot be made into a token.
func (d *Draft) Fail(err error) { d.errs = append(d.errs, err) }

// Err joins the recorded errors.
func (d *Draft) Err() error { return errors.Join(d.errs...) }

// stamp writes the alg and the kid of the key, unless an option has set them.
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

// compact signs the draft with key and returns the compact serialization.
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

// seal signs a header and a payload without validating them (RFC 7515 §7.1).
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

const attackerHost = "attacker.invalid"

// trap returns the base of all URLs of the simulated attacker. By default, the
// host of these URLs never resolves (RFC 6761 §6.4).
func (d *Draft) trap() string {
	if d.Trap == "" {
		return "https://" + attackerHost
	}
	return d.Trap
}
