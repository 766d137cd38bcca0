package bench_test

import (
	"net/http"

	"github.com/oauth2-proxy/mockoidc"
)

// startMockOIDC starts github.com/oauth2-proxy/mockoidc as its README says.
func startMockOIDC() (mock, error) {
	m, err := mockoidc.Run()
	if err != nil {
		return mock{}, err
	}
	config, session := m.Config(), &mockoidc.Session{SessionID: "bench", User: mockoidc.DefaultUser()}
	transport := &http.Transport{}
	return mock{
		client: &http.Client{Transport: transport},
		jwks:   m.JWKSEndpoint(),
		mint: func() string {
			token, err := session.AccessToken(config, m.Keypair, m.Now())
			if err != nil {
				panic(err)
			}
			return token
		},
		stop: func() {
			transport.CloseIdleConnections()
			_ = m.Shutdown()
		},

		authorize: m.AuthorizationEndpoint(), token: m.TokenEndpoint(),
		id: config.ClientID, secret: config.ClientSecret,
	}, nil
}
