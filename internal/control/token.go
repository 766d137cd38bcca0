package control

import (
	"encoding/json"
	"time"
)

// Mint is a request for a token. Each member changes one property of a valid
// token.
type Mint struct {
	Sub         string                     `json:"sub,omitzero"`
	Scope       Scopes                     `json:"scope,omitzero"`
	Aud         Texts                      `json:"aud,omitzero"`
	ClientID    string                     `json:"client_id,omitzero"`
	Claims      map[string]json.RawMessage `json:"claims,omitzero"`
	Without     []string                   `json:"without,omitzero"` // names of claims to leave out
	Header      map[string]json.RawMessage `json:"header,omitzero"`
	Alg         string                     `json:"alg,omitzero"`
	ExpiresIn   *Duration                  `json:"expires_in,omitzero"`
	NotBeforeIn *Duration                  `json:"not_before_in,omitzero"`
	Opaque      bool                       `json:"opaque,omitzero"`
	Defect      string                     `json:"defect,omitzero"`
	Certificate string                     `json:"certificate,omitzero"` // PEM; binds the token to this certificate
	DPoPKey     string                     `json:"dpop_key,omitzero"`    // PEM or JWK; binds the token to this private key of the client
	Like        string                     `json:"like,omitzero"`        // the name of a provider whose tokens are imitated
}

// Minted describes a new token. It contains the response that the token
// endpoint would give, without scope, and the claims of the access token.
type Minted struct {
	AccessToken  string          `json:"access_token"`
	TokenType    string          `json:"token_type"`
	ExpiresIn    int64           `json:"expires_in,omitzero"` // seconds; negative for an expired token
	RefreshToken string          `json:"refresh_token,omitzero"`
	IDToken      string          `json:"id_token,omitzero"`
	Claims       json.RawMessage `json:"claims"`
	Fingerprint  string          `json:"fingerprint"`
}

// BadTokens lists one token for each defect that is tested by default.
type BadTokens struct {
	Tokens []BadToken `json:"tokens"`
}

// BadToken is a token with one defect. Status and Code are the response of a
// correct API to this token.
type BadToken struct {
	Name   string `json:"name"`
	Status int    `json:"expected_status"`
	Code   string `json:"expected_error"`
	Token  string `json:"token"`
}

// Tokens lists the access tokens in the audit log, the oldest first.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// Token describes an issued access token, without the token itself.
type Token struct {
	Fingerprint string    `json:"fingerprint"`
	Issued      time.Time `json:"issued"`
	ClientID    string    `json:"client_id,omitzero"`
	Sub         string    `json:"sub,omitzero"`
	Scopes      []string  `json:"scopes,omitzero"`
	Family      string    `json:"family,omitzero"`
	Revoked     bool      `json:"revoked"`
}

// Inspect is a request to decode and introspect a token.
type Inspect struct {
	Token string `json:"token"`
}

// Inspected describes a token that this server or another server has issued.
type Inspected struct {
	Fingerprint   string          `json:"fingerprint"`
	Header        json.RawMessage `json:"header,omitzero"` // header of a JWT; the signature is not verified
	Claims        json.RawMessage `json:"claims,omitzero"`
	Introspection json.RawMessage `json:"introspection"` // the server's introspection response (RFC 7662 §2.2)
}

// Revoke revokes one token, or all grants of a subject. Set exactly one member.
type Revoke struct {
	Token string `json:"token,omitzero"`
	Sub   string `json:"sub,omitzero"`
}

// Revoked is the number of revoked tokens or grants.
type Revoked struct {
	Revoked int `json:"revoked"`
}
