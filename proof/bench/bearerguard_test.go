package bench_test

import (
	"context"

	"github.com/bearerguard/bearerguard/testserver"
)

var rs256 = []testserver.Option{testserver.SigningAlg("RS256")}

func overTLS(opts []testserver.Option) []testserver.Option {
	return append([]testserver.Option{testserver.TLS()}, opts...)
}

// startTestserver returns a function that starts this project's testserver.
func startTestserver(opts ...testserver.Option) func() (mock, error) {
	return func() (mock, error) {
		s, err := testserver.Start(context.Background(), opts...)
		if err != nil {
			return mock{}, err
		}
		return mock{
			client: s.Client(),
			jwks:   s.Endpoint(testserver.EndpointJWKS),
			mint:   func() string { return s.Token() },
			stop:   func() { _ = s.Close() },

			authorize: s.Endpoint(testserver.EndpointAuthorize), token: s.Endpoint(testserver.EndpointToken),
			id: s.DefaultClient().ID, secret: s.DefaultClient().Secret, credentials: true, rotates: true,
		}, nil
	}
}
