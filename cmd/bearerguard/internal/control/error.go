package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	wire "github.com/bearerguard/bearerguard/internal/control"
)

// Kind is the kind of a failure.
type Kind int

// These are the kinds of failures.
const (
	Invalid     Kind = iota // this package or the API rejects the request as invalid
	Absent                  // the requested object does not exist, or the awaited event did not happen in time
	Unreachable             // the API or a receiver cannot be reached, an answer was cut off, or a receiver refused a token before it could be replayed
	Refused                 // the API refuses the request for another reason
	Unknown                 // the answer does not come from a control API
)

// Error is the error of a request. Its message is the message of the cause.
type Error struct {
	Kind  Kind
	Cause error
}

func (e *Error) Error() string { return e.Cause.Error() }

func (e *Error) Unwrap() error { return e.Cause }

func failed(kind Kind, format string, args ...any) *Error {
	return &Error{kind, fmt.Errorf(format, args...)}
}

// refusal returns the error for a status other than 200.
func refusal(status int, text []byte) *Error {
	var e wire.Error
	if json.Unmarshal(text, &e) != nil || e.Code == "" {
		return failed(Unknown, "the answer with status %d does not come from a control API", status)
	}
	switch status {
	case http.StatusBadRequest:
		return &Error{Invalid, errors.New(e.Description)}
	case http.StatusNotFound, http.StatusGatewayTimeout:
		return &Error{Absent, errors.New(e.Description)}
	case http.StatusBadGateway:
		return &Error{Unreachable, errors.New(e.Description)}
	}
	return failed(Refused, "the control API refused the request: %s", e.Description)
}
