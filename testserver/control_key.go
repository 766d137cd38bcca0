package testserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func (c *controller) keys() []control.Key {
	list := []control.Key{}
	for _, k := range c.oauth.Keys.All() {
		key := control.Key{ID: k.ID, Alg: string(k.Alg), Signing: k.Signing, Published: k.Published}
		key.JWK, _ = k.JWK(false) // a shared secret has no public JWK
		list = append(list, key)
	}
	return list
}

func (c *controller) listKeys(*http.Request) (any, error) { return control.Keys{Keys: c.keys()}, nil }

// key returns the entry for kid in the list of keys. If the list has no such
// key, the returned entry has only the kid.
func (c *controller) key(kid string) (any, error) {
	list := c.keys()
	i := slices.IndexFunc(list, func(k control.Key) bool { return k.ID == kid })
	if i < 0 {
		return control.Key{ID: kid}, nil // keys omits a secret that does not sign yet
	}
	return list[i], nil
}

func (c *controller) rotateKeys(r *http.Request) (any, error) {
	var how control.Rotate
	if err := read(r, &how); err != nil {
		return nil, err
	}
	k, err := c.oauth.Keys.Rotate(token.Rotation(how))
	if err != nil {
		return nil, err
	}
	return c.key(k.ID)
}

func (c *controller) importKey(r *http.Request) (any, error) {
	var input control.Import
	if err := read(r, &input); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(input.Key), []byte("{")) {
		return nil, errors.New("key: want a private JWK")
	}
	k, err := token.ReadKey(input.Key, "")
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if token.IsShared(k.Alg) && !input.Sign {
		return nil, errors.New("key: a shared secret cannot be published: set sign")
	}
	if !token.IsShared(k.Alg) {
		if err := c.oauth.Keys.Publish(k); err != nil {
			return nil, err
		}
	}
	if input.Sign {
		if err := c.oauth.Keys.Use(k); err != nil {
			return nil, err
		}
	}
	return c.key(k.ID)
}

func (c *controller) publishKey(r *http.Request) (any, error) {
	var input control.KeyID
	if err := read(r, &input); err != nil {
		return nil, err
	}
	for _, k := range c.oauth.Keys.All() {
		if k.ID == input.ID && !k.Published {
			if err := c.oauth.Keys.Publish(k.Key); err != nil {
				return nil, err
			}
			return c.key(k.ID)
		}
	}
	return nil, notFound("no unpublished key has this kid")
}

func (c *controller) retireKey(r *http.Request) (any, error) {
	var input control.KeyID
	if err := read(r, &input); err != nil {
		return nil, err
	}
	if err := c.oauth.Keys.Retire(input.ID); err != nil {
		return nil, notFound(err.Error())
	}
	return done{}, nil
}

func (c *controller) freezeKeys(r *http.Request) (any, error) {
	if err := read(r, &done{}); err != nil {
		return nil, err
	}
	c.oauth.Keys.Freeze()
	return done{}, nil
}

func (c *controller) thawKeys(r *http.Request) (any, error) {
	if err := read(r, &done{}); err != nil {
		return nil, err
	}
	c.oauth.Keys.Thaw()
	return done{}, nil
}

func (c *controller) exportKeys(r *http.Request) (any, error) {
	var input control.Export
	if err := read(r, &input); err != nil {
		return nil, err
	}
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{Keys: []json.RawMessage{}}
	for _, k := range c.oauth.Keys.All() {
		if input.ID != "" && input.ID != k.ID || token.IsShared(k.Alg) && !input.Private {
			continue
		}
		jwk, err := k.JWK(input.Private)
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, jwk)
	}
	if input.ID != "" && len(set.Keys) == 0 {
		return nil, notFound("no key to export has this kid")
	}
	return set, nil
}
