package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// noncePeriod is the time after which the nonce changes. The documentation of
// the server states this time.
const noncePeriod = time.Minute

// Nonces is the secret from which a server computes nonces. The server
// therefore need not store the nonces (RFC 9449 §8). If Nonces is nil, proofs
// need no nonce.
type Nonces []byte

// Issue returns the current nonce.
func (n Nonces) Issue(now time.Time) string {
	m := hmac.New(sha256.New, n)
	m.Write([]byte("dpop nonce\n" + strconv.FormatInt(now.Truncate(noncePeriod).Unix(), 10)))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

// accept reports whether nonce is the current nonce or the one before it.
func (n Nonces) accept(now time.Time, nonce string) bool {
	return hmac.Equal([]byte(nonce), []byte(n.Issue(now))) || hmac.Equal([]byte(nonce), []byte(n.Issue(now.Add(-noncePeriod))))
}
