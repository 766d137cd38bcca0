package asclient

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// Kind is the kind of a failure.
type Kind int

// These are the kinds of failures.
const (
	InvalidIssuer   Kind = iota // the issuer is not an allowed URL
	InvalidRedirect             // a login cannot use the redirect URI: see [CheckRedirect]
	NoSecret                    // the client needs a secret and has none
	CannotListen                // this program cannot listen at the redirect URI
	Metadata                    // the metadata is unavailable or invalid, or an endpoint in it is missing or not allowed
	Unreachable                 // an endpoint cannot be reached, its response was cut off, or the keys of the issuer cannot be fetched
	Refused                     // the authorization server refuses; Cause is a [*RefusalError]
	Expired                     // the lifetime of the device code ended before the user logged in; expired_token from the server is Refused
	InvalidAnswer               // an answer violates the protocol
)

// Error is the error of a request or a login.
type Error struct {
	Kind  Kind
	Doing string // what failed, for the start of the message; "" if Cause says it
	Cause error
}

func (e *Error) Error() string {
	if e.Doing == "" {
		return e.Cause.Error()
	}
	return e.Doing + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// RefusalError is an error response. It contains the status, and the members
// error and error_description (RFC 6749 §5.2), but not the body.
type RefusalError struct {
	Status            int // 0 if the error was in the redirect URL
	Code, Description string
}

func (r *RefusalError) Error() string {
	var b strings.Builder
	b.WriteString("the authorization server refuses")
	if r.Status != 0 {
		fmt.Fprintf(&b, " with %d %s", r.Status, http.StatusText(r.Status))
	}
	if r.Code != "" {
		b.WriteString(": " + r.Code)
		if r.Description != "" {
			fmt.Fprintf(&b, " (%s)", r.Description)
		}
	}
	return b.String()
}

func (c *Client) refused(doing string, r RefusalError) *Error {
	r.Code, r.Description = c.shown(r.Code), c.shown(r.Description)
	return &Error{Refused, doing, &r}
}

// failed converts an error of package oauth2 to an [*Error]. If the error is an
// error response, only its status, code and description are kept, because the
// original message contains the body of the response.
func (c *Client) failed(doing string, err error) *Error {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return c.refused(doing, RefusalError{r.Response.StatusCode, r.ErrorCode, r.ErrorDescription})
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return &Error{Unreachable, doing, err}
	}
	return &Error{InvalidAnswer, doing, err}
}

// shown returns a text from the server if this text may be printed. It returns
// "" if the text is too long, contains a character that is not printable ASCII,
// or contains a secret that the client sent.
func (c *Client) shown(text string) string {
	const maxText = 500
	if len(text) > maxText {
		return ""
	}
	for _, b := range []byte(text) {
		if b < 0x20 || b > 0x7e {
			return ""
		}
	}
	for _, secret := range c.hidden {
		if strings.Contains(text, secret) {
			return ""
		}
	}
	return text
}
