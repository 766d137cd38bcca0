package main

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/bearerguard/bearerguard/testserver"
)

// newBindingServer returns an authorization server. If a token request has a
// DPoP proof, the token endpoint binds the new tokens to the key of the proof.
// The userinfo endpoint accepts only tokens that are bound to a key.
func newBindingServer(t *testing.T) *testserver.Server {
	t.Helper()
	as := testserver.New(t)
	var key atomic.Value // thumbprint of the latest proof's key
	as.Inject(testserver.EndpointToken, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key.Store(keyOfProof(r, as.Endpoint(testserver.EndpointToken), ""))
			next.ServeHTTP(w, r)
		})
	}))
	t.Cleanup(as.OnToken(func(req *testserver.TokenRequest, resp *testserver.TokenResponse) error {
		jkt := key.Load().(string)
		if resp.Status != http.StatusOK || jkt == "" {
			return nil
		}
		scopes := strings.Fields(resp.Body["scope"].(string))
		resp.Body["token_type"] = "DPoP"
		resp.Body["access_token"] = as.Token(testserver.Claim("cnf", map[string]any{"jkt": jkt}), testserver.Scope(scopes...), testserver.ForClient(req.ClientID))
		if old, ok := resp.Body["id_token"].(string); ok { // at_hash must match the new access token
			resp.Body["id_token"] = as.IDToken(testserver.ForClient(req.ClientID),
				testserver.Claim("nonce", claimsOf(old).Nonce), testserver.Claim("name", "Test User"))
		}
		return nil
	}))
	as.Inject(testserver.EndpointUserInfo, testserver.Handler(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "DPoP ")
			if jkt := keyOfProof(r, as.Endpoint(testserver.EndpointUserInfo), token); !ok || jkt == "" || jkt != claimsOf(token).Confirmation.Thumbprint {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"sub":"test-user","name":"Test User"}`)
		})
	}))
	return as
}

// keyOfProof verifies the DPoP proof of a request. It returns the thumbprint of
// the proof's key, or "" if the proof is invalid or missing.
func keyOfProof(r *http.Request, url, token string) string {
	proof, err := jwt.ParseSigned(r.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return ""
	}
	var claims struct {
		Method string `json:"htm"`
		URL    string `json:"htu"`
		Hash   string `json:"ath"`
	}
	key := proof.Headers[0].JSONWebKey
	want := ""
	if token != "" {
		hash := sha256.Sum256([]byte(token))
		want = base64.RawURLEncoding.EncodeToString(hash[:])
	}
	if err := proof.Claims(key, &claims); err != nil || claims.Method != r.Method || claims.URL != url || claims.Hash != want {
		return ""
	}
	thumbprint, _ := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(thumbprint)
}

type tokenClaims struct {
	Nonce        string `json:"nonce"`
	Confirmation struct {
		Thumbprint string `json:"jkt"`
	} `json:"cnf"`
}

// claimsOf returns the claims of a token. It does not verify the token.
func claimsOf(token string) (claims tokenClaims) {
	if parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256}); err == nil {
		_ = parsed.UnsafeClaimsWithoutVerification(&claims)
	}
	return claims
}
