package bench_test

import (
	"context"
	"errors"
	"log/slog"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

var rs256 = []testserver.Option{testserver.SigningAlg(testserver.RS256)}

func overTLS(opts []testserver.Option) []testserver.Option {
	return append([]testserver.Option{testserver.TLS()}, opts...)
}

// startTestserver starts ours.
func startTestserver(opts ...testserver.Option) func() (mock, error) {
	return func() (mock, error) {
		s, err := testserver.Start(context.Background(), opts...)
		if err != nil {
			return mock{}, err
		}
		return mock{
			client: s.Client(),
			jwks:   s.Endpoint(testserver.JWKS),
			mint:   func() string { return s.Token() },
			stop:   func() { _ = s.Close() },

			authorize: s.Endpoint(testserver.Authorize), token: s.Endpoint(testserver.TokenEP),
			id: s.DefaultClient().ID, secret: s.DefaultClient().Secret, credentials: true, rotates: true,
		}, nil
	}
}

// newBearerguard verifies with a middleware.Verifier that computes each
// signature; newRemembering with one as it comes, that knows a token again.
func newBearerguard(ctx context.Context, as *testserver.Server) (verify, error) {
	return newVerifier(ctx, as, -1)
}

func newRemembering(ctx context.Context, as *testserver.Server) (verify, error) {
	return newVerifier(ctx, as, 0)
}

func newVerifier(ctx context.Context, as *testserver.Server, cache int) (verify, error) {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience:   audience,
		Issuers:    []middleware.Issuer{{URL: as.Issuer()}},
		Client:     as.Client(),
		Logger:     slog.New(slog.DiscardHandler),
		TokenCache: cache,
	})
	if err != nil {
		return nil, err
	}
	if err := v.Warm(ctx); err != nil {
		return nil, err
	}
	return func(text string) error {
		token, err := v.Verify(ctx, middleware.Credentials{Token: text})
		if err != nil {
			return err
		}
		if !token.Scopes.Has(scopes[0]) {
			return errors.New("the scope is missing")
		}
		return nil
	}, nil
}
