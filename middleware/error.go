package middleware

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/scopes"
)

// Code is the error code that clients receive with a refusal. Most codes are
// from RFC 6750 §3.1, RFC 9449 §7.1 and §9, and RFC 9470 §3. Two more codes are
// for failures that the client usually did not cause. When no token was sent,
// the code is "", as RFC 6750 §3.1 recommends.
type Code string

// The codes, with the HTTP status of each.
const (
	CodeNoToken                    Code = ""                                 // 401
	CodeInvalidRequest             Code = "invalid_request"                  // 400
	CodeInvalidToken               Code = "invalid_token"                    // 401
	CodeInvalidProof               Code = "invalid_dpop_proof"               // 401
	CodeUseNonce                   Code = "use_dpop_nonce"                   // 401, with DPoP-Nonce
	CodeInsufficientScope          Code = "insufficient_scope"               // 403
	CodeInsufficientAuthentication Code = "insufficient_user_authentication" // 401
	CodeUnavailable                Code = "temporarily_unavailable"          // 503, with Retry-After
	CodeInternal                   Code = "server_error"                     // 500
)

// Error is the reason for refusing a request. For each cause, clients receive
// only a constant message. An Error contains no part of the token.
type Error struct {
	Code        Code
	Description string     // constant text, safe to send
	Scope       scopes.Set // scopes that the route requires, not those of the token
	Err         error      // wraps one of the sentinel errors; for logs, not for clients

	// ACR and MaxAge are what the route requires of the user's authentication
	// (RFC 9470 §3). ACR lists the accepted authentication context classes in
	// order of preference. MaxAge is the maximum time since the user
	// authenticated. Both are set only if no token was sent, or if the acr or
	// auth_time of the token is insufficient.
	ACR    []string
	MaxAge time.Duration

	realm, metadata string   // the realm and the metadata URL of the Verifier
	offers          []string // schemes of the challenges; nil means only Bearer
	algorithms      string   // proof algorithms, for the parameter algs
	scheme          string   // the scheme of the request
	nonce           string   // a nonce for the next proof, or ""
}

// Refusal returns the *Error that err is or wraps. If err is nil or wraps no
// *Error, the caller has a bug, and Refusal returns an *Error with status 500.
func Refusal(err error) *Error {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal
	}
	return refuse(&foreign{ErrInternal, err})
}

// StatusCode returns the HTTP status of the refusal.
func (e *Error) StatusCode() int {
	switch e.Code {
	case CodeNoToken, CodeInvalidToken, CodeInvalidProof, CodeUseNonce, CodeInsufficientAuthentication:
		return http.StatusUnauthorized
	case CodeInvalidRequest:
		return http.StatusBadRequest
	case CodeInsufficientScope:
		return http.StatusForbidden
	case CodeUnavailable:
		return http.StatusServiceUnavailable
	case CodeInternal:
	}
	return http.StatusInternalServerError // also for unknown codes
}

// MarshalJSON returns the JSON body that adapters send. The body contains
// error_description and, if a token was sent, error.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Error       Code   `json:"error,omitempty"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.Description})
}

