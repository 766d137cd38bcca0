package jwks_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
)

func TestK15SmallOrderEd25519KeyIsSkipped(t *testing.T) {
	orderEight, _ := hex.DecodeString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
	alsoEight, _ := hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
	for name, point := range map[string][]byte{
		"order 1": append([]byte{1}, make([]byte, 31)...), "order 4": make([]byte, 32), "order 8": orderEight, "order 8, another point": alsoEight,
		"order 2": append(append([]byte{0xec}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f),
	} {
		for sign := range 2 {
			x := bytes.Clone(point)
			x[31] |= byte(sign) << 7
			// Anyone can make this signature without a private key: R is the
			// neutral element, and S is zero. A public key of small order
			// verifies the signature for at least one message in eight.
			signature, forged := append([]byte{1}, make([]byte, 63)...), false
			for i := range 200 {
				forged = forged || ed25519.Verify(x, []byte{byte(i)}, signature)
			}
			set, err := jwks.Parse([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + base64.RawURLEncoding.EncodeToString(x) + `"}]}`))
			if !errors.Is(err, jwks.ErrNoKeys) {
				t.Errorf("%s, sign %d, forged %v: got %v, %v, want it skipped", name, sign, forged, set, err)
			}
			if !forged && sign == 0 {
				t.Errorf("%s: no signature could be forged, so this test proves nothing", name)
			}
		}
	}
}
