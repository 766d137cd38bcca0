package token

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Expiry returns the time in exp, or d.Now if exp is absent or invalid.
func (d *Draft) Expiry() time.Time {
	if i := d.Claims.Find("exp"); i >= 0 {
		if seconds, ok := NumericDate(d.Claims[i].Value); ok {
			return time.Unix(int64(seconds), 0)
		}
	}
	return d.Now
}

// Audience returns aud as a list, even if aud is a single string (RFC 7519
// §4.1.3).
func (o Object) Audience() []string {
	if aud, ok := o.Text("aud"); ok {
		return []string{aud}
	}
	list, _ := o.Texts("aud")
	return list
}

// Timely reports whether the token is valid at the given time. If strict is
// true, as for a JWT (RFC 9068 §2.2), exp must be present and all times must be
// well-formed. If strict is false, as for an opaque token, exp may be absent
// and malformed times are ignored: a test may set them, and the API must detect
// them.
func (o Object) Timely(now time.Time, strict bool) bool {
	at := float64(now.UnixMicro()) / 1e6
	for _, name := range [...]string{"exp", "nbf", "iat"} {
		i := o.Find(name)
		if i < 0 {
			if strict && name == "exp" {
				return false
			}
			continue
		}
		date, ok := NumericDate(o[i].Value)
		switch {
		case !ok && strict:
			return false
		case !ok:
		case name == "exp" && at >= date, name != "exp" && at < date:
			return false
		}
	}
	return true
}

// NumericDate parses a NumericDate (RFC 7519 §2). It returns false if raw is
// not a number or is out of range.
func NumericDate(raw json.RawMessage) (seconds float64, ok bool) {
	seconds, err := strconv.ParseFloat(string(raw), 64)
	return seconds, err == nil && math.Abs(seconds) < 1<<53
}

// HalfHash returns the value of at_hash or c_hash for text: the left half of
// the hash of text, computed with the hash function of alg (OpenID Connect Core
// 1.0 §3.1.3.6).
func HalfHash(alg catalogue.Alg, text string) string {
	hash := crypto.SHA512 // the hash function of Ed25519
	if spec, err := specOf(alg); err == nil && spec.hash != 0 {
		hash = spec.hash
	}
	h := hash.New()
	h.Write([]byte(text))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
