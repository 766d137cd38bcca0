package control

import (
	"net/http"

	wire "github.com/bearerguard/bearerguard/internal/control"
)

// ListKeys lists the keys.
func ListKeys() TypedOperation[wire.Keys] { return get[wire.Keys]("/v1/keys") }

// RotateKeys changes the signing key, and returns the new key. With
// how.PublishFirst, the new key signs only after the next rotation.
func RotateKeys(how wire.Rotate) TypedOperation[wire.Key] {
	return post[wire.Key]("/v1/keys/rotate", how)
}

// ImportKey adds a private JWK to the server, which publishes the public part.
func ImportKey(i wire.Import) TypedOperation[wire.Key] { return post[wire.Key]("/v1/keys/import", i) }

// PublishKey adds a key that is not published yet to the key set. The server
// may already sign tokens with this key.
func PublishKey(kid string) TypedOperation[wire.Key] {
	return post[wire.Key]("/v1/keys/publish", wire.KeyID{ID: kid})
}

// RetireKey removes a key from the key set.
func RetireKey(kid string) Operation {
	return Operation{http.MethodPost, "/v1/keys/retire", wire.KeyID{ID: kid}}
}

// ExportKeys exports keys as a JSON Web Key Set.
func ExportKeys(e wire.Export) Operation {
	return Operation{http.MethodPost, "/v1/keys/export", e}
}

// FreezeKeys keeps the published key set unchanged until ThawKeys or Reset.
func FreezeKeys() Operation { return Operation{http.MethodPost, "/v1/keys/freeze", nil} }

// ThawKeys reverses FreezeKeys and publishes the current keys.
func ThawKeys() Operation { return Operation{http.MethodPost, "/v1/keys/thaw", nil} }
