package rsaverify_test

import (
	"crypto/fips140"
	"crypto/rsa"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

// Keys outside the tested range are not supported.
func TestUnsupportedKeysAreNotPrepared(t *testing.T) {
	good := newRandom(3).pair(t, 2048, 65537).public
	with := func(n *big.Int, e int) *rsa.PublicKey { return &rsa.PublicKey{N: n, E: e} }
	one := big.NewInt(1)
	for name, public := range map[string]*rsa.PublicKey{
		"no modulus":             with(nil, 3),
		"2047 bits":              with(new(big.Int).Sub(new(big.Int).Lsh(one, 2047), one), 3),
		"8193 bits":              with(new(big.Int).Add(new(big.Int).Lsh(one, 8192), one), 3),
		"an even modulus":        with(new(big.Int).Sub(good.N, one), 3),
		"a negative modulus":     with(new(big.Int).Neg(good.N), 3),
		"exponent 1":             with(good.N, 1),
		"exponent 2":             with(good.N, 2),
		"an even exponent":       with(good.N, 65536),
		"a negative exponent":    with(good.N, -3),
		"an exponent of 32 bits": with(good.N, 1<<31+1),
	} {
		if rsaverify.New(public) != nil {
			t.Errorf("%s: the key was prepared", name)
		}
	}
}

func TestFIPSModePreparesNoKeys(t *testing.T) {
	const child = "BEARERGUARD_TEST_FIPS"
	if os.Getenv(child) != "" {
		odd := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(1))
		if !fips140.Enabled() || rsaverify.New(&rsa.PublicKey{N: odd, E: 65537}) != nil {
			t.Errorf("FIPS mode %t: the key was prepared", fips140.Enabled())
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFIPSModePreparesNoKeys$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=fips140=on")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("the test failed in FIPS mode: %v:\n%s", err, out)
	}
}