// Error returns a description of the refusal for logs. The description contains
// no text of the request.
func (e *Error) Error() string {
	if e.Err == nil {
		return "bearerguard: " + e.Description
	}
	return "bearerguard: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// cause is a sentinel error. It contains the code and the messages for logs and
// for clients, so every cause has a message for clients.
type cause struct {
	reason      string // for logs and metrics: a stable label
	text        string // for logs
	code        Code
	description string // for clients; "" stands for cause.text
}

func (c *cause) Error() string { return c.text }

// The causes of a refusal. Test for them with [errors.Is]. Clients receive the
// same answer for a wrong key and a wrong signature, so the answer does not
// help an attacker to correct a forgery.
var (
	ErrNoToken error = &cause{"no_token", "an access token is required", CodeNoToken, ""}

	ErrRequest   error = &cause{"malformed_request", "request does not contain exactly one well-formed bearer token", CodeInvalidRequest, ""}
	ErrTwoTokens error = &cause{"two_tokens", "request contains more than one access token", CodeInvalidRequest, ""}

	ErrTooLong      error = &cause{"too_long", "token is too long", CodeInvalidToken, ""}
	ErrOpaque       error = &cause{"opaque", "token is opaque or encrypted, and cannot be introspected", CodeInvalidToken, "token is not valid"}
	ErrMalformed    error = &cause{"malformed", "token is malformed", CodeInvalidToken, ""}
	ErrType         error = &cause{"type", "token is not an access token", CodeInvalidToken, ""}
	ErrIssuer       error = &cause{"issuer", "token issuer is not accepted", CodeInvalidToken, ""}
	ErrExpired      error = &cause{"expired", "token is expired", CodeInvalidToken, ""}
	ErrNotYetValid  error = &cause{"not_yet_valid", "token is not valid yet", CodeInvalidToken, ""}
	ErrAudience     error = &cause{"audience", "token audience is not accepted", CodeInvalidToken, ""}
	ErrClaims       error = &cause{"claims", "token lacks a required claim", CodeInvalidToken, ""}
	ErrAlgorithm    error = &cause{"algorithm", "token algorithm is not accepted", CodeInvalidToken, badSignature}
	ErrSignature    error = &cause{"signature", badSignature, CodeInvalidToken, ""}
	ErrInactive     error = &cause{"inactive", "token is not active", CodeInvalidToken, ""}
	ErrRevoked      error = &cause{"revoked", "token is revoked", CodeInvalidToken, ""}
	ErrConfirmation error = &cause{"confirmation", "token has a binding that this API cannot check", CodeInvalidToken, ""}

	ErrBound   error = &cause{"bound", "token is bound to a key: it needs the scheme DPoP and a proof", CodeInvalidToken, ""}
	ErrUnbound error = &cause{"unbound", "token does not have the required binding", CodeInvalidToken, ""}

	ErrCertificate error = &cause{"certificate", "token is bound to a certificate that the client did not present", CodeInvalidToken, ""}

	ErrProof        error = &cause{"proof", "DPoP proof is missing or not valid", CodeInvalidProof, ""}
	ErrProofKey     error = &cause{"proof_key", "token is bound to a different key from that of the DPoP proof", CodeInvalidToken, ""}
	ErrProofRequest error = &cause{"proof_request", "DPoP proof is for another request or token", CodeInvalidProof, ""}
	ErrProofTime    error = &cause{"proof_time", "DPoP proof is too old or from the future: check the clock", CodeInvalidProof, ""}
	ErrReplay       error = &cause{"replay", "DPoP proof was used before", CodeInvalidProof, ""}
	ErrNonce        error = &cause{"nonce", "DPoP proof lacks a recent nonce: use the nonce in DPoP-Nonce", CodeUseNonce, ""}

	ErrRequirement    error = &cause{"requirement", "token does not meet the requirements of this resource", CodeInsufficientScope, ""}
	ErrAuthentication error = &cause{"authentication", "authentication of the user does not meet the requirements of this resource", CodeInsufficientAuthentication, ""}

	ErrUnavailable error = &cause{"unavailable", unknownState, CodeUnavailable, ""}
	ErrInternal    error = &cause{"internal", "the check failed", CodeInternal, ""}

	// errQuota means that a client sends so many proofs that it would fill the
	// store of used proofs. Clients receive the same answer as in an outage.
	errQuota error = &cause{"quota", "the client sends too many DPoP proofs", CodeUnavailable, unknownState}

	// errCanceled means that the client canceled the request while a check was
	// waiting. The client may have closed only its sending side, and may still
	// read the response. It therefore receives the same code as in an outage.
	// Logs and metrics show the reason "canceled", so that a canceled request
	// is not mistaken for an outage.
	errCanceled error = &cause{"canceled", "the request was canceled", CodeUnavailable, unknownState}
)

const (
	badSignature = "token signature is not valid"
	unknownState = "token cannot be checked at the moment"
)

// refuse returns the refusal for the error of a step. If the error wraps no
// cause, the refusal is an internal error (500).
func refuse(err error) *Error {
	var c *cause
	if !errors.As(err, &c) {
		return refuse(&foreign{ErrInternal, err})
	}
	e := &Error{Code: c.code, Description: c.description, Err: err}
	if e.Description == "" {
		e.Description = c.text
	}
	return e
}

// reasonOf returns the stable label of a refusal.
func reasonOf(err error) string {
	var c *cause
	errors.As(err, &c) // always succeeds: refuse gives every error a cause
	return c.reason
}

// foreign combines a cause with the error of a callback. The text of the
// callback's error is not printed, because the text may contain a claim or a
// secret. [errors.Is] and [errors.As] find both errors.
type foreign struct{ cause, err error }

func (f *foreign) Error() string   { return f.cause.Error() }
func (f *foreign) Unwrap() []error { return []error{f.cause, f.err} }

// unavailable returns the error for a token that cannot be checked at the
// moment.
func unavailable(err error) error { return because(ErrUnavailable, err) }

// because combines a cause with the error of a Source. It prints the text of
// err only if err is a [contain.PlainError]. Any other error may come from a
// Source in another package, and its text may contain anything.
func because(cause, err error) error {
	if _, ok := err.(contain.PlainError); ok { //nolint:errorlint // an error that wraps a PlainError may quote anything
		return fmt.Errorf("%w: %w", cause, err)
	}
	return &foreign{cause, err}
}
