package dpop

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// minRSA is the smallest RSA key in bits (RFC 7518 §3.3).
const minRSA = 2048

// shownKey returns the public key from the member jwk in the header of a proof.
// It also returns the thumbprint of this key.
func shownKey(header token.Object) (key any, thumbprint string, err error) {
	i := header.Find("jwk")
	if i < 0 {
		return nil, "", errors.New("jwk of the DPoP proof is missing: expected the public key of the client")
	}
	members, err := token.ParseObject(header[i].Value)
	for _, name := range catalogue.PrivateMembers {
		if members.Find(name) >= 0 {
			return nil, "", errors.New("jwk of the DPoP proof has a private key: expected a public key")
		}
	}
	var jwk jose.JSONWebKey
	if err != nil || json.Unmarshal(header[i].Value, &jwk) != nil || !jwk.Valid() || !jwk.IsPublic() {
		return nil, "", errors.New("jwk of the DPoP proof is not a valid public key: expected one of type EC, RSA or OKP (RFC 7518 section 6, RFC 8037)")
	}
	if public, ok := jwk.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSA {
		return nil, "", errors.New("jwk of the DPoP proof is too short: expected an RSA key of at least 2048 bits")
	}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	return jwk.Key, base64.RawURLEncoding.EncodeToString(sum), err
}
