package middleware

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"
)

// Observation describes one decision for metrics. Its strings come from fixed
// sets, from the configuration, or from an Issuer that IssuerFor returned, so
// they are suitable as labels.
type Observation struct {
	Issuer    string        // URL of the accepted issuer, or ""
	Scheme    string        // "Bearer" or "DPoP", or "" if the request uses neither
	Algorithm string        // algorithm of the token if it is supported, or ""
	Code      Code          // code of the refusal; "" if accepted or if no token was sent; CodeUnavailable if the client disconnected
	Reason    string        // "accepted", or a label for the cause such as "expired" or "canceled"
	Duration  time.Duration // how long the decision took, including the wait for keys
}

// report passes a decision to the logger and the observer.
func (d *decision) report(refusal *Error, took time.Duration) {
	v := d.v
	o := Observation{Scheme: d.scheme, Reason: "accepted", Duration: took}
	if refusal != nil {
		o.Code, o.Reason = refusal.Code, reasonOf(refusal.Err)
	}
	if d.issuer != nil {
		o.Issuer = d.issuer.URL
	}
	if d.header != nil && d.header.algorithm != nil {
		o.Algorithm = d.header.Algorithm
	}
	if v.observe != nil {
		v.observe(d.ctx, o)
	}
	if refusal == nil {
		return
	}
	level := slog.LevelDebug // the operator need not react to faults of clients
	if errors.Is(refusal, ErrUnavailable) && !errors.Is(refusal, errCanceled) && v.warns(time.Now()) {
		level = slog.LevelWarn
	}
	if !v.logger.Enabled(d.ctx, level) {
		return
	}
	v.logger.LogAttrs(d.ctx, level, "request refused",
		slog.Int("status", refusal.StatusCode()),
		slog.String("reason", o.Reason),
		slog.String("detail", refusal.Err.Error()),
		slog.String("issuer", o.Issuer),
		slog.String("scheme", o.Scheme),
		slog.String("alg", o.Algorithm),
		slog.String("token", fingerprint(d.token)),
		slog.Duration("took", took))
}

// warns reports whether a warning may be logged now. It allows one warning per
// second, because in an outage every request would cause a warning.
func (v *Verifier) warns(now time.Time) bool {
	last := v.warned.Load()
	return (last == nil || now.Sub(*last) >= time.Second) && v.warned.CompareAndSwap(last, &now)
}

// fingerprint returns the first eight bytes of the token's SHA-256 in
// hexadecimal, which identify the token in logs.
func fingerprint(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}
