package middleware

import (
	"fmt"

	"github.com/bearerguard/bearerguard/internal/weburl"
)

func showConfirmation(d *decision) (expected, found string) {
	switch {
	case d.binding.other:
		found = "a token with a cnf that cannot be checked"
	case d.binding.jkt != "" && d.binding.x5t != "":
		found = "a token that is bound to the key " + quoted(d.binding.jkt) + " and the certificate " + quoted(d.binding.x5t)
	case d.binding.jkt != "":
		found = "a token that is bound to the key " + quoted(d.binding.jkt)
	case d.binding.x5t != "":
		found = "a token that is bound to the certificate " + quoted(d.binding.x5t)
	default:
		found = "a token that is not bound to a key"
	}
	switch policy := d.v.dpop; {
	case d.binding.other:
		expected = "a cnf with only jkt and x5t#S256, each a SHA-256 hash in base64url without padding"
	case d.binding.x5t != "" && d.v.clientCert == nil:
		expected = "a token that is not bound to a certificate, since Config.ClientCert is nil"
	case d.binding.x5t != "" && d.binding.jkt == "" && !d.provesKey() && (policy == nil || !policy.required):
		expected = "a token that is bound to a certificate"
	case policy == nil && d.v.requireBound:
		expected = "a token that is bound to a certificate"
	case policy == nil:
		expected = "a token that is not bound to a key, since Config.DPoP is nil"
	case policy.required:
		expected = "a token that is bound to a key, with the scheme DPoP"
	case d.provesKey():
		expected = "a token that is bound to a key"
	case d.v.requireBound:
		expected = "a token that is bound to a certificate, or to a key with the scheme DPoP"
	default:
		expected = "a token that is not bound to a key, or the scheme DPoP"
	}
	return expected, found + ", with the scheme " + d.scheme
}

func showCertificate(d *decision) (expected, found string) {
	found = "no certificate, or one that cannot be read"
	if thumbprint := d.credentials.CertificateThumbprint; thumbprint != "" {
		found = quoted(thumbprint)
	}
	return quoted(d.binding.x5t), found
}

func showProof(d *decision) (expected, found string) {
	expected, found = "one DPoP field, with one of the algorithms "+d.v.dpop.names, fmt.Sprintf("%d DPoP fields", len(d.credentials.Proofs))
	if d.proof.signer != nil {
		found += ", alg " + quoted(d.proof.signer.header.Algorithm)
	}
	return expected, found
}

func showProofKey(d *decision) (expected, found string) {
	return quoted(d.binding.jkt), quoted(d.proof.signer.thumbprint)
}

func showProofMethod(d *decision) (expected, found string) {
	return quoted(d.credentials.Method), quoted(d.proof.method)
}

// showProofURL returns the accepted URLs and the URL in the proof. If they
// differ, it adds the most likely reason.
func showProofURL(d *decision) (expected, found string) {
	var urls []string
	hint := ": is another host or port in front of the API? Add its URL to Origins"
	path := ""
	if _, named, err := weburl.Normal(d.proof.url); err == nil {
		path = named
	}
	origin, _, _ := weburl.Normal(d.proof.url)
	for _, base := range d.v.dpop.origins {
		wantOrigin, wantPath, err := base.url(d.credentials.URL)
		if err != nil {
			continue
		}
		urls = append(urls, wantOrigin+wantPath)
		if origin == wantOrigin && path == d.credentials.URL && base.path != "" {
			hint = ": does the API see the whole path? Add the origin without a path to Origins"
		} else if origin == wantOrigin && path != wantPath {
			hint = ": does a proxy in front of the API strip or add a part of the path? Origins must contain the path that it strips"
		}
	}
	found = quoted(d.proof.url)
	if !d.v.dpop.matches(d.proof.url, d.credentials.URL) {
		found += hint
	}
	return list(urls), found
}

func showProofTime(d *decision) (expected, found string) {
	if policy := d.v.dpop; policy.nonces != nil {
		expected = "a nonce that this API issued recently"
		if found = "another nonce"; d.proof.nonce == "" {
			found = "none"
		} else if d.nonce == "" || !d.proofEnds.IsZero() {
			found = "a recent nonce"
		}
	} else {
		expected = fmt.Sprintf("iat at most %v ago, or at most %v ahead", policy.oldest, policy.newest)
		found = "iat " + d.away(d.proof.issuedAt)
	}
	if at := d.proof.expiresAt; !at.IsZero() {
		found += ", exp " + d.away(at)
	}
	if at := d.proof.validAfter; !at.IsZero() {
		found += ", nbf " + d.away(at)
	}
	return expected, found
}
