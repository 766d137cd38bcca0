package control

import (
	"encoding/json"
	"time"
)

// Mint says what differs from a valid token.
type Mint struct {
	Sub         string                     `json:"sub,omitzero"`
	Scope       Scopes                     `json:"scope,omitzero"`
	Aud         Texts                      `json:"aud,omitzero"`
	ClientID    string                     `json:"client_id,omitzero"`
	Claims      map[string]json.RawMessage `json:"claims,omitzero"`
	Without     []string                   `json:"without,omitzero"` // claims
	Header      map[string]json.RawMessage `json:"header,omitzero"`
	Alg         string                     `json:"alg,omitzero"`
	ExpiresIn   *Duration                  `json:"expires_in,omitzero"`
	NotBeforeIn *Duration                  `json:"not_before_in,omitzero"`
	Opaque      bool                       `json:"opaque,omitzero"`
	Defect      string                     `json:"defect,omitzero"`
	Like        string                     `json:"like,omitzero"` // the name of a provider
}

// Minted is what the token endpoint would have given.
type Minted struct {
	AccessToken  string          `json:"access_token"`
	TokenType    string          `json:"token_type"`
	ExpiresIn    int64           `json:"expires_in,omitzero"` // negative for what has expired
	RefreshToken string          `json:"refresh_token,omitzero"`
	IDToken      string          `json:"id_token,omitzero"`
	Claims       json.RawMessage `json:"claims"`
	Fingerprint  string          `json:"fingerprint"`
}

// BadTokens has one of each kind.
type BadTokens struct {
	Tokens []BadToken `json:"tokens"`
}

// BadToken is a token with one thing wrong, and the answer of a correct API.
type BadToken struct {
	Name   string `json:"name"`
	Status int    `json:"expected_status"`
	Code   string `json:"expected_error"`
	Token  string `json:"token"`
}

// Tokens are those of the audit log, the oldest first.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// Token is an access token that was issued, without the token.
type Token struct {
	Fingerprint string    `json:"fingerprint"`
	Issued      time.Time `json:"issued"`
	ClientID    string    `json:"client_id,omitzero"`
	Sub         string    `json:"sub,omitzero"`
	Scopes      []string  `json:"scopes,omitzero"`
	Family      string    `json:"family,omitzero"`
	Revoked     bool      `json:"revoked"`
}

// Inspect asks about a token.
type Inspect struct {
	Token string `json:"token"`
}

// Inspected is what there is to say about it.
type Inspected struct {
	Fingerprint   string          `json:"fingerprint"`
	Header        json.RawMessage `json:"header,omitzero"` // of a JWT, verified or not
	Claims        json.RawMessage `json:"claims,omitzero"`
	Introspection json.RawMessage `json:"introspection"` // RFC 7662: the server's own judgement
}

// Revoke ends a token, or all that a subject was granted: one of the two.
type Revoke struct {
	Token string `json:"token,omitzero"`
	Sub   string `json:"sub,omitzero"`
}

// Revoked is how many tokens or grants that were.
type Revoked struct {
	Revoked int `json:"revoked"`
}
