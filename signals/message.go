package signals

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
)

// message is a verified message to this receiver.
type message struct {
	issuer   string // as in middleware.Token
	claims   map[string]strictjson.Value
	issuedAt time.Time
	events   strictjson.Value // an object
}

// verify verifies a message, and makes the checks that are common to logout
// tokens and security events.
func (rc *receiver) verify(ctx context.Context, token string, types ...string) (*message, *refusal) {
	issuer, claims, err := rc.Verifier.VerifySignal(ctx, token, types...)
	if err != nil {
		return nil, refusalOf(middleware.Refusal(err))
	}
	m := &message{issuer: issuer, claims: make(map[string]strictjson.Value)}
	err = strictjson.Object(claims, func(name string, value strictjson.Value) error {
		m.claims[name] = value
		return nil
	})
	if err != nil { // unexpected, because VerifySignal parsed the claims
		return nil, &refusal{status: http.StatusInternalServerError, description: "the check failed"}
	}
	iss, id := m.text("iss"), m.text("jti")
	issuedAt, hasTime := strictjson.Date(m.claims["iat"])
	m.issuedAt, m.events = issuedAt, m.claims["events"]
	switch {
	case iss == "":
		return nil, refuse(invalidIssuer, "iss is missing")
	case !rc.isAudience(m.claims["aud"]):
		return nil, refuse(invalidAudience, "aud is not an audience of this receiver")
	case id == "" || !hasTime:
		return nil, refuse(invalidRequest, "iat or jti is missing")
	case m.events.Kind() != '{':
		return nil, refuse(invalidRequest, "events is not an object")
	}
	return m, nil
}

// refusalOf returns the response to a message that the verifier has refused. As
// in the middleware, a wrong key and a wrong signature get the same response.
func refusalOf(err *middleware.Error) *refusal {
	switch {
	case err.Code == middleware.CodeUnavailable:
		return &refusal{status: http.StatusServiceUnavailable, description: "the message cannot be verified at the moment"}
	case err.Code == middleware.CodeInternal:
		return &refusal{status: http.StatusInternalServerError, description: "the check failed"}
	case errors.Is(err, middleware.ErrIssuer):
		return refuse(invalidIssuer, "iss is not an accepted issuer")
	case errors.Is(err, middleware.ErrSignature), errors.Is(err, middleware.ErrAlgorithm):
		return refuse(invalidKey, "the signature is not valid")
	case errors.Is(err, middleware.ErrType):
		return refuse(invalidRequest, "typ is that of another kind of JWT")
	case errors.Is(err, middleware.ErrTooLong):
		return refuse(invalidRequest, "the message is too long")
	case errors.Is(err, middleware.ErrExpired):
		return refuse(invalidRequest, "exp is in the past")
	case errors.Is(err, middleware.ErrNotYetValid):
		return refuse(invalidRequest, "iat or nbf is in the future: check the clock")
	}
	return refuse(invalidRequest, "the message is not a well-formed JWT")
}

// text returns a claim, or "" if it is not a string.
func (m *message) text(name string) string {
	text, _ := strictjson.String(m.claims[name])
	return text
}

// texts returns a claim as a slice with one element. The slice is empty if the
// claim is absent, empty or not a string.
func (m *message) texts(name string) []string {
	if text := m.text(name); text != "" {
		return []string{text}
	}
	return nil
}

// has reports whether a claim is present. As in access tokens, a claim that is
// null is absent.
func (m *message) has(name string) bool {
	value := m.claims[name]
	return value != "" && !value.IsNull()
}

// isAudience reports whether aud, a string or an array of strings (RFC 7519
// §4.1.3), contains an audience of this receiver.
func (rc *receiver) isAudience(aud strictjson.Value) bool {
	all, _ := strictjson.Strings(aud, len(aud))
	if one, ok := strictjson.String(aud); ok {
		all = []string{one}
	}
	return slices.ContainsFunc(all, func(one string) bool { return slices.Contains(rc.Audiences, one) })
}

// revocations returns one revocation for each value. The revocations do not
// apply to tokens that were issued after the message. A server may let a
// session continue, for example for a refresh token with offline access
// (Back-Channel Logout 1.0 §2.7).
func (rc *receiver) revocations(m *message, kind revoke.Kind, values ...string) (all []revoke.Revocation) {
	for _, value := range values {
		all = append(all, revoke.Revocation{
			Issuer: m.issuer, Kind: kind, Value: value, Before: m.issuedAt, Until: m.issuedAt.Add(rc.TokenLifetime),
		})
	}
	return all
}

// ended returns the revocations for sessions that have ended. If sessions is
// empty, all tokens of the users are revoked. Otherwise, the tokens of the
// sessions are revoked, and also those tokens of the users that do not contain
// a sid. A token without sid may belong to a session that has ended. If its
// session continues, the client can get a new token with its refresh token.
func (rc *receiver) ended(m *message, users, sessions []string) []revoke.Revocation {
	if len(sessions) == 0 {
		return rc.revocations(m, revoke.Subject, users...)
	}
	return append(rc.revocations(m, revoke.Session, sessions...), rc.revocations(m, revoke.Sessionless, users...)...)
}

// revoke adds revocations to the list. It logs a failure of the list or of its
// feed as an outage of this receiver. If the keys of an issuer are unavailable,
// only the verifier logs an outage, because this receiver still accepts
// messages of other issuers.
func (rc *receiver) revoke(ctx context.Context, revocations []revoke.Revocation) *refusal {
	if len(revocations) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	var refused *refusal
	switch err := rc.List.Add(limited, revocations...); {
	case err == nil:
	case errors.Is(err, revoke.ErrPublish):
		refused = &refusal{status: http.StatusServiceUnavailable, description: "the revocation cannot be published at the moment"}
	case errors.Is(err, revoke.ErrFull):
		refused = &refusal{status: http.StatusServiceUnavailable, description: "the list of revocations is full"}
	default:
		return refuse(invalidRequest, "the ID of the user or of the session is too long")
	}
	if ctx.Err() == nil { // a canceled request is not an outage
		rc.logOutage(ctx, refused)
	}
	return refused
}
