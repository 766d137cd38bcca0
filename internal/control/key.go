package control

import (
	"encoding/json"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Keys are the keys of a server.
type Keys struct {
	Keys []Key `json:"keys"`
}

// Key is a key without its private part.
type Key struct {
	ID        string          `json:"kid"`
	Alg       string          `json:"alg"`
	Signing   bool            `json:"signing"` // for its algorithm
	Published bool            `json:"published"`
	JWK       json.RawMessage `json:"jwk,omitzero"` // absent for a shared secret
}

// Rotate says how a rotation differs from an orderly one.
type Rotate struct {
	PublishFirst bool `json:"publish_first,omitzero"`
	SignFirst    bool `json:"sign_first,omitzero"`
	DropOld      bool `json:"drop_old,omitzero"`
	ReuseKid     bool `json:"reuse_kid,omitzero"`

	Alg catalogue.Alg `json:"alg,omitzero"` // the server's, if empty
}

// KeyID names a key.
type KeyID struct {
	ID string `json:"kid"`
}

// Export asks for keys as a key set.
type Export struct {
	ID      string `json:"kid,omitzero"` // all, if empty
	Private bool   `json:"private,omitzero"`
}

// Import is a private JWK to publish, and to sign with instead of the key for its
// algorithm.
type Import struct {
	Key  json.RawMessage `json:"key"`
	Sign bool            `json:"sign,omitzero"`
}
