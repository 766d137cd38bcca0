package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/dpop"
)

// proofKeyLabel makes the DPoP key independent of other keys that are derived
// from SESSION_KEY. If the label changes, the DPoP key changes, and stored
// tokens become unusable.
const proofKeyLabel = "weblogin DPoP v1"

// addProofs makes the client add a DPoP proof to each request, except to a
// request with a bearer token. The tokens in the sessions are bound to the key
// of the proofs. The key is derived from SESSION_KEY. After a restart with the
// same SESSION_KEY, the site can therefore read its sessions and also use their
// tokens.
func (a *app) addProofs() error {
	secret, err := hkdf.Key(sha256.New, a.cfg.sessionKey, nil, proofKeyLabel, 32)
	if err != nil {
		return err
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil { // happens for about one in four billion session keys
		return fmt.Errorf("no key for DPoP can be derived from this SESSION_KEY: choose another SESSION_KEY: %w", err)
	}
	proofs := &dpop.Transport{Key: key, Base: a.cfg.transport}
	a.client.Transport = proofs
	a.thumbprint, err = proofs.Thumbprint()
	return err
}

// bound returns the result of a token request. With DPOP=1, it returns an error
// if the server issued a bearer token, because a thief could use that token.
func (a *app) bound(token *oauth2.Token, err error) (*oauth2.Token, error) {
	if err == nil && a.cfg.dpop && !strings.EqualFold(token.Type(), "DPoP") {
		return nil, errors.New("DPOP is 1, but the token endpoint issued a bearer token: does the server support DPoP for this client?")
	}
	return token, err
}
