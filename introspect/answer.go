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

// Media types of introspection answers.
const (
	plainMedia  = "application/json"
	signedMedia = "application/token-introspection+jwt" // RFC 9701 §4
)

// maxSignedAge is the maximum difference between a signed answer's iat and now.
// The server signs an answer at the time of the query, so the limit only needs
// to allow for clock skew.
const maxSignedAge = 5 * time.Minute

// Response is an authorization server's answer about a token. It prints as
// "[redacted]", because claims are personal data.
type Response struct {
	Active bool
	Claims []byte // the members of an active answer as one strict JSON object; nil if inactive

	expiry time.Time // exp, zero if absent
	typed  bool      // the answer has a token_type
}

// clone returns a copy, so that callers cannot change the cached answer.
func (r *Response) clone() *Response {
	return &Response{Active: r.Active, Claims: slices.Clone(r.Claims), expiry: r.expiry, typed: r.typed}
}

// Format implements [fmt.Formatter] for every verb.
func (Response) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON implements [encoding/json.Marshaler], for loggers that encode
// values as JSON. It writes "[redacted]".
func (Response) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

const redacted = "[redacted]"

// parse reads the members of an answer (RFC 7662 §2.2). It returns an error if
// data is not strict JSON, or if the member "active" is missing or is not a
// boolean.
func parse(data []byte) (*Response, error) {
	var (
		r       Response
		present bool
	)
	err := strictjson.Object(data, func(name string, value strictjson.Value) error {
		switch name {
		case "active":
			text := string(value)
			if present, r.Active = text == "true" || text == "false", text == "true"; !present {
				return errAnswer
			}
		case "token_type":
			kind, _ := strictjson.String(value)
			r.typed = kind != ""
		case "exp":
			expiry, ok := strictjson.Date(value)
			switch {
			case value.IsNull(), ok && expiry.Equal(time.Unix(0, 0)): // null and 0 mean that the token does not expire
			case ok:
				r.expiry = expiry
			default:
				// The verifier will refuse this answer, because exp is invalid.
				// The expiry in the past keeps the answer out of the cache.
				r.expiry = time.Unix(0, 0)
			}
		}
		return nil
	})
	switch {
	case err != nil, !present:
		return nil, errAnswer
	case r.Active:
		r.Claims = data
	}
	return &r, nil
}

// read parses an answer. If Config.Keys is set, it also verifies the signature.
func (c *Client) read(ctx context.Context, answer fetch.Answer) (*Response, error) {
	switch {
	case len(answer.Body) > maxBytes:
		return nil, errSize
	case c.config.Keys == nil:
		return parse(answer.Body)
	case answer.Media != signedMedia:
		return nil, fmt.Errorf("%w: not signed, although Config.Keys requires signed answers", errAnswer)
	}
	inner, err := c.open(ctx, string(answer.Body))
	if err != nil {
		return nil, err
	}
	return parse(inner)
}

// open verifies a signed answer (RFC 9701 §5) and returns its member
// token_introspection. It checks the claims before the signature, as the
// verifier does for tokens.
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
		hasDate  bool
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
			issued, hasDate = strictjson.Date(value)
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
		return nil, fmt.Errorf("%w: alg is not a supported asymmetric algorithm", errAnswer)
	case issuer != c.config.Issuer:
		return nil, fmt.Errorf("%w: iss is not the configured issuer", errAnswer)
	case !slices.Contains(audience, c.config.Auth.clientID):
		return nil, fmt.Errorf("%w: aud does not contain this client", errAnswer)
	case !hasDate || issued.Before(now.Add(-maxSignedAge)) || issued.After(now.Add(maxSignedAge)):
		return nil, fmt.Errorf("%w: iat is missing, or differs from the current time by more than five minutes", errAnswer)
	case inner == nil:
		return nil, fmt.Errorf("%w: token_introspection is missing", errAnswer)
	}
	key, err := c.config.Keys.Key(ctx, message.Header.KeyID, message.Header.Algorithm)
	switch known := err == nil; {
	case !known && !errors.Is(err, jwks.ErrUnknownKey) && !errors.Is(err, jwks.ErrUnfitKey):
		return nil, jwks.ErrUnavailable // replaces err, which may quote a Source of another package
	case !known || message.Verify(key) != nil:
		return nil, fmt.Errorf("%w: signature does not verify with the issuer's keys", errAnswer)
	}
	return inner, nil
}

func isAsymmetric(algorithm string) bool {
	known := jws.Find(algorithm)
	return known != nil && !known.Symmetric()
}

// lower converts only ASCII letters to lower case: [strings.ToLower] would also
// map the Kelvin sign to k.
func lower(text string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, text)
}
