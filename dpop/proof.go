package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// signer makes the proofs of one key.
type signer struct {
	key    crypto.Signer
	public string // the JWK of the public key, in the form of RFC 7638 §3
	head   string // the encoded header of every proof
	hash   crypto.Hash
	opts   crypto.SignerOpts
	size   int // the size in bytes of r and of s in an ECDSA signature
}

var errKey = errors.New("dpop: Transport.Key must be an ECDSA key on P-256, P-384 or P-521, an Ed25519 key, or an RSA key of at least 2048 bits")

// minRSA is the smallest size of an RSA key in bits (RFC 7518 §3.5).
const minRSA = 2048

func newSigner(key crypto.Signer) (*signer, error) {
	s := &signer{key: key}
	var algorithm string
	switch public := key.Public().(type) {
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P256():
			algorithm, s.hash, s.size = "ES256", crypto.SHA256, 32
		case elliptic.P384():
			algorithm, s.hash, s.size = "ES384", crypto.SHA384, 48
		case elliptic.P521():
			algorithm, s.hash, s.size = "ES512", crypto.SHA512, 66
		default:
			return nil, errKey
		}
		point, err := public.Bytes() // 0x04, x, y
		if err != nil {
			return nil, errKey
		}
		s.opts = s.hash
		s.public = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, public.Curve.Params().Name, encode(point[1:1+s.size]), encode(point[1+s.size:]))
	case ed25519.PublicKey:
		algorithm, s.opts = "EdDSA", crypto.Hash(0)
		s.public = fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":%q}`, encode(public))
	case *rsa.PublicKey:
		if public.N.BitLen() < minRSA {
			return nil, errKey
		}
		algorithm, s.hash = "PS256", crypto.SHA256
		s.opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash}
		s.public = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, encode(big.NewInt(int64(public.E)).Bytes()), encode(public.N.Bytes()))
	default:
		return nil, errKey
	}
	s.head = encode([]byte(`{"typ":"dpop+jwt","alg":"` + algorithm + `","jwk":` + s.public + `}`))
	return s, nil
}

// thumbprint returns the thumbprint of the key (RFC 7638 §3).
func (s *signer) thumbprint() string { return hashOf(s.public) }

// claims are the claims of a proof (RFC 9449 §4.2).
type claims struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	URL    string `json:"htu"`
	At     int64  `json:"iat"`
	Token  string `json:"ath,omitempty"` // the hash of the access token
	Nonce  string `json:"nonce,omitempty"`
}

// prove makes a proof for a request. token is "" if the request has no token.
func (s *signer) prove(method, url, token, nonce string) (string, error) {
	c := claims{ID: rand.Text(), Method: method, URL: url, At: time.Now().Unix(), Nonce: nonce}
	if token != "" {
		c.Token = hashOf(token)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	message := s.head + "." + encode(payload)
	digest := []byte(message)
	if s.hash != 0 {
		h := s.hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	signature, err := s.key.Sign(rand.Reader, digest, s.opts)
	if err == nil && s.size > 0 {
		signature, err = s.fixedSize(signature)
	}
	if err != nil {
		return "", fmt.Errorf("dpop: signing a proof: %w", err)
	}
	return message + "." + encode(signature), nil
}

// fixedSize converts an ECDSA signature from ASN.1 to the format of RFC 7518
// §3.4.
func (s *signer) fixedSize(signature []byte) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		return nil, err
	}
	if pair.R.Sign() <= 0 || pair.S.Sign() <= 0 || max(pair.R.BitLen(), pair.S.BitLen()) > 8*s.size {
		return nil, errors.New("the key made a signature of another curve")
	}
	fixed := make([]byte, 2*s.size)
	pair.R.FillBytes(fixed[:s.size])
	pair.S.FillBytes(fixed[s.size:])
	return fixed, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encode(sum[:])
}
