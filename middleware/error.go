package middleware

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/scopes"
)

// Code is the error code of a refusal, as clients see it: those of RFC 6750
// §3.1, and two for faults that are not the client's. It is "" when no token
// was sent, since RFC 6750 §3.1 then wants no code at all.
type Code string

// The codes and the status each one answers with.
const (
	CodeNoToken           Code = ""                        // 401
	CodeInvalidRequest    Code = "invalid_request"         // 400
	CodeInvalidToken      Code = "invalid_token"           // 401
	CodeInsufficientScope Code = "insufficient_scope"      // 403
	CodeUnavailable       Code = "temporarily_unavailable" // 503, with Retry-After
	CodeInternal          Code = "server_error"            // 500
)

// Error is why a request is refused. It tells clients no more than a constant
// for each cause, and holds no byte of the token.
type Error struct {
	Code        Code
	Description string     // constant text, safe to send
	Scope       scopes.Set // what the route requires, never what the token has
	Err         error      // the cause, which wraps one of the sentinels; for logs, not for clients

	realm string // of the Verifier
}

// Refusal returns the *Error in err. Any other error, nil included, is a fault of
// the program and is answered with 500.
func Refusal(err error) *Error {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal
	}
	return refuse(&foreign{ErrInternal, err})
}

// StatusCode returns the HTTP status of the answer.
func (e *Error) StatusCode() int {
	switch e.Code {
	case CodeNoToken, CodeInvalidToken:
		return http.StatusUnauthorized
	case CodeInvalidRequest:
		return http.StatusBadRequest
	case CodeInsufficientScope:
		return http.StatusForbidden
	case CodeUnavailable:
		return http.StatusServiceUnavailable
	case CodeInternal:
	}
	return http.StatusInternalServerError // for codes of nobody's making too
}

// MarshalJSON writes the body of the answer that adapters send: error, unless no
// token was sent, and error_description.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Error       Code   `json:"error,omitempty"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.Description})
}

// Error describes the refusal for logs. It quotes nothing of the request.
func (e *Error) Error() string {
	if e.Err == nil {
		return "bearerguard: " + e.Description
	}
	return "bearerguard: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// cause is a sentinel together with all that follows from it, so that a cause
// cannot exist without a decision about what clients are told.
type cause struct {
	reason      string // for logs and metrics: a stable label
	text        string // for logs
	code        Code
	description string // for clients; "" means the same as text
}

func (c *cause) Error() string { return c.text }

// The causes of a refusal. Test for them with [errors.Is]. All failures of key
// and signature look alike to clients, so that an answer tells nobody which
// part of a forgery to mend.
var (
	ErrNoToken error = &cause{"no_token", "an access token is required", CodeNoToken, ""}

	ErrRequest   error = &cause{"malformed_request", "request does not hold exactly one well-formed bearer token", CodeInvalidRequest, ""}
	ErrTwoTokens error = &cause{"two_tokens", "request holds more than one access token", CodeInvalidRequest, ""}

	ErrTooLong      error = &cause{"too_long", "token is too long", CodeInvalidToken, ""}
	ErrOpaque       error = &cause{"opaque", "token is opaque or encrypted, and no issuer can be asked about it", CodeInvalidToken, "token is not valid"}
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
	ErrConfirmation error = &cause{"confirmation", "token is bound to a key that this API cannot check", CodeInvalidToken, ""}

	ErrRequirement error = &cause{"requirement", "token does not meet the requirements of this resource", CodeInsufficientScope, ""}

	ErrUnavailable error = &cause{"unavailable", unknownState, CodeUnavailable, ""}
	ErrInternal    error = &cause{"internal", "the check failed", CodeInternal, ""}

	// A canceled wait is not an outage. A client that only closed its side still
	// reads the answer, so the code is the same; logs and metrics show the reason.
	errCanceled error = &cause{"canceled", "the request was canceled", CodeUnavailable, unknownState}
)

const (
	badSignature = "token signature is not valid"
	unknownState = "token cannot be checked at the moment"
)

// refuse makes the answer that follows from the error of a step. An error
// without a cause is a fault of ours and is answered as one.
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

// reasonOf returns the stable word for a refusal.
func reasonOf(err error) string {
	var c *cause
	errors.As(err, &c) // always: refuse gives every error a cause
	return c.reason
}

// foreign adds to a cause an error whose text is not ours to print, because it
// may hold a claim or a secret: a callback's. [errors.Is] and [errors.As] find
// both.
type foreign struct{ cause, err error }

func (f *foreign) Error() string   { return f.cause.Error() }
func (f *foreign) Unwrap() []error { return []error{f.cause, f.err} }

// unavailable says that a token cannot be judged now. Of a Source that is not
// ours the reason is not printed.
func unavailable(err error) error {
	if _, ok := err.(contain.PlainError); ok { //nolint:errorlint // what wraps such an error may quote anything
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return &foreign{ErrUnavailable, err}
}
