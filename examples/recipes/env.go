package recipes

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// VerifierFromEnv returns a verifier that is configured by environment
// variables. ISSUER is one URL, or several URLs separated by commas. AUDIENCE
// is the audience of this API. If variables are missing, the error lists them.
// Otherwise it lists every invalid value. getenv is usually [os.Getenv].
func VerifierFromEnv(getenv func(string) string) (*middleware.Verifier, error) {
	var faults []error
	read := func(name, meaning string) string {
		value := strings.TrimSpace(getenv(name))
		if value == "" {
			faults = append(faults, fmt.Errorf("%s is required: %s", name, meaning))
		}
		return value
	}
	audience := read("AUDIENCE", "the aud of access tokens for this API")
	urls := read("ISSUER", "the URL of the authorization server, or several separated by commas")
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	config := middleware.Config{Audience: audience}
	for url := range strings.SplitSeq(urls, ",") {
		config.Issuers = append(config.Issuers, middleware.Issuer{URL: strings.TrimSpace(url)})
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		return nil, fmt.Errorf("AUDIENCE=%q ISSUER=%q: %w", audience, urls, err)
	}
	return v, nil
}
