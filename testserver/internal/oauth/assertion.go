package oauth

import (
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2

// assertionAlgs returns the signature algorithms that private_key_jwt accepts.
func assertionAlgs() []jose.SignatureAlgorithm {
	var algs []jose.SignatureAlgorithm
	for _, alg := range catalogue.AssertionAlgs {
		algs = append(algs, jose.SignatureAlgorithm(alg))
	}
	return algs
}

// maxAssertion is how far in the future the exp of an assertion may be. The
// server remembers the jti of a used assertion until the assertion expires.
const maxAssertion = time.Hour

// byAssertion authenticates a client with private_key_jwt (RFC 7523 §3, OpenID
// Connect Core 1.0 §9). Every invalid assertion gets the same response.
func (s clientAuth) byAssertion(form url.Values) (*registry.Registered, *failure) {
	if form.Get("client_assertion_type") != assertionType {
		return nil, invalidClient("client_assertion_type is not urn:ietf:params:oauth:client-assertion-type:jwt-bearer", false)
	}
	wrong := invalidClient("the client assertion is invalid", false)
	c, claims, ok := s.readAssertion(form.Get("client_assertion"))
	if !ok {
		return nil, wrong
	}
	sub, _ := claims.Text("sub")
	jti, _ := claims.Text("jti")
	named := form.Get("client_id")
	if sub != c.ID || jti == "" || !c.By(catalogue.PrivateKeyJWT) || named != "" && named != c.ID || !s.isTimely(claims, c.ID+" "+jti) {
		return nil, wrong
	}
	return c, nil
}

// readAssertion returns the client that the iss of an assertion names, and the
// claims of the assertion. The assertion must be signed with a key of this
// client (RFC 7523 §3).
func (s clientAuth) readAssertion(text string) (*registry.Registered, token.Object, bool) {
	jws, err := jose.ParseSignedCompact(text, assertionAlgs())
	if _, plain := token.Segments(text); err != nil || !plain { // in a different encoding, a used assertion would look new
		return nil, nil, false
	}
	claims, err := token.ParseObject(jws.UnsafePayloadWithoutVerification()) // iss is needed to find the keys that verify the signature
	if err != nil {
		return nil, nil, false
	}
	iss, _ := claims.Text("iss")
	c, ok := s.Registry.Client(iss)
	if !ok || !signedBy(c, text, jws) {
		return nil, nil, false
	}
	if alg := string(c.Algs.Assertion); alg != "" && alg != jws.Signatures[0].Header.Algorithm {
		return nil, nil, false
	}
	return c, claims, true
}

// isTimely reports whether an assertion is addressed to this server, is valid
// now, and has not been used before. isTimely records the assertion as used,
// under the given name.
func (s clientAuth) isTimely(claims token.Object, name string) bool {
	now := s.Clock.Now()
	i := claims.Find("exp")
	if i < 0 || !claims.Timely(now, true) || !s.isAudience(claims) {
		return false
	}
	seconds, _ := token.NumericDate(claims[i].Value) // cannot fail: Timely has checked exp
	expires := time.Unix(int64(seconds)+1, 0)
	return !expires.After(now.Add(maxAssertion+time.Second)) && s.grants.Once(name, now, expires)
}

// signedBy reports whether one of the client's keys verifies jws, which must be
// the result of parsing text.
func signedBy(c *registry.Registered, text string, jws *jose.JSONWebSignature) bool {
	header := jws.Signatures[0].Header
	for _, key := range c.Keys.Keys {
		if header.KeyID != "" && key.KeyID != "" && header.KeyID != key.KeyID || key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		if token.VerifiedBy(text, jws, key.Key) {
			return true
		}
	}
	return false
}

// isAudience reports whether every value of aud is the issuer, or a URL of the
// token endpoint or of the pushed authorization request endpoint (RFC 9126 §2).
// The URLs of these two endpoints in mtls_endpoint_aliases are also allowed. It
// returns false if aud is missing or empty.
func (s clientAuth) isAudience(claims token.Object) bool {
	aud := claims.Audience()
	own := []string{s.Issuer, s.urls[catalogue.Token], s.urls[catalogue.PAR], s.aliases[catalogue.Token], s.aliases[catalogue.PAR]}
	return len(aud) > 0 && !slices.ContainsFunc(aud, func(a string) bool { return a == "" || !slices.Contains(own, a) })
}
