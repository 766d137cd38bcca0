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

// Auth is how this API proves to the authorization server that it may ask
// (RFC 7662 §2.1): [Basic], [Post], [PrivateKeyJWT], [Bearer] or [MutualTLS]. It
// prints as "[redacted]".
type Auth struct {
	clientID string // "" for Bearer
	fault    error
	apply    func(ctx context.Context, call *call) error
	mutual   bool // MutualTLS
}

// call is a request to be authenticated.
type call struct {
	header   http.Header
	form     url.Values
	audience string // of client assertions
}

// Format implements [fmt.Formatter], for every verb.
func (Auth) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// Basic authenticates with a client identifier and secret in the Authorization
// field, each form-encoded first, as RFC 6749 §2.3.1 has it.
func Basic(clientID, secret string) Auth {
	credentials := url.QueryEscape(clientID) + ":" + url.QueryEscape(secret)
	field := "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
	return Auth{clientID: clientID, fault: missing("Basic", clientID, secret), apply: func(_ context.Context, c *call) error {
		c.header.Set("Authorization", field)
		return nil
	}}
}

// Post authenticates with a client identifier and secret in the body, for
// servers that cannot do [Basic] (RFC 6749 §2.3.1).
func Post(clientID, secret string) Auth {
	return Auth{clientID: clientID, fault: missing("Post", clientID, secret), apply: func(_ context.Context, c *call) error {
		c.form.Set("client_id", clientID)
		c.form.Set("client_secret", secret)
		return nil
	}}
}

// PrivateKeyJWT authenticates with an assertion signed for each request (RFC
// 7523 §2.2): issued by and about the client, for the issuer (or the endpoint,
// if Config names no issuer), valid for a minute. keyID may be "". The
// algorithm is one of RS, PS and ES 256, 384 and 512 or EdDSA, and key a
// *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey that goes with it.
func PrivateKeyJWT(clientID, keyID, algorithm string, key crypto.Signer) Auth {
	fault := missing("PrivateKeyJWT", clientID, "-")
	known := jws.Find(algorithm)
	if known == nil || known.Symmetric() {
		return Auth{fault: errors.Join(fault, fmt.Errorf("PrivateKeyJWT: algorithm %q is not an asymmetric one", algorithm))}
	}
	method := known.Method
	_, err := assertion(clientID, keyID, "", method, key) // a key that cannot sign is found at start-up
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
	// golang-jwt does not expect a nil *rsa.PrivateKey.
	if contain.Panic(func() { text, err = token.SignedString(key) }) != nil || err != nil {
		return "", fmt.Errorf("PrivateKeyJWT: key does not go with %s", method.Alg()) // the library's text may print the key's type or more
	}
	return text, nil
}

// Bearer authenticates with an access token of the API's own (RFC 7662 §2.1),
// which token returns for each request, from a cache of its own; the token
// sources of golang.org/x/oauth2 do that. It is called concurrently. A call that
// takes more than two seconds has failed, and is left behind; 4096 may be.
func Bearer(token func(context.Context) (string, error)) Auth {
	var fault error
	if token == nil {
		fault = errors.New("Bearer: token is nil")
	}
	calls := make(chan struct{}, 16*maxCalls)
	return Auth{fault: fault, apply: func(ctx context.Context, c *call) error {
		own, err := within(ctx, calls, token)
		if err != nil || own == "" {
			return errOwnToken // the error's text may hold anything
		}
		c.header.Set("Authorization", "Bearer "+own)
		return nil
	}}
}

// MutualTLS authenticates with the certificate that Config.Client, which it
// needs, presents; the body names the client (RFC 8705 §2). Where metadata have
// another address for that (mtls_endpoint_aliases, §5), name it as the Endpoint.
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
