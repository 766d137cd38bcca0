package token

import (
	"crypto"
	"encoding/base64"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// kindDefects returns the defects in the kind of a token: the token is valid,
// but it is not a bearer access token.
func kindDefects() []Defect {
	return []Defect{{
		Name:  catalogue.WrongTyp,
		Wrong: "typ is logout+jwt: another kind of JWT, with the claims of an access token (RFC 9068 §4, RFC 8725 §3.11).",
		Fix:   "Accept typ at+jwt, with or without application/ and in any case; if the issuer does not set at+jwt, accept only JWT or an absent typ.",
		forge: edited(func(f *forgery) { f.SetHeader("typ", "logout+jwt") }),
	}, {
		Name:  catalogue.IDTokenAsAccess,
		Wrong: "This is an ID token: it identifies the user to a client, and does not authorize calls to an API (RFC 9068 §4, §5; RFC 8725 §3.12).",
		Fix:   "Require typ at+jwt; if the issuer does not set at+jwt, refuse tokens with nonce, at_hash or c_hash.",
		forge: edited(asIDToken),
	}, {
		Name: catalogue.BoundAsBearer, introspectable: true,
		Wrong: "The token is bound to a key (cnf) and was sent without proof of possession, like a stolen token (RFC 9449 §7.2, RFC 7800 §3.1).",
		Fix:   "Refuse tokens with cnf unless DPoP or mutual TLS proves possession of the key; skip this defect if none of your issuers binds tokens.",
		forge: edited(func(f *forgery) {
			key, err := f.minter.Attacker.Key(catalogue.ES256)
			if err != nil {
				f.Fail(err)
				return
			}
			jwk := key.public()
			sum, err := jwk.Thumbprint(crypto.SHA256)
			if err != nil {
				f.Fail(err)
				return
			}
			f.Set("cnf", map[string]string{"jkt": base64.RawURLEncoding.EncodeToString(sum)}) // RFC 9449 §6.1
		}),
	}}
}

// asIDToken changes the unsigned token into the ID token that its client would
// receive (OpenID Connect Core 1.0 §2). The aud of an ID token is normally the
// client, but asIDToken keeps the existing aud, because a different aud would
// be a second defect.
func asIDToken(f *forgery) {
	client := f.Form.Client(f.Claims)
	f.DeleteClient()
	if client != "" {
		f.Set("azp", client)
	}
	f.SetScopes(nil)
	f.Claims.Delete("nbf")
	for claim, kind := range map[string]string{"typ": "ID", "token_use": "id"} { // claims of Keycloak and Amazon Cognito
		if f.Claims.Find(claim) >= 0 {
			f.Set(claim, kind)
		}
	}
	f.SetHeader("typ", "JWT")
	f.SetTime("auth_time", 0)
	f.Set("nonce", base64.RawURLEncoding.EncodeToString(f.minter.Source.Draw("nonce", 16)))
	f.Set("at_hash", strings.Repeat("A", 22))
	if f.Form != nil && f.Form.IDToken != nil {
		f.Form.IDToken(f.Draft)
	}
}
