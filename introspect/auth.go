package introspect

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/jws"
)

// Auth authenticates this API to the authorization server (RFC 7662 §2.1).
// Create it with [Basic], [Post], [PrivateKeyJWT], [Bearer] or [MutualTLS]. An
// Auth prints as "[redacted]".
type Auth struct {
	clientID string // "" for Bearer
	fault    error
	apply    func(ctx context.Context, call *call) error
	mutual   bool // true for MutualTLS
}

// call is a request to which an Auth adds the credentials of the API.
type call struct {
	header   http.Header
	form     url.Values
	audience string // aud of client assertions
}

// Format implements [fmt.Formatter] for every verb.
func (Auth) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// Basic authenticates with a client identifier and secret in the Authorization
// header field. Both are form-encoded first (RFC 6749 §2.3.1).
func Basic(clientID, secret string) Auth {
	credentials := url.QueryEscape(clientID) + ":" + url.QueryEscape(secret)
	field := "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
	return Auth{clientID: clientID, fault: missing("Basic", clientID, secret), apply: func(_ context.Context, c *call) error {
		c.header.Set("Authorization", field)
		return nil
	}}
}

// Post authenticates with a client identifier and secret in the body, for
// servers that do not support [Basic] (RFC 6749 §2.3.1).
func Post(clientID, secret string) Auth {
	return Auth{clientID: clientID, fault: missing("Post", clientID, secret), apply: func(_ context.Context, c *call) error {
		c.form.Set("client_id", clientID)
		c.form.Set("client_secret", secret)
		return nil
	}}
}

// PrivateKeyJWT authenticates each request with a new signed assertion (RFC
// 7523 §2.2). The assertion is valid for a minute. Its iss and sub are
// clientID. Its aud is Config.Issuer, or the endpoint if Config.Issuer is
// empty. The keyID may be "". The algorithm is EdDSA, or RS, PS or ES followed
// by 256, 384 or 512. The key is a matching *rsa.PrivateKey, *ecdsa.PrivateKey
// or ed25519.PrivateKey.
func PrivateKeyJWT(clientID, keyID, algorithm string, key crypto.Signer) Auth {
	fault := missing("PrivateKeyJWT", clientID, "-")
	known := jws.Find(algorithm)
	if known == nil || known.Symmetric() {
		return Auth{fault: errors.Join(fault, fmt.Errorf("PrivateKeyJWT: algorithm %q is not supported: use RS, PS or ES with 256, 384 or 512 (such as ES256), or EdDSA", algorithm))}
	}
	method := known.Method
	_, err := assertion(clientID, keyID, "", method, key) // reports an unusable key at start-up
	fault = errors.Join(fault, err)
	return Auth{clientID: clientID, fault: fault, apply: func(_ context.Context, c *call) error {
		text, err := assertion(clientID, keyID, c.audience, method, key)
		c.form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		c.form.Set("client_assertion", text)
		return err
	}}
}

func assertion(clientID, keyID, audience string, method jwt.SigningMethod, key crypto.Signer) (text string, err error) {
	now := time.Now()
	token := jwt.NewWithClaims(method, jwt.MapClaims{
		"iss": clientID, "sub": clientID, "aud": audience, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if keyID != "" {
		token.Header["kid"] = keyID
	}
	// golang-jwt panics on a nil *rsa.PrivateKey.
	if contain.Panic(func() { text, err = token.SignedString(key) }) != nil || err != nil {
		return "", fmt.Errorf("PrivateKeyJWT: key is not suitable for %s", method.Alg()) // replaces the library's text, which may describe the key
	}
	return text, nil
}

// Bearer authenticates with the API's own access token (RFC 7662 §2.1). Each
// request calls the given function to get this token, possibly concurrently.
// The function should cache its result, as the token sources of
// golang.org/x/oauth2 do. A query fails after two seconds even if the function
// does not return. At most 4096 calls of the function run at a time.
func Bearer(token func(context.Context) (string, error)) Auth {
	var fault error
	if token == nil {
		fault = errors.New("Bearer: token is nil")
	}
	calls := make(chan struct{}, 16*maxCalls)
	return Auth{fault: fault, apply: func(ctx context.Context, c *call) error {
		ownToken, err := contain.Within(ctx, calls, token)
		if err != nil || ownToken == "" {
			return errOwnToken // replaces err, whose text may contain secrets
		}
		c.header.Set("Authorization", "Bearer "+ownToken)
		return nil
	}}
}

// MutualTLS authenticates with the client certificate of Config.Client, and
// sends client_id in the body (RFC 8705 §2). Config.Client is required. If the
// metadata contains a separate introspection endpoint for mutual TLS
// (mtls_endpoint_aliases, §5), set Config.Endpoint to the URL of that endpoint.
func MutualTLS(clientID string) Auth {
	return Auth{clientID: clientID, mutual: true, fault: missing("MutualTLS", clientID, "-"), apply: func(_ context.Context, c *call) error {
		c.form.Set("client_id", clientID)
		return nil
	}}
}

func missing(name, clientID, secret string) error {
	if clientID == "" || secret == "" {
		return fmt.Errorf("%s: client identifier or secret is empty", name)
	}
	return nil
}
