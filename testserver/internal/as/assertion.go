package as

import (
	"crypto/ed25519"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2

// assertionAlgs are the algorithms of private_key_jwt.
var assertionAlgs = []jose.SignatureAlgorithm{
	jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.EdDSA, edwards25519,
}

// edwards25519 is what EdDSA is called since RFC 9864 (§2.2). go-jose does not
// know the name.
const edwards25519 = jose.SignatureAlgorithm("Ed25519")

// maxAssertion is how far away the exp of an assertion may be: as long as that
// its jti must be remembered.
const maxAssertion = time.Hour

// asserted authenticates a client by private_key_jwt (RFC 7523 §3, OpenID
// Connect Core 1.0 §9). All that is wrong with an assertion is told in the same
// words.
func (s *Server) asserted(form url.Values) (*registered, *failure) {
	if form.Get("client_assertion_type") != assertionType {
		return nil, invalidClient("client_assertion_type is not that of a JWT", false)
	}
	wrong := invalidClient("the client assertion is not good", false)
	c, claims, ok := s.readAssertion(form.Get("client_assertion"))
	if !ok {
		return nil, wrong
	}
	sub, _ := claims.text("sub")
	jti, _ := claims.text("jti")
	named := form.Get("client_id")
	if sub != c.ID || jti == "" || !c.by(ByPrivateKey) || named != "" && named != c.ID || !s.takes(claims, c.ID+" "+jti) {
		return nil, wrong
	}
	return c, nil
}

// readAssertion returns the claims of what a client has signed, as iss says, with
// one of its keys (RFC 7523 §3).
func (s *Server) readAssertion(text string) (*registered, Object, bool) {
	jws, err := jose.ParseSignedCompact(text, assertionAlgs)
	if _, plain := segments(text); err != nil || !plain { // else it would be good once in each spelling
		return nil, nil, false
	}
	claims, err := parseObject(jws.UnsafePayloadWithoutVerification()) // which says whose keys to try
	if err != nil {
		return nil, nil, false
	}
	iss, _ := claims.text("iss")
	c, ok := s.registry.client(iss)
	if !ok || !c.signed(text, jws) {
		return nil, nil, false
	}
	return c, claims, true
}

// takes reports whether an assertion is for this server and this time, and the
// first one of its name.
func (s *Server) takes(claims Object, name string) bool {
	now := s.Clock.Now()
	i := claims.find("exp")
	if i < 0 || !claims.timely(now, true) || !s.addressed(claims) {
		return false
	}
	seconds, _ := numericDate(claims[i].Value) // which timely has read already
	expires := time.Unix(int64(seconds)+1, 0)
	return !expires.After(now.Add(maxAssertion+time.Second)) && s.grants.once(name, now, expires)
}

// signed reports whether a key of the client's verifies jws, which was read from
// text.
func (c *registered) signed(text string, jws *jose.JSONWebSignature) bool {
	header := jws.Signatures[0].Header
	for _, key := range c.Keys.Keys {
		if header.KeyID != "" && key.KeyID != "" && header.KeyID != key.KeyID || key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		if header.Algorithm == string(edwards25519) {
			public, ok := key.Key.(ed25519.PublicKey)
			_, critical := header.ExtraHeaders["crit"] // none is known here (RFC 7515 §4.1.11)
			if ok && !critical && ed25519.Verify(public, []byte(text[:strings.LastIndexByte(text, '.')]), jws.Signatures[0].Signature) {
				return true
			}
			continue
		}
		if _, err := jws.Verify(key.Key); err == nil {
			return true
		}
	}
	return false
}

// addressed reports whether aud is this server and nobody else: its issuer, its
// token endpoint, the one for pushed requests (RFC 9126 §2), or several of them.
func (s *Server) addressed(claims Object) bool {
	aud := claims.audience()
	own := []string{s.Issuer, s.urls[TokenEP], s.urls[PAR]}
	return len(aud) > 0 && !slices.ContainsFunc(aud, func(a string) bool { return a == "" || !slices.Contains(own, a) })
}

// audience is aud, of which one may stand without a list (RFC 7519 §4.1.3).
func (o Object) audience() []string {
	if aud, ok := o.text("aud"); ok {
		return []string{aud}
	}
	list, _ := o.texts("aud")
	return list
}
