package introspect_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"

	"github.com/bearerguard/bearerguard/introspect"
)

func withAuth(auth introspect.Auth) func(*introspect.Config) {
	return func(c *introspect.Config) { c.Auth = auth }
}

// specialCharacters are credentials with characters that have a special meaning
// in a form, in Basic authentication or in a header field.
var specialCharacters = map[string]string{
	"plain": "api", "a colon": "a:b", "a space": "a b", "a plus": "a+b", "a percent sign": "50%25", "an ampersand": "a&token=x", "an equals sign": "a=b",
	"a slash": "https://api.example.com/?a#b", "letters beyond ASCII": "käse", "a line break": "a\r\nX-Evil: 1", "a quote": `a"b`,
}

// RFC 6749 §2.3.1: the identifier and the secret are form-encoded, joined by a
// colon, and then encoded in base64.
func TestThreatsBasicCredentials(t *testing.T) {
	for name, text := range specialCharacters {
		t.Run("I17/"+name, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			assertActive(t, newClient(t, s, withAuth(introspect.Basic(text, text+"2"))), token)
			seen := s.received()[0]
			encoded, ok := strings.CutPrefix(seen.header.Get("Authorization"), "Basic ")
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			id, secret, colon := strings.Cut(string(decoded), ":")
			gotID, errID := url.QueryUnescape(id)
			gotSecret, errSecret := url.QueryUnescape(secret)
			if !ok || err != nil || !colon || errors.Join(errID, errSecret) != nil || gotID != text || gotSecret != text+"2" {
				t.Errorf("got %q, want %q and %q", decoded, text, text+"2")
			}
			if strings.Trim(string(decoded), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%+:") != "" {
				t.Errorf("got %q, want the identifier and the secret form-encoded", decoded)
			}
			checkForm(t, seen, url.Values{"token": {token}, "token_type_hint": {"access_token"}})
		})
	}
}

func TestThreatsPostCredentials(t *testing.T) {
	for name, text := range specialCharacters {
		t.Run("I17/"+name, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			assertActive(t, newClient(t, s, withAuth(introspect.Post(text, text+"2"))), token)
			checkForm(t, s.received()[0], url.Values{"token": {token}, "token_type_hint": {"access_token"}, "client_id": {text}, "client_secret": {text + "2"}})
		})
	}
}

// The form has exactly one value of the parameter token. This value is the
// token, even if the token has special characters.
func TestThreatsTokensInForms(t *testing.T) {
	for name, text := range map[string]string{
		"CR and LF": "a\r\nb", "an ampersand": "a&token=b", "a plus": "a+b", "a percent sign": "a%26b", "an equals sign": "a==", "a NUL": "a\x00b",
		"a semicolon": "a;b", "a space": "a b", "base64": "abc/def+ghi==",
	} {
		t.Run("I16/"+name, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			assertActive(t, newClient(t, s), text)
			checkForm(t, s.received()[0], url.Values{"token": {text}, "token_type_hint": {"access_token"}})
		})
	}
}

func checkForm(t *testing.T, c call, want url.Values) {
	t.Helper()
	if c.method != http.MethodPost || c.url != endpoint || c.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("got %s %s with Content-Type %q, want a POST of a form to the endpoint", c.method, c.url, c.header.Get("Content-Type"))
	}
	if fmt.Sprint(c.form) != fmt.Sprint(want) {
		t.Errorf("got form %v, want %v", c.form, want)
	}
}

func noToken(context.Context) (string, error) { return "", errors.New("none") }

func TestBearerCallsTheTokenSourceEachTime(t *testing.T) {
	n := 0
	s := newSite(respondOK(`{"active":true}`))
	c := newClient(t, s, noCache, withAuth(introspect.Bearer(func(ctx context.Context) (string, error) {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 2*time.Second {
			t.Error("want a deadline of two seconds for the token function")
		}
		n++
		return fmt.Sprint("own", n), nil
	})))
	for range 2 {
		assertActive(t, c, token)
	}
	for i, want := range []string{"Bearer own1", "Bearer own2"} {
		if got := s.received()[i].header.Get("Authorization"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		checkForm(t, s.received()[i], url.Values{"token": {token}, "token_type_hint": {"access_token"}})
	}
}

func TestBearerWithoutATokenSendsNoRequest(t *testing.T) {
	for name, source := range map[string]func(context.Context) (string, error){
		"an error":       func(context.Context) (string, error) { return "x", errors.New(canary) },
		"an empty token": func(context.Context) (string, error) { return "", nil },
		"a panic":        func(context.Context) (string, error) { panic(canary) },
		"a hang":         func(ctx context.Context) (string, error) { <-ctx.Done(); return canary, ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(`{"active":true}`))
				assertUnavailable(t, newClient(t, s, withAuth(introspect.Bearer(source))), token, introspect.ErrUnavailable)
				s.assertRequests(t, 0)
			})
		})
	}
}

