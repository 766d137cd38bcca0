package introspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	discovery "github.com/bearerguard/bearerguard/internal/metadata"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

type metadata = discovery.Document

// endpointAge is how long an endpoint from metadata is used before the metadata
// is read again.
const endpointAge = 5 * time.Minute

// endpoint is the URL to which queries are sent.
type endpoint struct {
	url   string
	found time.Time // when the client last tried to read the metadata; zero if the URL was configured
}

// introspect makes one introspection request (RFC 7662 §2.1).
func (c *Client) introspect(ctx context.Context, endpoint, token string) (*Response, error) {
	accept := plainMedia
	if c.config.Keys != nil {
		accept = signedMedia
	}
	audience := c.config.Issuer
	if audience == "" {
		audience = endpoint
	}
	request := &call{
		header:   http.Header{"Accept": {accept}},
		form:     url.Values{"token": {token}, "token_type_hint": {"access_token"}},
		audience: audience,
	}
	if err := c.config.Auth.apply(ctx, request); err != nil {
		return nil, err
	}
	answer, err := fetch.PostForm(ctx, c.http, endpoint, request.form, request.header)
	if refused, ok := errors.AsType[fetch.StatusError](err); ok {
		return nil, c.refusal(answer, refused)
	}
	if err != nil {
		return nil, err
	}
	r, err := c.read(ctx, answer)
	if err == nil && c.config.RequireTokenType && !r.typed {
		return inactive, nil
	}
	return r, err
}

// refusal returns the error for a status other than 200. The error wraps
// ErrCredentials if the server has refused the client's credentials. Before the
// first valid answer, it also wraps ErrCredentials for every 401 and 403,
// because these do not show whether the server refused the credentials or the
// token (RFC 6749 §5.2).
func (c *Client) refusal(answer fetch.Answer, refused fetch.StatusError) error {
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest:
	default:
		return refused
	}
	code := ""
	err := strictjson.LooseObject(answer.Body, func(name string, value strictjson.Value) error {
		if name == "error" {
			code, _ = strictjson.String(value)
		}
		return nil
	})
	switch {
	case answer.BasicChallenge, err == nil && code == "invalid_client":
		return fmt.Errorf("%w: %w", errInvalidClient, refused)
	case refused.Status != http.StatusBadRequest && !c.health.hasAnswered():
		return fmt.Errorf("%w: %w", ErrCredentials, refused)
	}
	return refused
}

// locate returns the configured endpoint. If the configuration has no endpoint,
// it returns the endpoint in the issuer's metadata. While the metadata is
// unavailable, it returns the most recently discovered endpoint.
func (c *Client) locate(ctx context.Context) (string, error) {
	known := c.endpoint.Load()
	if known != nil && (known.found.IsZero() || time.Since(known.found) < endpointAge) {
		return known.url, nil
	}
	limit := timeout
	if known != nil {
		limit /= 2 // leaves time to query the cached endpoint if the metadata is slow
	}
	found, err, _ := c.discoveryFlight.Do("", func() (any, error) {
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		now := time.Now()
		doc, err := discovery.Discover(limited, c.http, c.config.Issuer, c.config.InsecureHTTP)
		address := c.endpointOf(doc)
		switch {
		case err == nil && address != "":
		case known != nil:
			address = known.url
		case err != nil:
			return "", fmt.Errorf("%w: %w", errMetadata, err)
		default:
			return "", fmt.Errorf("%w: %w", errMetadata, errNoEndpoint)
		}
		c.endpoint.Store(&endpoint{address, now})
		return address, nil
	})
	return found.(string), err
}
