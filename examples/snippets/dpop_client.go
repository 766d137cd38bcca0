package snippets

import (
	"context"
	"crypto"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/dpop"
)

// boundClient returns a client for APIs. The client requests tokens that are
// bound to the given key, and sends a proof of this key with each request.
func boundClient(ctx context.Context, config clientcredentials.Config, key crypto.Signer) *http.Client {
	proofs := &dpop.Transport{Key: key} // makes a proof for each request
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: proofs, Timeout: 10 * time.Second})
	return config.Client(ctx) // gets tokens and calls APIs
}

// loginPage returns the URL at which a user logs in. The authorization code
// will be bound to the key of proofs. verifier is the PKCE code verifier, from
// oauth2.GenerateVerifier.
func loginPage(config *oauth2.Config, proofs *dpop.Transport, state, verifier string) (string, error) {
	thumbprint, err := proofs.Thumbprint()
	if err != nil {
		return "", err
	}
	binding := oauth2.SetAuthURLParam("dpop_jkt", thumbprint)
	return config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), binding), nil
}
