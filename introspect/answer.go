package introspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/jwks"
)

// Media types of answers.
const (
	plainMedia  = "application/json"
	signedMedia = "application/token-introspection+jwt" // RFC 9701 §4
)

// maxSignedAge is how far from now a signed answer may be issued. It was made
// for us a moment ago; the rest is for clocks.
const maxSignedAge = 5 * time.Minute

// Response is what an authorization server says of a token. It prints as
// "[redacted]": claims are personal data.
type Response struct {
	Active bool
	Claims []byte // the members of an active answer, one strict JSON object; nil if inactive

	expiry time.Time // exp, zero if there is none
	typed  bool      // token_type is there
}

// clone keeps those who are given an answer from writing into the cache.
func (r *Response) clone() *Response {
	return &Response{Active: r.Active, Claims: slices.Clone(r.Claims), expiry: r.expiry, typed: r.typed}
}

// Format implements [fmt.Formatter], for every verb.
func (Response) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON implements [encoding/json.Marshaler], for loggers that marshal.
func (Response) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

const redacted = "[redacted]"

// parse reads the members of an answer (RFC 7662 §2.2). The token is active if
// "active" is there once and is true; everything else that it may be, but
// false, makes the answer one that we do not understand.
func parse(data []byte) (*Response, error) {
	var (
		r    Response
		said bool
	)
	err := strictjson.Object(data, func(name string, value strictjson.Value) error {
		switch name {
		case "active":
			text := string(value)
			if said, r.Active = text == "true" || text == "false", text == "true"; !said {
				return errAnswer
			}
		case "token_type":
			kind, _ := strictjson.String(value)
			r.typed = kind != ""
		case "exp":
			expiry, ok := strictjson.Date(value)
			switch {
			case value.IsNull(), ok && expiry.Equal(time.Unix(0, 0)): // no expiry, as when it is absent
			case ok:
				r.expiry = expiry
			default:
				// Whoever reads the claims refuses it, and until then it is not worth
				// keeping.
				r.expiry = time.Unix(0, 0)
			}
		}
		return nil
	})
	switch {
	case err != nil, !said:
		return nil, errAnswer
	case r.Active:
		r.Claims = data
	}
	return &r, nil
}

// read takes an answer off the wire.
func (c *Client) read(ctx context.Context, answer fetch.Answer) (*Response, error) {
	switch {
	case len(answer.Body) > maxBytes:
		return nil, errSize
	case c.config.Keys == nil:
		return parse(answer.Body)
	case answer.Media != signedMedia:
		return nil, fmt.Errorf("%w: not signed, though that was asked for", errAnswer)
	}
	inner, err := c.open(ctx, string(answer.Body))
	if err != nil {
		return nil, err
	}
	return parse(inner)
}

// open verifies a signed answer (RFC 9701 §5) and returns what it says of the
// token. The checks of its claims come first, as with tokens.
func (c *Client) open(ctx context.Context, compact string) ([]byte, error) {
	message, err := jws.Parse(compact)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	kind := lower(message.Header.Type)
	var (
		issuer   string
		audience []string
		issued   time.Time
		inner    []byte
		dated    bool
	)
	err = strictjson.Object(message.Payload, func(name string, value strictjson.Value) error {
		switch name {
		case "iss":
			issuer, _ = strictjson.String(value)
		case "aud":
			if one, ok := strictjson.String(value); ok {
				audience = []string{one}
			} else {
				audience, _ = strictjson.Strings(value, len(value))
			}
		case "iat":
			issued, dated = strictjson.Date(value)
		case "token_introspection":
			inner = []byte(value)
		}
		return nil
	})
	now := time.Now()
	switch {
	case err != nil:
		return nil, errAnswer
	case strings.TrimPrefix(kind, "application/") != "token-introspection+jwt":
		return nil, fmt.Errorf("%w: typ is not token-introspection+jwt", errAnswer)
	case !isAsymmetric(message.Header.Algorithm):
		return nil, fmt.Errorf("%w: algorithm is not accepted", errAnswer)
	case issuer != c.config.Issuer:
		return nil, fmt.Errorf("%w: iss is not the configured issuer", errAnswer)
	case !slices.Contains(audience, c.config.Auth.clientID):
		return nil, fmt.Errorf("%w: aud is not this client", errAnswer)
	case !dated || issued.Before(now.Add(-maxSignedAge)) || issued.After(now.Add(maxSignedAge)):
		return nil, fmt.Errorf("%w: iat is missing or not of now", errAnswer)
	case inner == nil:
		return nil, fmt.Errorf("%w: no token_introspection", errAnswer)
	}
	key, err := c.config.Keys.Key(ctx, message.Header.KeyID, message.Header.Algorithm)
	switch known := err == nil; {
	case !known && !errors.Is(err, jwks.ErrUnknownKey) && !errors.Is(err, jwks.ErrUnfitKey):
		return nil, jwks.ErrUnavailable // without what a Source of another package may say
	case !known || message.Verify(key) != nil:
		return nil, fmt.Errorf("%w: signature is not valid", errAnswer)
	}
	return inner, nil
}

func isAsymmetric(algorithm string) bool {
	known := jws.Find(algorithm)
	return known != nil && !known.Symmetric()
}

// lower folds ASCII alone: [strings.ToLower] makes a k of the Kelvin sign too.
func lower(text string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, text)
}
