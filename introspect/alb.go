package introspect

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/jwks"
)

// ALB returns a client that verifies the header field X-Amzn-Oidc-Data, in
// which an AWS Application Load Balancer sends the claims of a logged-in user
// to its targets. The field value resembles a JWT, but its base64url has
// padding. A token is active only if the load balancer with the ARN
// loadBalancer signed it with ES256. In addition, the header of the token must
// name clientID and the identity provider config.Issuer, and must contain an
// exp in the future.
//
// The claims describe the user and also include iss, exp, client_id and aud.
// Both client_id and aud are clientID, so clientID must be the verifier's
// audience. In package middleware, the issuer needs IntrospectAll and VSCHAR,
// and the Config needs TokenHeader. No token has scopes, so routes that require
// a scope refuse every token.
//
// config.Endpoint is the URL of the keys without the key ID. If it is empty,
// ALB uses the URL for the region in the ARN. This works only in the partitions
// aws and aws-us-gov. In other partitions, Endpoint is required. Keys are
// cached for 24 hours. Auth, Keys and RequireTokenType must be zero, and Issuer
// is required.
func ALB(config Config, loadBalancer, clientID string) (*Client, error) {
	var faults []error
	if clientID == "" || config.Issuer == "" {
		faults = append(faults, errors.New("introspect: ALB needs Issuer and the load balancer's client identifier at that issuer"))
	}
	place, ok := keysURL(loadBalancer)
	if !ok {
		faults = append(faults, errors.New("introspect: ALB needs the ARN of an Application Load Balancer"))
	}
	if config.Endpoint == "" {
		if config.Endpoint = place; place == "" {
			faults = append(faults, errors.New("introspect: Endpoint is empty, and ALB does not know the URL of the keys for the partition of this ARN: set Endpoint to that URL"))
		}
	}
	signers := &albKeys{cached: make(map[string]albKey)}
	auth := Auth{clientID: fmt.Sprintf("%q %q", loadBalancer, clientID)}
	read := func(token string) (m *jws.Message, h albHeader) {
		m, h = splitALB(token)
		if m == nil || h.signer != loadBalancer || h.client != clientID || h.issuer != config.Issuer || !h.expiry.After(time.Now()) {
			return nil, h
		}
		return m, h
	}
	verified := func(m *jws.Message, h albHeader, key any) map[string]any {
		user, err := members(m.Payload)
		if err != nil || key == nil || m.Verify(key) != nil {
			return nil
		}
		claims := userClaims(user)
		claims["iss"], claims["exp"] = h.issuer, h.expiry.Unix()
		claims["aud"], claims["client_id"] = clientID, clientID
		return claims
	}
	c, err := newFromClaims(config, "ALB", auth, errors.Join(faults...), func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error) {
		m, h := read(token)
		if m == nil {
			return nil, nil
		}
		key, err := signers.fetch(ctx, c.http, endpoint, h.KeyID)
		if err != nil {
			return nil, err
		}
		return verified(m, h, key), nil
	})
	if err != nil {
		return nil, err
	}
	c.local = func(token string) *Response {
		m, h := read(token)
		if m == nil {
			return inactive
		}
		key, ok := signers.find(h.KeyID)
		if !ok {
			return nil
		}
		r, err := encode(verified(m, h, key))
		if err != nil {
			return inactive
		}
		return r
	}
	return c, nil
}

// keysURL returns the URL of a load balancer's keys, or "" if the partition in
// the ARN is unknown. ok reports whether arn identifies an Application Load
// Balancer.
func keysURL(arn string) (place string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "elasticloadbalancing" || parts[3] == "" || !strings.HasPrefix(parts[5], "loadbalancer/app/") {
		return "", false
	}
	switch region := parts[3]; parts[1] {
	case "aws":
		place = "https://public-keys.auth.elb." + region + ".amazonaws.com"
	case "aws-us-gov":
		place = "https://s3-" + region + ".amazonaws.com/aws-elb-public-keys-prod-" + region
	}
	return place, true
}

type albHeader struct {
	jws.Header
	signer, client, issuer string
	expiry                 time.Time
}

