package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// noEndpoint is the endpoint of clients that send no requests themselves.
const noEndpoint = "https://custom.invalid"

// Custom returns a client for a server that is not asked as in RFC 7662. ask
// returns the claims of a token as introspection would: iss, aud, exp, scope
// and so on, of types that marshal to JSON. nil means that the token is not
// active, and an empty map that it is. An error means that nothing is known of
// the token (503); its text appears nowhere. The claims pass the same checks as
// those of an introspection answer, so leave out what the server did not say of
// the token.
//
// ask is called concurrently, once for any number of requests with one token,
// and not again while its answer is cached. A call fails after two seconds,
// even if it does not return. While 4096 calls have not returned, further ones
// wait for one that does, and fail after two seconds too. A panic is an error.
// ask makes its own requests, and must follow no redirect that takes the token
// elsewhere.
//
// Auth, Keys, RequireTokenType, Endpoint, InsecureHTTP and Client of config must
// be zero. Issuer is optional, except with a Cache, where it keeps the answers of
// different functions apart; it may be any printable ASCII text without spaces.
func Custom(config Config, ask func(ctx context.Context, token string) (claims map[string]any, err error)) (*Client, error) {
	var faults []error
	if ask == nil {
		faults = append(faults, errors.New("introspect: the function of Custom is nil"))
	}
	if config.Endpoint != "" || config.InsecureHTTP || config.Client != nil {
		faults = append(faults, errors.New("introspect: Endpoint, InsecureHTTP and Client mean nothing to Custom, whose function sends the requests: leave them out"))
	}
	if config.Cache != nil && config.Issuer == "" {
		faults = append(faults, errors.New("introspect: Issuer is empty: with a Cache, Custom needs it to keep the answers of different functions apart"))
	}
	config.Endpoint = noEndpoint
	calls := make(chan struct{}, 16*maxCalls)
	return newAsking(config, "Custom", Auth{}, errors.Join(faults...), func(ctx context.Context, _ *Client, _, token string) (map[string]any, error) {
		claims, err := within(ctx, calls, func(ctx context.Context) (map[string]any, error) { return ask(ctx, token) })
		switch {
		case errors.Is(err, errPanic):
			return nil, errPanic
		case err != nil:
			return nil, errAsk // the error's text may hold anything
		}
		return claims, nil
	})
}

// newAsking makes a client that learns the claims of a token from ask, which
// returns nil for one that is not active. fault is what the constructor found, and
// auth has the client identifiers on which an answer depends.
func newAsking(config Config, constructor string, auth Auth, fault error,
	ask func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error),
) (*Client, error) {
	if config.Auth.apply != nil || config.Auth.fault != nil || config.Keys != nil || config.RequireTokenType {
		fault = errors.Join(fault, fmt.Errorf("introspect: RequireTokenType, Auth and Keys mean nothing to %s: leave them out", constructor))
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
		claims, err := ask(ctx, c, endpoint, token)
		if err != nil {
			return nil, err
		}
		return encode(claims)
	}
	return c, nil
}

// encode turns claims into the answer that introspection would have given.
func encode(claims map[string]any) (*Response, error) {
	if claims == nil {
		return inactive, nil
	}
	switch active, said := claims["active"]; {
	case active == false:
		return inactive, nil
	case said && active != true:
		return nil, fmt.Errorf("%w: active is not a boolean", errAnswer)
	}
	claims = maps.Clone(claims) // the function may return the same ones again
	claims["active"] = true
	data, err := json.Marshal(claims)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: the claims made of it are not JSON", errAnswer)
	case len(data) > maxBytes:
		return nil, errSize
	}
	return parse(data)
}

// members reads an answer that is not one of introspection. Numbers are
// [json.Number].
func members(body []byte) (map[string]any, error) {
	if len(body) > maxBytes {
		return nil, errSize
	}
	all := make(map[string]any)
	err := strictjson.Object(body, func(name string, value strictjson.Value) error {
		var v any
		dec := json.NewDecoder(strings.NewReader(string(value))) //nolint:forbidigo // the walk has read this text strictly
		dec.UseNumber()                                          // two users must not become one by rounding
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

// member returns a member of an answer, zero if it is absent or null. A value
// of another type sets odd.
func member[T any](of map[string]any, name string, odd *bool) (value T) {
	if found := of[name]; found != nil {
		var ok bool
		if value, ok = found.(T); !ok {
			*odd = true
		}
	}
	return value
}
