package rival

import (
	"context"
	"log/slog"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Bearerguard is this project's own library, set up as the package comments of
// middleware and jwks show. It uses the defaults for everything except the HTTP
// client, the logger and the age of the key set.
func Bearerguard() Rival { return bearerguard(0, "") }

// BearerguardUncached is this project's library without its token cache. It
// verifies each token completely, as all other libraries do.
func BearerguardUncached() Rival { return bearerguard(-1, ", without its token cache") }

func bearerguard(tokens int, how string) Rival {
	return Rival{
		libraries: []library{{"Bearerguard", "github.com/bearerguard/bearerguard"}},
		how:       how,
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			v, err := NewBearerguard(s, tokens)
			if err != nil {
				return nil, err
			}
			var need []scopes.Requirement
			if s.Scope != "" {
				need = append(need, scopes.All(s.Scope))
			}
			return Func(func(ctx context.Context, token string) error {
				t, err := v.Verify(ctx, middleware.Credentials{Token: token})
				if err != nil {
					return err
				}
				return v.Check(t, need...)
			}), nil
		},
	}
}

// NewBearerguard returns a verifier of this project's library. tokens is the
// size of the token cache (Config.TokenCache).
func NewBearerguard(s Settings, tokens int) (*middleware.Verifier, error) {
	quiet := slog.New(slog.DiscardHandler)
	keys, err := jwks.Discover(s.Issuer, jwks.Options{
		Client: s.Client,
		Logger: quiet,
		MaxAge: s.TTL,
	})
	if err != nil {
		return nil, err
	}
	return middleware.NewVerifier(middleware.Config{
		Audience:   Audience,
		Issuers:    []middleware.Issuer{{URL: s.Issuer, Keys: keys}},
		TokenCache: tokens,
		Logger:     quiet,
	})
}
