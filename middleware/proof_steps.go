package middleware

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/weburl"
)

// checkProofKey refuses a proof whose key is not the key to which the token is
// bound. It runs before the signature check, which would be wasted on a proof
// with the wrong key.
func (d *decision) checkProofKey() error {
	if d.proof.signer.thumbprint != d.binding.jkt {
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

// matches reports whether the htu of a proof is the URL of the request. If the
// requested URL is only a path, the URL of the request is one of the origins
// followed by the path. An absolute requested URL must also be below one of the
// origins.
func (policy *proofPolicy) matches(htu, requested string) bool {
	for _, base := range policy.origins { // the usual case: requested is a path, and it and htu are in normal form
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
		if err == nil && origin == base.origin && origin == wantOrigin && (path == wantPath || path+"/" == wantPath && path == base.path) {
			return true // a proxy that strips the prefix /v1 turns both /v1 and /v1/ into /
		}
	}
	return false
}

// url returns the public URL of a request, in normal form. If the requested URL
// is absolute, its path must be below the path of the origin.
func (base publicURL) url(requested string) (origin, path string, err error) {
	if requested != "" && requested[0] != '/' { // a path may also contain "://"
		origin, path, err = weburl.Normal(requested)
		if err == nil && path != base.path && !strings.HasPrefix(path, base.path+"/") {
			err = weburl.ErrURL
		}
		return origin, path, err
	}
	path, err = weburl.Path(requested) // removes dot segments first, so that they cannot remove the path of the origin
	return base.origin, base.path + path, err
}

// checkProofTime checks the nonce of the proof or, if the policy has no nonces,
// its iat. A valid nonce shows that the proof is recent even if the client's
// clock is wrong (RFC 9449 §11.1). checkProofTime also records when the proof
// expires.
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
		d.proofEnds = until
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
	if !d.lookedUp { // lookUp has not computed the digest
		d.bytes = append(d.bytes[:0], d.token...)
		d.digest = sha256.Sum256(d.bytes)
	}
	var want [encodedHash]byte
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

// checkReplay records that the proof was used, and refuses a proof that was
// used before (RFC 9449 §11.1). It runs after all other checks of the token and
// the proof, so that an attacker cannot use up the jti of another client's
// proof.
func (d *decision) checkReplay() error {
	policy, p := d.v.dpop, &d.proof
	if policy.replay == dpop.Off {
		return nil
	}
	// The clocks of other machines that share the store may be behind the clock
	// of the store by the clock skew. The skew is added so that the replay
	// entry does not expire while any of these machines still accepts the
	// proof.
	until := d.began.Add(d.proofEnds.Sub(d.now) + d.v.skew).Truncate(time.Second).Add(2 * time.Second)
	key := sha256.Sum256([]byte(p.signer.thumbprint + "\x00" + p.id))
	var first bool
	var err error
	if bounded, ok := policy.replay.(boundedReplay); ok {
		first, err = bounded.FirstOf(d.ctx, p.signer.thumbprint, key, until)
	} else {
		first, err = policy.replay.First(d.ctx, key, until)
	}
	switch {
	case errors.Is(err, dpop.ErrQuota):
		return fmt.Errorf("%w: %w", errQuota, dpop.ErrQuota)
	case errors.Is(err, dpop.ErrFull):
		return fmt.Errorf("%w: %w", ErrUnavailable, dpop.ErrFull)
	case err != nil:
		return &foreign{ErrUnavailable, err}
	case !first:
		return ErrReplay
	}
	return nil
}

// boundedReplay is a [dpop.Replay] that limits the number of replay entries for
// each client, as [dpop.Memory] does.
type boundedReplay interface {
	FirstOf(ctx context.Context, client string, key [32]byte, until time.Time) (bool, error)
}
