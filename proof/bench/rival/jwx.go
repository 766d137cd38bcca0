package rival

import (
	"context"
	"time"

	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// JWX follows the documentation of jwx. The key set follows the examples of
// jwk.Cache and jwk.CachedSet in docs/04-jwk.md. The call of Parse follows
// docs/01-jwt.md. Register waits for the first fetch. If Settings.TTL is not 0,
// JWX sets both refresh intervals to TTL, with the options in the example of
// jwk.CachedSet. The key set is then renewed at this interval, even if the
// server sends another lifetime. If Settings.TTL is 0, the defaults of 15
// minutes and 30 days apply, as in the example of jwk.Cache.
func JWX() Rival {
	const timeout = 30 * time.Second // the timeout of jwk.DefaultHTTPClient
	return Rival{
		libraries: []library{{"lestrrat-go/jwx", "github.com/lestrrat-go/jwx/v3"}},
		Open: func(ctx context.Context, s Settings) (Verifier, error) {
			cache, err := jwk.NewCache(ctx, httprc.NewClient())
			if err != nil {
				return nil, err
			}
			options := []jwk.RegisterOption{jwk.WithHTTPClient(jwk.WrapHTTPClientDefaults(s.Within(timeout)))}
			if s.TTL > 0 {
				options = append(options, jwk.WithMinInterval(s.TTL), jwk.WithMaxInterval(s.TTL))
			}
			if err := cache.Register(ctx, s.JWKS, options...); err != nil {
				return nil, err
			}
			keys, err := cache.CachedSet(s.JWKS)
			if err != nil {
				return nil, err
			}
			return Func(func(ctx context.Context, token string) error {
				verified, err := jwt.ParseString(token, jwt.WithKeySet(keys), jwt.WithContext(ctx),
					jwt.WithIssuer(s.Issuer), jwt.WithAudience(Audience), jwt.WithRequiredClaim("exp"))
				if err != nil {
					return err
				}
				var scope string
				_ = verified.Get("scope", &scope)
				return s.allows(scope)
			}), nil
		},
	}
}
