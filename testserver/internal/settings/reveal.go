package settings

import (
	"encoding/json"
	"io"
)

// These types are written as JSON with their secrets. Each type embeds a type
// whose secrets are masked, and declares unmasked fields with the same JSON
// names. Of two fields with the same name, encoding/json writes the one that is
// embedded less deeply, which is the unmasked field.
type (
	openConfig struct {
		Config
		Signing openSigning  `json:"signing,omitzero"`
		Clients []openClient `json:"clients,omitzero"`
		Users   []openUser   `json:"users,omitzero"`
		Seed    string       `json:"seed,omitzero"`
	}
	openSigning struct {
		Signing
		Keys []json.RawMessage `json:"keys,omitzero"`
	}
	openClient struct {
		Client
		Secret string          `json:"secret,omitzero"`
		JWKS   json.RawMessage `json:"jwks,omitzero"`
	}
	openUser struct {
		User
		Password string `json:"password,omitzero"`
	}
)

// WriteSecrets writes c like Write, but does not mask the secrets, so that
// ParseConfig can restore c from the output.
func (c *Config) WriteSecrets(w io.Writer) error {
	open := openConfig{Config: *c, Signing: openSigning{Signing: c.Signing}, Seed: string(c.Seed)}
	for _, k := range c.Signing.Keys {
		open.Signing.Keys = append(open.Signing.Keys, json.RawMessage(k))
	}
	for _, client := range c.Clients {
		open.Clients = append(open.Clients, openClient{client, string(client.Secret), json.RawMessage(client.JWKS)})
	}
	for _, u := range c.Users {
		open.Users = append(open.Users, openUser{u, string(u.Password)})
	}
	return write(w, open)
}
