package rival

import (
	"context"

	jwtverifier "github.com/okta/okta-jwt-verifier-golang/v2"
)

// Okta follows the README of okta-jwt-verifier-golang, "Access Token
// Validation": it sets the issuer, and lists aud among the claims to validate.
// The library verifies only RS256.
func Okta() Rival {
	return Rival{
		libraries: []library{{"okta-jwt-verifier", "github.com/okta/okta-jwt-verifier-golang/v2"}},
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			set := jwtverifier.JwtVerifier{
				Issuer:           s.Issuer,
				ClaimsToValidate: map[string]string{"aud": Audience},
				Client:           s.Client,
			}
			v, err := set.New()
			if err != nil {
				return nil, err
			}
			return Func(func(_ context.Context, token string) error {
				verified, err := v.VerifyAccessToken(token)
				if err != nil {
					return err
				}
				scope, _ := verified.Claims["scope"].(string)
				return s.allows(scope)
			}), nil
		},
	}
}