func TestAssertionsOfEveryAlgorithm(t *testing.T) {
	for _, algorithm := range asymmetric {
		for _, issuerOrNot := range []string{issuer, ""} {
			t.Run(algorithm+" for "+map[string]string{issuer: "an issuer", "": "an endpoint"}[issuerOrNot], func(t *testing.T) {
				key := newKey(t, algorithm)
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, noCache, withAuth(introspect.PrivateKeyJWT("api", "k1", algorithm, key)), func(c *introspect.Config) { c.Issuer = issuerOrNot })
				ids := make(map[string]bool)
				for range 3 {
					assertActive(t, c, token)
					seen := s.received()[len(s.received())-1]
					if seen.form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || len(seen.form) != 4 || seen.header.Get("Authorization") != "" {
						t.Errorf("got form %v, want a client assertion and no other credentials", seen.form)
					}
					audience := issuerOrNot
					if audience == "" {
						audience = endpoint
					}
					ids[checkAssertion(t, seen.form.Get("client_assertion"), algorithm, key, audience)] = true
				}
				if len(ids) != 3 {
					t.Errorf("got %d different values of jti in 3 requests, want 3", len(ids))
				}
			})
		}
	}
}

// checkAssertion verifies an assertion as an authorization server would (RFC
// 7523 §3), and returns the assertion's jti.
func checkAssertion(t *testing.T, text, algorithm string, key crypto.Signer, audience string) string {
	t.Helper()
	assertion, err := josejwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		t.Fatal(err)
	}
	var claims josejwt.Claims
	if err := assertion.Claims(key.Public(), &claims); err != nil {
		t.Fatalf("go-jose refuses the signature of the assertion: %v", err)
	}
	if err := claims.ValidateWithLeeway(josejwt.Expected{Issuer: "api", Subject: "api", AnyAudience: josejwt.Audience{audience}, Time: time.Now()}, time.Second); err != nil {
		t.Errorf("go-jose refuses the claims of the assertion: %v", err)
	}
	if lifetime := claims.Expiry.Time().Sub(claims.IssuedAt.Time()); lifetime != time.Minute || len(claims.Audience) != 1 || len(claims.ID) < 22 {
		t.Errorf("got %+v, want a minute, one audience and a jti of 128 bits", claims)
	}
	if kid := assertion.Headers[0].KeyID; kid != "k1" {
		t.Errorf("got kid %q, want k1", kid)
	}
	return claims.ID
}

func TestAuthFaults(t *testing.T) {
	for name, auth := range map[string]introspect.Auth{
		"a symmetric algorithm":         introspect.PrivateKeyJWT("api", "", "HS256", newKey(t, "ES256")),
		"none":                          introspect.PrivateKeyJWT("api", "", "none", newKey(t, "ES256")),
		"no algorithm":                  introspect.PrivateKeyJWT("api", "", "", newKey(t, "ES256")),
		"a key of another curve":        introspect.PrivateKeyJWT("api", "", "ES256", newKey(t, "ES384")),
		"a key of another type":         introspect.PrivateKeyJWT("api", "", "RS256", newKey(t, "ES256")),
		"no key":                        introspect.PrivateKeyJWT("api", "", "ES256", nil),
		"a nil RSA key":                 introspect.PrivateKeyJWT("api", "", "RS256", (*rsa.PrivateKey)(nil)),
		"a nil RSA key, for PS256":      introspect.PrivateKeyJWT("api", "", "PS256", (*rsa.PrivateKey)(nil)),
		"a nil EC key":                  introspect.PrivateKeyJWT("api", "", "ES256", (*ecdsa.PrivateKey)(nil)),
		"an empty RSA key":              introspect.PrivateKeyJWT("api", "", "RS256", &rsa.PrivateKey{}),
		"no client identifier":          introspect.PrivateKeyJWT("", "", "ES256", newKey(t, "ES256")),
		"no client identifier in Basic": introspect.Basic("", "x"),
		"no secret in Basic":            introspect.Basic("x", ""),
		"no client identifier in Post":  introspect.Post("", "x"),
		"no secret in Post":             introspect.Post("x", ""),
		"no token source":               introspect.Bearer(nil),
		"no client identifier for mTLS": introspect.MutualTLS(""),
		"no Auth at all":                {},
	} {
		t.Run(name, func(t *testing.T) {
			config := introspect.Config{Endpoint: endpoint, Auth: auth, Client: http.DefaultClient}
			if c, err := introspect.New(config); c != nil || err == nil || !strings.Contains(err.Error(), "Auth") {
				t.Errorf("got %v, %v, want a fault of Auth", c, err)
			}
		})
	}
	t.Run("mTLS without a client", func(t *testing.T) {
		if c, err := introspect.New(introspect.Config{Endpoint: endpoint, Auth: introspect.MutualTLS("api")}); c != nil || err == nil {
			t.Errorf("got %v, %v, want a fault", c, err)
		}
	})
}
