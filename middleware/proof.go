package middleware

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/jwks"
)

const (
	maxProof   = 4 << 10 // maximum length of a proof, in bytes
	maxProofID = 256     // maximum length of jti, in bytes
	maxSigner  = 2 << 10 // maximum length of the encoded header of a cached signer, in bytes
	proofType  = "dpop+jwt"
)

// proof is a DPoP proof whose signature has not been verified yet (RFC 9449
// §4.2).
type proof struct {
	signer                          *signer
	head                            string // the encoded header
	id, method, url, nonce          string
	tokenHash                       string // ath
	issuedAt, expiresAt, validAfter time.Time
}

// signer contains the algorithm and the public key in the header of a proof. It
// is never modified.
type signer struct {
	text       string // the encoded header of the proof, "" if the signer is not cached
	header     jws.Header
	key        any    // the public key in jwk
	thumbprint string // the thumbprint of jwk (RFC 7638)
}

// readProof parses the proof of the request. The key in jwk must meet the same
// policy as the keys of issuers.
func (d *decision) readProof() (err error) {
	malformed := func(why string) error { return fmt.Errorf("%w: %s", ErrProof, why) }
	switch fields := d.credentials.Proofs; {
	case len(fields) == 0:
		return malformed("the DPoP field is missing")
	case len(fields) > 1:
		return malformed("there is more than one DPoP field")
	case len(fields[0]) > maxProof:
		return malformed("it is too long")
	}
	compact := trimmed(d.credentials.Proofs[0])
	head, err := d.proofMessage.Split(compact)
	if err != nil {
		return malformed(err.Error())
	}
	p := &d.proof
	p.head, _, _ = strings.Cut(compact, ".")
	if p.signer = d.v.dpop.signers.find(d.binding.jkt, p.head); p.signer == nil {
		if p.signer, err = d.v.dpop.readSigner(head); err != nil {
			return err
		}
	}
	if err := p.parse(string(d.proofMessage.Payload)); err != nil {
		return malformed("a claim is missing, repeated or of the wrong type")
	}
	return nil
}

// readSigner reads the decoded header of a proof (RFC 9449 §4.2, §4.3). It
// ignores kid and unknown header parameters.
func (policy *proofPolicy) readSigner(head []byte) (*signer, error) {
	malformed := func(why string) error { return fmt.Errorf("%w: %s", ErrProof, why) }
	var alg, typ string
	var jwk strictjson.Value
	err := strictjson.Object(head, func(name string, value strictjson.Value) error {
		switch name {
		case "alg":
			alg, _ = strictjson.String(value)
		case "typ":
			typ, _ = strictjson.String(value)
		case "jwk":
			jwk = value
		case "jku", "x5u", "x5c", "crit", "b64", "cty":
			return errOtherKey
		}
		return nil
	})
	algorithm := policy.algorithms[alg]
	switch {
	case errors.Is(err, errOtherKey):
		return nil, malformed("the header has crit, b64 or cty, or refers to a key other than jwk")
	case err != nil:
		return nil, malformed("the header is not strict JSON")
	case typ != proofType:
		return nil, malformed("typ is not " + proofType)
	case algorithm == nil:
		return nil, malformed("alg is not accepted")
	case jwk.Kind() != '{':
		return nil, malformed("jwk is missing")
	}
	public, err := publicMembers(jwk)
	if err != nil {
		return nil, malformed("jwk is not a public key")
	}
	// jwks.Parse checks the key. set.Key returns the key only if it fits alg.
	set, err := jwks.Parse([]byte(`{"keys":[` + public + `]}`))
	if err != nil {
		return nil, malformed("jwk is not a usable public key")
	}
	key, err := set.Key(context.Background(), "", algorithm.Name)
	if err != nil {
		return nil, malformed("jwk does not fit alg")
	}
	return &signer{header: jws.Header{Algorithm: alg, Type: typ}, key: key, thumbprint: thumbprint(jwk)}, nil
}

var errOtherKey = errors.New("the header refers to another key")

