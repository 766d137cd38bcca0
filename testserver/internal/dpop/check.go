package dpop

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Algs lists the algorithms that proofs may be signed with.
var Algs = catalogue.AssertionAlgs

// The time of a proof may be at most maxAge in the past and at most maxAhead in
// the future. If the server asks for nonces, any iat is accepted. The
// documentation of the server states both limits.
const (
	maxAge   = 5 * time.Minute
	maxAhead = time.Minute
)

// Request is the HTTP request for which a proof must have been made.
type Request struct {
	Method string
	URLs   []string // URLs that htu may have; error texts contain the first URL
	Token  string   // the access token; "" at an endpoint that issues tokens
	Now    time.Time
	Nonces Nonces
}

// Proof is a valid proof. The zero Proof means that the request has no proof.
type Proof struct {
	Key   string    // the thumbprint of the client's key (RFC 7638), as in cnf.jkt
	ID    string    // key and jti; a second proof with this ID is a replay
	Until time.Time // store ID until then; later, the proof is too old
}

// ErrNonce means that a proof is good, except that it has no valid nonce.
var ErrNonce = errors.New("the DPoP proof has no valid nonce: repeat the request with a proof that contains the nonce of the field DPoP-Nonce (RFC 9449 section 8)")

// Check returns the proof in the DPoP header fields of a request, or the zero
// Proof if fields is empty. It does not detect replays. The error says what was
// expected, and contains no part of the proof.
func (r Request) Check(fields []string) (Proof, error) {
	if len(fields) == 0 {
		return Proof{}, nil
	}
	text := fields[0]
	raw, ok := token.Segments(text)
	switch {
	case len(fields) > 1:
		return Proof{}, errors.New("the request has more than one DPoP field: expected one (RFC 9449 section 4.3)")
	case !ok:
		return Proof{}, errors.New("the DPoP proof is malformed: expected one JWT, as three parts in base64url")
	}
	header, headerErr := token.ParseObject(raw[0])
	claims, claimsErr := token.ParseObject(raw[1])
	if headerErr != nil || claimsErr != nil {
		return Proof{}, errors.New("the DPoP proof is malformed: expected a header and claims that are JSON objects without repeated members")
	}
	key, err := signer(text, header)
	if err != nil {
		return Proof{}, err
	}
	if err := r.checkClaims(claims); err != nil {
		return Proof{}, err
	}
	until, err := r.checkTime(claims)
	if err != nil {
		return Proof{}, err
	}
	jti, _ := claims.Text("jti")
	return Proof{Key: key, ID: key + " " + jti, Until: until}, nil
}

// signer verifies the signature of a proof and returns the thumbprint of its
// key.
func signer(text string, header token.Object) (string, error) {
	typ, _ := header.Text("typ")
	alg, _ := header.Text("alg")
	switch {
	case typ != "dpop+jwt":
		return "", errors.New("typ of the DPoP proof is wrong: expected dpop+jwt")
	case !slices.Contains(Algs, catalogue.Alg(alg)):
		return "", errors.New("alg of the DPoP proof is not supported: expected one of " + strings.Join(catalogue.Names(Algs), ", "))
	case header.Find("crit") >= 0: // RFC 7515 §4.1.11: no extensions are supported
		return "", errors.New("the DPoP proof has crit: expected no critical extensions")
	}
	key, thumbprint, err := shownKey(header)
	if err != nil {
		return "", err
	}
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil || !token.VerifiedBy(text, jws, key) {
		return "", errors.New("the signature of the DPoP proof is wrong: expected one that the key in jwk verifies with alg")
	}
	return thumbprint, nil
}

// checkClaims checks jti, htm, htu and ath of a proof.
func (r Request) checkClaims(claims token.Object) error {
	jti, _ := claims.Text("jti")
	htm, _ := claims.Text("htm")
	htu, _ := claims.Text("htu")
	ath, _ := claims.Text("ath")
	switch {
	case jti == "":
		return errors.New("jti of the DPoP proof is missing: expected a text that is different in each proof")
	case htm != r.Method:
		return errors.New("htm of the DPoP proof is not the method of the request: expected " + r.Method)
	case !r.isTarget(htu):
		own, _ := normal(r.URLs[0]) // percent-encoded, so without quotes
		return errors.New("htu of the DPoP proof is not the URL of the request: expected " + own)
	case r.Token != "" && ath != hashOf(r.Token):
		return errors.New("ath of the DPoP proof is not for the access token: expected its SHA-256 in base64url")
	}
	return nil
}

// checkTime checks the age of a proof, and returns the time from which the
// proof is too old. If the server asks for nonces, the nonce shows the age.
// Otherwise, iat shows the age (RFC 9449 §4.3, items 10 and 11).
func (r Request) checkTime(claims token.Object) (time.Time, error) {
	iat, iatOK := dateOf(claims, "iat", time.Time{})
	exp, expOK := dateOf(claims, "exp", r.Now.Add(maxAge))
	nbf, nbfOK := dateOf(claims, "nbf", r.Now)
	nonce, _ := claims.Text("nonce")
	clock := "the clock of the server shows " + r.Now.UTC().Format(time.RFC3339)
	switch {
	case !iatOK || !expOK || !nbfOK || iat.IsZero():
		return time.Time{}, errors.New("iat of the DPoP proof is missing, or one of its times (iat, exp, nbf) is malformed: expected a number of seconds")
	case !r.Now.Before(exp):
		return time.Time{}, errors.New("the DPoP proof has expired: " + clock)
	case nbf.After(r.Now.Add(maxAhead)):
		return time.Time{}, errors.New("the DPoP proof is not valid yet: " + clock)
	case r.Nonces != nil && !r.Nonces.accept(r.Now, nonce):
		return time.Time{}, ErrNonce
	case r.Nonces != nil:
		return r.Now.Add(2 * noncePeriod), nil
	case iat.Before(r.Now.Add(-maxAge)) || iat.After(r.Now.Add(maxAhead)):
		return time.Time{}, errors.New("iat of the DPoP proof is too far from the current time: expected at most 5 minutes before and 1 minute after it, and " + clock)
	}
	return iat.Add(maxAge + time.Second), nil
}

// dateOf returns the time in a claim. If the claim is missing, it returns the
// absent argument.
func dateOf(claims token.Object, name string, absent time.Time) (t time.Time, ok bool) {
	i := claims.Find(name)
	if i < 0 {
		return absent, true
	}
	seconds, ok := token.NumericDate(claims[i].Value)
	return time.Unix(int64(seconds), 0), ok
}

// hashOf returns the value of ath for an access token (RFC 9449 §4.2).
func hashOf(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
