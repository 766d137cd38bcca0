package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// noEndpoint is the placeholder endpoint of Custom, which sends no requests
// itself.
const noEndpoint = "https://custom.invalid"

// Custom returns a client for a server that does not support RFC 7662. The
// client calls ask to get the claims that an introspection answer for the token
// would contain: iss, aud, exp, scope and so on. All values must be encodable
// as JSON. A nil map means that the token is not active. An empty map means
// that the token is active. An error means that the state of the token is
// unknown, and the verifier answers 503. The text of the error is neither
// logged nor returned. The verifier treats the claims like the claims of an
// introspection answer, so return only claims that the server has confirmed.
//
// ask is called concurrently. Concurrent requests with the same token share one
// call. Requests do not repeat the call while its result is cached. After
// failures, the client may call ask for recently active tokens, to check the
// server. A call fails after two seconds even if the function does not return.
// At most 4096 calls of the function run at a time. A further call waits until
// one of these calls returns, and also fails after two seconds. A panic is
// treated as an error. The function sends its own requests, and must not follow
// redirects that send the token to another server.
//
// Auth, Keys, RequireTokenType, Endpoint, InsecureHTTP and Client of config
// must be zero. Issuer may be any printable ASCII text without spaces. If Cache
// is set, Issuer is required, because Issuer distinguishes the cached answers
// of different functions.
func Custom(config Config, ask func(ctx context.Context, token string) (claims map[string]any, err error)) (*Client, error) {
	var faults []error
	if ask == nil {
		faults = append(faults, errors.New("introspect: the function passed to Custom is nil"))
	}
	if config.Endpoint != "" || config.InsecureHTTP || config.Client != nil {
		faults = append(faults, errors.New("introspect: Endpoint, InsecureHTTP and Client must be zero, because the function passed to Custom sends the requests"))
	}
	if config.Cache != nil && config.Issuer == "" {
		faults = append(faults, errors.New("introspect: Issuer is empty: with a Cache, Custom needs an Issuer to keep the answers of different functions apart"))
	}
	config.Endpoint = noEndpoint
	calls := make(chan struct{}, 16*maxCalls)
	return newFromClaims(config, "Custom", Auth{}, errors.Join(faults...), func(ctx context.Context, _ *Client, _, token string) (map[string]any, error) {
		claims, err := contain.Within(ctx, calls, func(ctx context.Context) (map[string]any, error) { return ask(ctx, token) })
		switch {
		case errors.Is(err, contain.ErrPanic):
			return nil, errPanic
		case err != nil:
			return nil, errCustom // replaces err, whose text may contain secrets
		}
		return claims, nil
	})
}

// newFromClaims makes a client that gets the claims of a token by calling
// fetchClaims. For a token that is not active, fetchClaims returns nil. fault
// contains the faults that the constructor found in its arguments. auth
// contains the client identifiers that the answers depend on.
func newFromClaims(config Config, constructor string, auth Auth, fault error,
	fetchClaims func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error),
) (*Client, error) {
	if config.Auth.apply != nil || config.Auth.fault != nil || config.Keys != nil || config.RequireTokenType {
		fault = errors.Join(fault, fmt.Errorf("introspect: RequireTokenType, Auth and Keys must be zero for %s", constructor))
	}
	if auth.apply == nil {
		auth.apply = func(context.Context, *call) error { return nil }
	}
	config.Auth, config.Keys, config.RequireTokenType = auth, nil, false
	if err := errors.Join(config.check(), fault); err != nil {
		return nil, err
	}
	c := newClient(config, constructor)
	c.exchange = func(ctx context.Context, endpoint, token string) (*Response, error) {
		claims, err := fetchClaims(ctx, c, endpoint, token)
		if err != nil {
			return nil, err
		}
		return encode(claims)
	}
	return c, nil
}

// encode returns the claims in the form of an introspection answer.
func encode(claims map[string]any) (*Response, error) {
	if claims == nil {
		return inactive, nil
	}
	switch active, present := claims["active"]; {
	case active == false:
		return inactive, nil
	case present && active != true:
		return nil, fmt.Errorf("%w: active is not a boolean", errAnswer)
	}
	claims = maps.Clone(claims) // the function may return the same map again, so the map must not be changed
	claims["active"] = true
	data, err := json.Marshal(claims)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: the claims cannot be encoded as JSON", errAnswer)
	case len(data) > maxBytes:
		return nil, errSize
	}
	return parse(data)
}

// members parses a JSON answer that is not an introspection response. Numbers
// become [json.Number].
func members(body []byte) (map[string]any, error) {
	if len(body) > maxBytes {
		return nil, errSize
	}
	all := make(map[string]any)
	err := strictjson.Object(body, func(name string, value strictjson.Value) error {
		var v any
		dec := json.NewDecoder(strings.NewReader(string(value))) //nolint:forbidigo // strictjson has already checked this text
		dec.UseNumber()                                          // as float64, two long user IDs could become equal
		if dec.Decode(&v) != nil {
			return errAnswer
		}
		all[name] = v
		return nil
	})
	if err != nil {
		return nil, errAnswer
	}
	return all, nil
}

// member returns a member of an answer, or the zero value if the member is
// absent or null. It sets wrongType if the member has a type other than T.
func member[T any](of map[string]any, name string, wrongType *bool) (value T) {
	if found := of[name]; found != nil {
		var ok bool
		if value, ok = found.(T); !ok {
			*wrongType = true
		}
	}
	return value
}