// publicMembers returns a JWK with only the members of the public key and the
// members that limit the use of the key. It drops members that are for key
// sets, such as kid. If the JWK has a private member, publicMembers returns an
// error (RFC 9449 §4.3).
func publicMembers(jwk strictjson.Value) (string, error) {
	var members []string
	err := strictjson.Object(string(jwk), func(name string, value strictjson.Value) error {
		switch name {
		case "kty", "crv", "x", "y", "n", "e", "alg", "use", "key_ops":
			members = append(members, `"`+name+`":`+string(value))
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
			return errOtherKey
		}
		return nil
	})
	return "{" + strings.Join(members, ",") + "}", err
}

// thumbprint returns the SHA-256 thumbprint of a public key (RFC 7638 §3), in
// base64url. The members of the key have already been checked, so they need no
// JSON escapes.
func thumbprint(jwk strictjson.Value) string {
	member := func(name strictjson.Pointer) string {
		text, _ := strictjson.String(strictjson.Lookup(jwk, "/"+name))
		return text
	}
	var canonical string
	switch kty := member("kty"); kty {
	case "RSA":
		canonical = `{"e":"` + member("e") + `","kty":"RSA","n":"` + member("n") + `"}`
	case "EC":
		canonical = `{"crv":"` + member("crv") + `","kty":"EC","x":"` + member("x") + `","y":"` + member("y") + `"}`
	case "OKP":
		canonical = `{"crv":"` + member("crv") + `","kty":"OKP","x":"` + member("x") + `"}`
	}
	sum := sha256.Sum256([]byte(canonical))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// parse reads the claims of a proof. Claims that this module does not use are
// ignored.
func (p *proof) parse(claims string) error {
	var hasTime bool
	err := strictjson.Object(claims, func(name string, value strictjson.Value) error {
		ok := true
		switch name {
		case "jti":
			p.id, ok = strictjson.String(value)
		case "htm":
			p.method, ok = strictjson.String(value)
		case "htu":
			p.url, ok = strictjson.String(value)
		case "ath":
			p.tokenHash, ok = strictjson.String(value)
		case "nonce":
			p.nonce, ok = strictjson.String(value)
		case "iat":
			p.issuedAt, ok = strictjson.Date(value)
			hasTime = ok
		case "exp":
			p.expiresAt, ok = strictjson.Date(value)
		case "nbf":
			p.validAfter, ok = strictjson.Date(value)
		}
		if !ok {
			return ErrProof
		}
		return nil
	})
	if err != nil || !hasTime || p.method == "" || p.url == "" || p.id == "" || len(p.id) > maxProofID {
		return ErrProof
	}
	return nil
}

// signerCache caches signers, because a client uses one header for all its
// proofs. A signer is cached only after its key has verified a proof for a
// valid token that is bound to this key. Each key has only one slot. Therefore,
// a client cannot replace the signers of other clients by sending many
// different headers.
type signerCache struct {
	seed  maphash.Seed
	slots [1 << 12]atomic.Pointer[signer]
}

// find returns the cached signer whose encoded header is text, or nil. It looks
// only in the slot of the thumbprint. Keys can share a slot, so the signer may
// have a different thumbprint, and checkProofKey must compare the two.
func (c *signerCache) find(thumbprint, text string) *signer {
	if cached := c.slot(thumbprint).Load(); cached != nil && cached.text == text {
		return cached
	}
	return nil
}

// store caches a signer. It prepares the key, which speeds up verification.
func (c *signerCache) store(text string, s *signer) {
	if s.text != "" || len(text) > maxSigner {
		return
	}
	cached := *s
	cached.text = strings.Clone(text)
	cached.key = new(jws.Prepared).Key(s.key)
	c.slot(s.thumbprint).Store(&cached)
}

func (c *signerCache) slot(thumbprint string) *atomic.Pointer[signer] {
	return &c.slots[maphash.String(c.seed, thumbprint)%uint64(len(c.slots))]
}
