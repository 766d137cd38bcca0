package testserver

import "github.com/bearerguard/bearerguard/internal/catalogue"

// Env returns environment variables that describe the server, for the field Env
// of an exec.Cmd. The variables of disabled endpoints are not set.
//
//	OAUTH_ISSUER OAUTH_CLIENT_ID OAUTH_CLIENT_SECRET
//	OAUTH_AUTHORIZATION_ENDPOINT OAUTH_TOKEN_ENDPOINT OAUTH_INTROSPECTION_ENDPOINT OAUTH_JWKS_URI
func (s *Server) Env() []string {
	c := s.DefaultClient()
	env := []string{"OAUTH_ISSUER=" + s.Issuer(), "OAUTH_CLIENT_ID=" + c.ID, "OAUTH_CLIENT_SECRET=" + c.Secret}
	for _, r := range catalogue.Routes {
		if u, ok := s.oauth.URL(r.Endpoint); ok && r.Env != "" {
			env = append(env, r.Env+"="+u)
		}
	}
	return env
}
