package token

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Proof describes a DPoP proof for one request (RFC 9449 §4.2).
type Proof struct {
	Key    Key
	Method string
	URL    string // the request URL; its query and fragment are not in the proof
	Token  string // the access token; "" means a proof without ath, as for the token endpoint
	Now    time.Time
}

// Fields returns the values of the DPoP header fields of the request. Normally
// there is one value: the proof, changed by edit. Some defects remove the proof
// or add a second proof.
func (p Proof) Fields(edit Edit) ([]string, error) {
	d, err := p.draft()
	if err != nil {
		return nil, err
	}
	edit(d)
	switch {
	case d.Opaque, d.Alg != "", d.Bound != nil, d.Certificate != nil:
		d.Fail(errors.New("OpaqueTokens, SigningAlg, BoundTo and BoundToCertificate do not apply to a proof: leave them out, because the key decides how the proof is signed"))
	case d.Defect != nil && d.Defect.prove == nil:
		d.Fail(fmt.Errorf("With(%q) is a defect of tokens: for a proof use one of %s", string(d.Defect.Name), ProofDefectNames()))
	}
	f := &proofForgery{Draft: d, proof: p, key: p.Key}
	if d.Key != nil {
		f.key = *d.Key
	}
	if d.Header.Unset("alg") {
		d.SetHeader("alg", string(f.key.Alg))
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	if d.Defect != nil {
		return d.Defect.prove(f)
	}
	return f.fields()
}

// draft returns the draft of a valid proof. The alg is not set yet.
func (p Proof) draft() (*Draft, error) {
	jwk, err := p.Key.shown()
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(p.URL); err != nil || u.Scheme == "" || u.Host == "" {
		return nil, fmt.Errorf("the URL is %q: give the whole URL that the client requests, such as https://api.example.com/orders; for a malformed htu use Claim(\"htu\", …)", p.URL)
	}
	if p.Method == "" {
		return nil, errors.New("the method is empty: give the method of the request, such as GET")
	}
	d := &Draft{Now: p.Now, Header: Object{{Name: "typ"}, {Name: "alg"}, {Name: "jwk"}}}
	d.SetHeader("typ", "dpop+jwt")
	d.SetHeader("jwk", jwk)
	d.Set("jti", RandomSource().Name("proof"))
	d.Set("htm", p.Method)
	d.Set("htu", p.target())
	d.SetTime("iat", 0)
	if p.Token != "" {
		d.Set("ath", hashOf(p.Token))
	}
	return d, d.Err()
}

// target returns the URL without the query and the fragment (RFC 9449 §4.2).
func (p Proof) target() string {
	target, _, _ := strings.Cut(p.URL, "#")
	target, _, _ = strings.Cut(target, "?")
	return target
}

// hashOf returns the value of ath for a token (RFC 9449 §4.2).
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// shown returns the public key as a JWK that has only the required members of
// the key type (RFC 7638 §3.2).
func (k Key) shown() (Object, error) {
	if err := CheckKey(k); err != nil {
		return nil, err
	}
	if IsShared(k.Alg) {
		return nil, fmt.Errorf("%s signs with a shared secret, which has no public key: use GenerateKey(%q, …) for DPoP", k.Alg, "ES256")
	}
	text, err := json.Marshal(jose.JSONWebKey{Key: k.Private.Public()})
	if err != nil {
		return nil, err
	}
	return ParseObject(text)
}

// thumbprintOf returns the RFC 7638 thumbprint of a JWK. Unlike go-jose, it
// does not require that the JWK is a valid key.
func thumbprintOf(jwk Object) (string, error) {
	kty, _ := jwk.Text("kty")
	names, ok := map[string][]string{ // RFC 7638 §3.2, RFC 8037 §2, in lexicographic order
		"EC": {"crv", "kty", "x", "y"}, "RSA": {"e", "kty", "n"}, "OKP": {"crv", "kty", "x"}, "oct": {"k", "kty"},
	}[kty]
	if !ok {
		return "", fmt.Errorf("cannot compute the thumbprint of a JWK: its kty is %q, want EC, RSA, OKP or oct", kty)
	}
	var required Object
	for _, name := range names {
		if i := jwk.Find(name); i >= 0 {
			required = append(required, jwk[i])
		}
	}
	text, err := required.MarshalJSON()
	if err != nil {
		return "", err
	}
	return hashOf(string(text)), nil
}

// BindTo binds the token to k. An API must then require a DPoP proof that is
// signed with k (RFC 9449 §6.1). Other members of cnf do not change.
func (d *Draft) BindTo(k Key) {
	jwk, err := k.shown()
	if err != nil {
		d.Fail(fmt.Errorf("BoundTo: %w", err))
		return
	}
	d.Bound = &k
	d.bindTo(jwk)
}

func (d *Draft) bindTo(jwk Object) {
	jkt, err := thumbprintOf(jwk)
	if err != nil {
		d.Fail(err)
		return
	}
	d.BindToKey(jkt)
}

// BindToKey is like BindTo, but its argument is the thumbprint of the key.
func (d *Draft) BindToKey(jkt string) { d.SetAt("/cnf/jkt", jkt) }

// BoundKey returns the jkt in the claims of a token, and whether the token is
// bound to a key. The thumbprint is "" if the member is malformed.
func BoundKey(claims Object) (jkt string, bound bool) { return confirmed(claims, "jkt") }

// confirmed returns a member of cnf (RFC 7800 §3.1), and whether cnf has this
// member. The returned value is "" if the member is not a string.
func confirmed(claims Object, name string) (value string, has bool) {
	i := claims.Find("cnf")
	if i < 0 {
		return "", false
	}
	cnf, err := ParseObject(claims[i].Value)
	if err != nil || cnf.Find(name) < 0 {
		return "", false
	}
	value, _ = cnf.Text(name)
	return value, true
}

// bindForDefect prepares a valid token for a DPoP proof with a defect. If the
// defect replaces the key in the proof and the token must match, bindForDefect
// binds the token to the new key. The defect is then the only mistake.
func (d *Draft) bindForDefect() {
	if d.Defect == nil || d.Defect.prove == nil {
		return
	}
	defect := d.Defect
	if d.Defect = nil; d.Bound == nil {
		d.Fail(fmt.Errorf("With(%q) is a defect of proofs: use it when you make a proof. To make a token for such a proof, also bind the token to a DPoP key", string(defect.Name)))
		return
	}
	if defect.shown == nil {
		return
	}
	jwk, err := defect.shown(*d.Bound)
	if err != nil {
		d.Fail(err)
		return
	}
	d.bindTo(jwk)
}
