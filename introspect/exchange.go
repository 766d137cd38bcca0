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
)

type metadata = discovery.Document

// endpointAge is how long an endpoint from metadata is used before they are
// looked at again.
const endpointAge = 5 * time.Minute

// endpoint is where to ask.
type endpoint struct {
	url   string
	found time.Time // zero if it was configured
}

// introspect makes one call (RFC 7662 §2.1).
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
	if refused, ok := errors.AsType[fetch.StatusError](err); ok && (refused.InvalidClient ||
		(refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden) && !c.health.hasAnswered()) {
		return nil, fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	if err != nil {
		return nil, err
	}
	return c.read(ctx, answer)
}

// locate returns the endpoint, from metadata if need be. While these cannot be
// had, the endpoint that they named last serves.
func (c *Client) locate(ctx context.Context) (string, error) {
	known := c.endpoint.Load()
	if known != nil && (known.found.IsZero() || time.Since(known.found) < endpointAge) {
		return known.url, nil
	}
	limit := timeout
	if known != nil {
		limit /= 2 // it serves, and the question itself needs time too
	}
	found, err, _ := c.finding.Do("", func() (any, error) {
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		now := time.Now()
		doc, err := discovery.Discover(limited, c.http, c.config.Issuer, c.config.InsecureHTTP)
		address := c.find(doc)
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
