package middleware

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/weburl"
)

// checkConfirmation compares the scheme of the request with the binding of the
// token (RFC 9449 §7.1, §7.2). A token with a binding that this API cannot
// check is never accepted, because accepting it as a bearer token would undo
// the binding (RFC 7800 §3.1).
func (d *decision) checkConfirmation() error {
	switch bound := d.binding.thumbprint != ""; {
	case d.binding.other, bound && d.v.dpop == nil:
		return ErrConfirmation
	case bound && !d.provesKey():
		return ErrBound
	case !bound && d.provesKey(), !bound && d.v.dpop != nil && d.v.dpop.required:
		return ErrUnbound
	}
	return nil
}

// provesKey reports whether the token was presented under the scheme DPoP.
func (d *decision) provesKey() bool { return d.scheme == schemeDPoP }

// addBinding adds the binding in the introspection answer about a JWT. The
// issuer may leave cnf out of the JWT, but the two must not differ.
func (d *decision) addBinding(answer binding) error {
	switch d.binding {
	case answer:
	case binding{}:
		d.binding = answer
	default:
		if answer != (binding{}) {
			return ErrConfirmation
		}
	}
	return nil
}

// checkProofKey requires the proof to contain the key of the token. This is
// checked before the signature, so that the proofs of other keys cost no
// verification.
func (d *decision) checkProofKey() error {
	if d.proof.signer.thumbprint != d.binding.thumbprint {
		return ErrProofKey
	}
	return nil
}

// checkProofMethod compares methods case-sensitively (RFC 9110 §9.1).
func (d *decision) checkProofMethod() error {
	if d.proof.method != d.credentials.Method {
		return fmt.Errorf("%w: htm differs", ErrProofRequest)
	}
	return nil
}

func (d *decision) checkProofURL() error {
	if !d.v.dpop.matches(d.proof.url, d.credentials.URL) {
		return fmt.Errorf("%w: htu differs", ErrProofRequest)
	}
	return nil
}

// matches reports whether htu is the URL of a request: one of the origins,
// followed by the path of the request. If the URL of the request is absolute,
// it must be below one of the origins, and htu must be this URL.
func (policy *proofPolicy) matches(htu, requested string) bool {
	for _, base := range policy.origins { // the usual case: every part is written in normal form
		if rest, ok := strings.CutPrefix(htu, base.origin); ok {
			if rest, ok = strings.CutPrefix(rest, base.path); ok && rest == requested && strings.HasPrefix(requested, "/") && weburl.IsNormal(requested) {
				return true
			}
		}
	}
	origin, path, err := weburl.Normal(htu)
	if err != nil {
		return false
	}
	for _, base := range policy.origins {
		wantOrigin, wantPath, err := base.url(requested)
		if err == nil && origin == base.origin && origin == wantOrigin && path == wantPath {
			return true
		}
	}
	return false
}

// url returns the URL of a request in normal form, as clients of this origin
// write it.
func (base publicURL) url(requested string) (origin, path string, err error) {
	if requested != "" && requested[0] != '/' { // a path may contain a URL
		origin, path, err = weburl.Normal(requested)
		if err == nil && path != base.path && !strings.HasPrefix(path, base.path+"/") {
			err = weburl.ErrURL
		}
		return origin, path, err
	}
	path, err = weburl.Path(base.path + requested)
	return base.origin, path, err
}

// checkProofTime checks the nonce or, if the policy has no nonces, the time of
// the proof. A valid nonce shows that the proof is recent even if the client's
// clock is wrong (RFC 9449 §11.1). It also records when the proof can no longer
// be used.
func (d *decision) checkProofTime() error {
	policy, p := d.v.dpop, &d.proof
	if policy.nonces != nil {
		until, newest, ok := policy.nonces.Accept(d.now, p.nonce)
		if !ok || !newest {
			d.nonce = policy.nonces.Issue(d.now)
		}
		if !ok {
			return ErrNonce
		}
		d.proofEnds = until.Add(d.v.skew) // machines that share the store of marks may differ by this much
	} else {
		d.proofEnds = p.issuedAt.Add(policy.oldest)
		if d.now.After(d.proofEnds) || p.issuedAt.After(d.now.Add(policy.newest)) {
			return ErrProofTime
		}
	}
	skew := d.v.skew
	if !p.expiresAt.IsZero() && !d.now.Before(p.expiresAt.Add(skew)) || p.validAfter.After(d.now.Add(skew)) {
		return ErrProofTime
	}
	return nil
}

func (d *decision) checkTokenHash() error {
	if !d.lookedUp { // otherwise the digest is known
		d.bytes = append(d.bytes[:0], d.token...)
		d.digest = sha256.Sum256(d.bytes)
	}
	var want [43]byte
	base64.RawURLEncoding.Encode(want[:], d.digest[:])
	if d.proof.tokenHash != string(want[:]) {
		return fmt.Errorf("%w: ath differs", ErrProofRequest)
	}
	return nil
}

func (d *decision) checkProofSignature() error {
	d.proofMessage.Header = d.proof.signer.header
	if err := d.proofMessage.Verify(d.proof.signer.key); err != nil {
		return fmt.Errorf("%w: %w", ErrProof, err)
	}
	d.v.dpop.signers.store(d.proof.head, d.proof.signer)
	return nil
}

// checkReplay marks the proof as used, and refuses it if it was used before
// (RFC 9449 §11.1). It runs after all other checks of the token and the proof,
// so that no attacker can use up the identifier of another client's proof.
func (d *decision) checkReplay() error {
	policy, p := d.v.dpop, &d.proof
	if policy.replay == dpop.Off {
		return nil
	}
	if !policy.quota.take(p.signer.thumbprint, d.began) {
		return fmt.Errorf("%w: the client sends too many proofs", ErrUnavailable)
	}
	// The store has a clock of its own. Rounding up keeps the mark until the
	// proof is refused for its age.
	until := d.began.Add(d.proofEnds.Sub(d.now)).Truncate(time.Second).Add(2 * time.Second)
	key := sha256.Sum256([]byte(p.signer.thumbprint + "\x00" + p.id))
	first, err := policy.replay.First(d.ctx, key, until)
	switch {
	case err != nil:
		return &foreign{ErrUnavailable, err}
	case !first:
		return ErrReplay
	}
	return nil
}
