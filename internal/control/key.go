package control

import (
	"encoding/json"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Keys lists the keys of a server.
type Keys struct {
	Keys []Key `json:"keys"`
}

// Key is a key without its private part.
type Key struct {
	ID        string          `json:"kid"`
	Alg       string          `json:"alg"`
	Signing   bool            `json:"signing"` // whether this key signs new tokens of its algorithm
	Published bool            `json:"published"`
	JWK       json.RawMessage `json:"jwk,omitzero"` // absent for a shared secret
}

// Rotate is a request for a key rotation. Each member changes one property of a
// normal rotation.
type Rotate struct {
	PublishFirst bool `json:"publish_first,omitzero"`
	SignFirst    bool `json:"sign_first,omitzero"`
	DropOld      bool `json:"drop_old,omitzero"`
	ReuseKid     bool `json:"reuse_kid,omitzero"`

	Alg catalogue.Alg `json:"alg,omitzero"` // "" means the algorithm of access tokens
}

// KeyID identifies a key.
type KeyID struct {
	ID string `json:"kid"`
}

// Export is a request to export keys as a key set.
type Export struct {
	ID      string `json:"kid,omitzero"` // "" means all keys; without Private, shared secrets are left out
	Private bool   `json:"private,omitzero"`
}

// Import is a request to add a private JWK and publish its public part. If Sign
// is true, this key replaces the signing key of its algorithm. A shared secret
// is not published, so Sign must be true.
type Import struct {
	Key  json.RawMessage `json:"key"`
	Sign bool            `json:"sign,omitzero"`
}