// splitALB splits and decodes a token, or returns nil if the token is invalid.
// It accepts only base64url with padding. Otherwise, an attacker could write a
// token from a deny-list in an encoding that the deny-list does not contain.
func splitALB(token string) (*jws.Message, albHeader) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return nil, albHeader{}
	}
	var segments [3][]byte
	for i, part := range parts {
		decoded, err := base64.URLEncoding.Strict().DecodeString(part)
		if err != nil {
			return nil, albHeader{}
		}
		segments[i] = decoded
	}
	var h albHeader
	hasDate := true
	err := strictjson.Object(segments[0], func(name string, value strictjson.Value) error {
		switch name {
		case "alg":
			h.Algorithm, _ = strictjson.String(value)
		case "kid":
			h.KeyID, _ = strictjson.String(value)
		case "signer":
			h.signer, _ = strictjson.String(value)
		case "client":
			h.client, _ = strictjson.String(value)
		case "iss":
			h.issuer, _ = strictjson.String(value)
		case "exp":
			h.expiry, hasDate = strictjson.Date(value)
		case "crit", "b64":
			return jws.ErrCritical
		}
		return nil
	})
	if err != nil || !hasDate || h.Algorithm != "ES256" || !isUUID(h.KeyID) {
		return nil, albHeader{}
	}
	return &jws.Message{Header: h.Header, Payload: segments[1], SigningInput: parts[0] + "." + parts[1], Signature: segments[2]}, h
}

// isUUID reports whether text is a UUID in lower case (RFC 9562 §4), and
// therefore safe in a URL.
func isUUID(text string) bool {
	for i, c := range []byte(text) {
		isHyphen := i == 8 || i == 13 || i == 18 || i == 23
		if isHyphen != (c == '-') || !isHyphen && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == 36
}

// albKeys caches keys, and also which keys are missing. A missing key may be
// published later, so its absence is cached only for absentKeyAge. A published
// key never changes.
type albKeys struct {
	mutex  sync.Mutex
	cached map[string]albKey
	flight singleflight.Group
}

type albKey struct {
	key   any // nil if the server has no such key
	until time.Time
}

const (
	maxALBKeys   = 1000
	albKeyAge    = 24 * time.Hour
	absentKeyAge = 5 * time.Second
)

// find looks up a key by its ID in the cache. ok is false if the cache has no
// current entry for the ID. If ok is true and key is nil, the server has
// answered that the key does not exist.
func (k *albKeys) find(id string) (key any, ok bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	known, ok := k.cached[id]
	return known.key, ok && time.Now().Before(known.until)
}

// add caches a key. If the cache is full, add first removes the entries that
// have expired or are for keys that do not exist. Made-up key IDs therefore do
// not evict valid keys.
func (k *albKeys) add(id string, key any) {
	now := time.Now()
	age := albKeyAge
	if key == nil {
		age = absentKeyAge
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if len(k.cached) >= maxALBKeys {
		maps.DeleteFunc(k.cached, func(_ string, one albKey) bool { return one.key == nil || !now.Before(one.until) })
	}
	if len(k.cached) < maxALBKeys {
		k.cached[id] = albKey{key, now.Add(age)}
	}
}

// fetch fetches the key with an ID and returns nil if the key does not exist.
// Concurrent calls for one ID share a request.
func (k *albKeys) fetch(ctx context.Context, client *http.Client, place, id string) (any, error) {
	key, err, _ := k.flight.Do(id, func() (any, error) {
		answer, err := fetch.Get(ctx, client, strings.TrimSuffix(place, "/")+"/"+id, "")
		if refused, isStatus := errors.AsType[fetch.StatusError](err); isStatus && refused.Status == http.StatusNotFound {
			k.add(id, nil)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var key any
		set, err := jwks.PEM(map[string]string{id: string(answer.Body)})
		if err == nil {
			key, err = set.Key(ctx, id, "ES256")
		}
		if err != nil {
			return nil, fmt.Errorf("%w: not a PEM key for ES256", errAnswer)
		}
		k.add(id, key)
		return key, nil
	})
	return key, err
}
