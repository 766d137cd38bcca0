package testserver

import (
	"iter"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// BoundTo binds the token to the client's key k for DPoP: the thumbprint of k
// (RFC 7638) is in cnf.jkt (RFC 9449 §6). The introspection response of the
// token has cnf, too, and the token_type DPoP. k is a key from [GenerateKey]
// for any algorithm except HS.
//
// With one of [ProofDefects], given to [With], the token is bound to the key
// that a proof with this defect shows. The token itself is good, so that only
// the defect of the proof can be the reason for a refusal.
func BoundTo(k Key) TokenOption {
	return tokenOption(func(d *token.Draft) { d.BindTo(k) })
}

// Proof returns the values of the DPoP header fields of one request: normally
// one proof, made now and signed with k (RFC 9449 §4.2). Every call makes
// another proof:
//
//	token := s.Token(testserver.BoundTo(k))
//	r.Header.Set("Authorization", "DPoP "+token)
//	r.Header["Dpop"] = testserver.Proof(k, "GET", "https://api.example.com/orders", token)
//
//	header  {"typ":"dpop+jwt","alg":"ES256","jwk":…}
//	claims  {"jti":16 random bytes in base64url,"htm":method,"htu":url,"iat":now,"ath":hash of the token}
//
// url is the URL that the client requests; htu is url without its query and
// fragment. The access token can be a JWT or opaque, from any server. If it is
// "", the proof has no ath.
//
// Options change the proof as they change a token: Claim("nonce", n) adds a
// nonce, Claim("iat", time) sets another time, [Claim] and [Without] change any
// claim, [JOSEHeader] and [Typ] the header, [SignedWith] the key that signs but
// not jwk, and [With] adds one of [ProofDefects]. With a defect there may also
// be no values, or two. Proof panics if an argument is invalid.
func Proof(k Key, method, url, accessToken string, opts ...TokenOption) []string {
	p := token.Proof{Key: k, Method: method, URL: url, Token: accessToken, Now: time.Now()}
	fields, err := p.Fields(editBy(opts))
	if err != nil {
		panic("testserver.Proof: " + err.Error())
	}
	return fields
}

// ProofDefects yields every defect of DPoP proofs that a correct API refuses.
// "dpop-replayed" is wrong from the second request on: all proofs of a key with
// this defect have the same jti. An API that uses no nonces accepts
// "dpop-nonce-missing" and "dpop-nonce-foreign"; one that uses nonces may
// accept "dpop-iat-old" and "dpop-iat-future". The defect "dpop-jti-long" is
// left out, because a correct API may accept it.
func ProofDefects() iter.Seq[Defect] { return slices.Values(catalogue.ProofDefects) }
