package as

import (
	"crypto/ed25519"
	"net/url"
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
	text := form.Get("client_assertion")
	jws, err := jose.ParseSignedCompact(text, assertionAlgs)
	if err != nil {
		return nil, wrong
	}
	claims, err := parseObject(jws.UnsafePayloadWithoutVerification()) // which says whose keys to try
	if err != nil {
		return nil, wrong
	}
	id, _ := claims.text("sub")
	iss, _ := claims.text("iss")
	c, ok := s.registry.client(id)
	named := form.Get("client_id")
	if !ok || iss != id || !c.by(ByPrivateKey) || named != "" && named != id || !c.signed(text, jws) {
		return nil, wrong
	}
	now := s.Clock.Now()
	jti, _ := claims.text("jti")
	i := claims.find("exp")
	if jti == "" || i < 0 || !claims.timely(now, true) || !s.addressed(claims) {
		return nil, wrong
	}
	seconds, _ := numericDate(claims[i].Value) // which timely has read already
	expires := time.Unix(int64(seconds)+1, 0)
	if expires.After(now.Add(maxAssertion+time.Second)) || !s.grants.once(id+" "+jti, now, expires) {
		return nil, wrong
	}
	return c, nil
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
// token endpoint or the one for pushed requests (RFC 9126 §2).
func (s *Server) addressed(claims Object) bool {
	aud, ok := claims.text("aud")
	if !ok {
		list, listed := claims.texts("aud")
		if !listed || len(list) != 1 {
			return false
		}
		aud = list[0]
	}
	return aud == s.issuer || aud != "" && (aud == s.urls[TokenEP] || aud == s.urls[PAR])
}
