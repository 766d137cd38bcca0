package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/scopes"
)

// Token is a verified access token. A field other than Issuer is zero if its
// claim is absent. A Token prints and logs as "[redacted]", because claims are
// personal data. Its JSON form contains the exported fields, with Scopes as one
// space-separated string.
type Token struct {
	Issuer    string     // iss, or Issuer.URL if iss is an alias or absent
	Subject   string     // sub
	ClientID  string     // from Issuer.ClientIDClaims: by default client_id (RFC 9068 §2.2), then azp
	ID        string     // jti
	Audience  []string   // aud, or the claim named by Issuer.AudienceClaim
	Scopes    scopes.Set // from Issuer.ScopeClaims
	Expiry    time.Time  // exp; zero if the exp of an introspection answer is absent, null or 0
	IssuedAt  time.Time  // iat
	NotBefore time.Time  // nbf
	ACR       string     // acr, the authentication context class
	AuthTime  time.Time  // auth_time; zero if it is not a NumericDate

	claims  string  // all claims as strict JSON
	binding binding // from cnf
	session string  // sid, for Config.Revocations; "" if it is not a string
}

// clone returns a copy of the token, so that one caller cannot modify the token
// of another caller.
func (t *Token) clone() *Token {
	own := new(struct {
		Token
		audience [1]string
	})
	t.copyTo(&own.Token, &own.audience)
	return &own.Token
}

// copyTo copies a token to own. A single audience is stored in the given array,
// to save an allocation. The elements of the audience are the only shared data
// that a caller can modify, so nothing else needs a deep copy.
func (t *Token) copyTo(own *Token, audience *[1]string) {
	*own = *t
	if len(t.Audience) == 1 {
		audience[0] = t.Audience[0]
		own.Audience = audience[:]
		return
	}
	own.Audience = slices.Clone(t.Audience)
}

// makeToken makes the Token. It runs after all checks of the claims and the
// signature.
func (d *decision) makeToken() error {
	d.verified = d.claims.token(d.issuer.clientIDClaims)
	d.lookup = d.verified.claim
	return nil
}

func (d *decision) checkRevocation() error {
	if list, t := d.v.revocations, d.verified; list != nil {
		listed, err := list.Check(revoke.Claims{
			Issuer: t.Issuer, ID: t.ID, Subject: t.Subject, Session: t.session, ClientID: t.ClientID, IssuedAt: t.IssuedAt,
		})
		switch {
		case err != nil:
			return unavailable(contain.PlainError{Err: err})
		case listed:
			return ErrRevoked
		}
	}
	if d.v.revoked == nil {
		return nil
	}
	revoked, err := d.v.revoked(d.ctx, d.verified.clone())
	switch {
	case err != nil:
		return &foreign{ErrUnavailable, err}
	case revoked:
		return ErrRevoked
	}
	return nil
}

// Format implements [fmt.Formatter]. It prints "[redacted]" for every verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// ClaimsAs decodes all claims of a verified token into a T, as the json tags of
// T specify. Names are compared case-sensitively. The error names the Go type
// that does not fit, never the value of the claim. A Token that was not made by
// a Verifier has no claims, so ClaimsAs returns an error for it.
func ClaimsAs[T any](t *Token) (T, error) {
	var claims T
	if t == nil || t.claims == "" {
		return claims, errors.New("bearerguard: token has no claims: it does not come from a Verifier")
	}
	if err := json.Unmarshal([]byte(t.claims), &claims); err != nil { //nolint:forbidigo // this text has passed the strict parser, and is signed
		var zero T
		var mismatch *json.SemanticError
		if errors.As(err, &mismatch) && mismatch.GoType != nil {
			return zero, fmt.Errorf("bearerguard: a claim does not fit the Go type %v in %T", mismatch.GoType, zero)
		}
		return zero, fmt.Errorf("bearerguard: claims do not fit %T", zero)
	}
	return claims, nil
}

// lookup is the method value [Token.claim] of one token. It is created only
// once for each cached token, to save an allocation per request.
type lookup func(pointer string) (any, bool)

// claim returns the value of the claim at a JSON Pointer, or false if the claim
// is absent or null.
func (t *Token) claim(pointer string) (any, bool) {
	raw := strictjson.Lookup(t.claims, strictjson.Pointer(pointer))
	if raw == "" || raw.IsNull() {
		return nil, false
	}
	var value any
	if json.Unmarshal([]byte(raw), &value) != nil { //nolint:forbidigo // this text is a part of claims that have passed the strict parser
		return nil, false
	}
	return value, true
}
