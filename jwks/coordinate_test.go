package jwks_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
)

// Some servers omit the leading zeros of a coordinate. On P-256, one coordinate
// in 256 has a leading zero byte; on P-521, every second one does. Other
// servers add a leading zero, as in a signed integer. Both forms must be
// accepted, because the coordinate is the same number.
func TestCoordinateLengths(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		for _, name := range []string{"x", "y"} {
			t.Run("P10/"+curve.Params().Name+" "+name, func(t *testing.T) {
				key, k := keyWithLeadingZero(t, curve, name)
				full := unb64(k[name].(string))
				for what, spelling := range map[string][]byte{
					"its full length": full, "no leading zeros": bytes.TrimLeft(full, "\x00"), "an extra leading zero": append([]byte{0}, full...),
					"many extra leading zeros": append(make([]byte, 40), full...),
				} {
					found, err := mustParse(t, set(k.with(name, b64(spelling)))).Key(t.Context(), "zero", "ES"+map[int]string{256: "256", 384: "384", 521: "512"}[curve.Params().BitSize])
					if err != nil || !key.PublicKey.Equal(found) {
						t.Errorf("with %s: got %v and %v, want the key", what, found, err)
					}
				}
			})
			t.Run("N12/"+curve.Params().Name+" "+name, func(t *testing.T) {
				_, k := keyWithLeadingZero(t, curve, name)
				full := unb64(k[name].(string))
				for what, spelling := range map[string][]byte{
					"a leading one": append([]byte{1}, full...), "its last byte missing": full[:len(full)-1], "an extra byte at its end": append(bytes.Clone(full), 0),
					"only a zero": {0}, "no bytes": {},
				} {
					if _, err := jwks.Parse([]byte(set(k.with(name, b64(spelling))))); !errors.Is(err, jwks.ErrNoKeys) {
						t.Errorf("with %s: got %v, want ErrNoKeys", what, err)
					}
				}
			})
		}
	}
}

// keyWithLeadingZero makes a key with a leading zero byte in a coordinate.
func keyWithLeadingZero(t *testing.T, curve elliptic.Curve, name string) (*ecdsa.PrivateKey, jwk) {
	t.Helper()
	for range 20_000 {
		key := newEC(curve)
		if k := ecJWK("zero", &key.PublicKey); unb64(k[name].(string))[0] == 0 {
			return key, k
		}
	}
	t.Fatal("20 000 generated keys have no leading zero byte in this coordinate")
	return nil, nil
}
