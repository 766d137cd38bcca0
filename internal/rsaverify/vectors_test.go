package rsaverify_test

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

// wycheproof is one file of Project Wycheproof.
type wycheproof struct {
	Groups []struct {
		Key struct {
			Modulus  string `json:"modulus"`
			Exponent string `json:"publicExponent"`
		} `json:"publicKey"`
		Hash  string `json:"sha"`
		Tests []struct {
			ID        int    `json:"tcId"`
			Comment   string `json:"comment"`
			Message   string `json:"msg"`
			Signature string `json:"sig"`
			Result    string `json:"result"`
		} `json:"tests"`
	} `json:"testGroups"`
}

var hashes = map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

func TestWycheproof(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "wycheproof_*.json"))
	if err != nil || len(files) != 6 {
		t.Fatalf("got %d files and %v, want 6", len(files), err)
	}
	judged := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var vectors wycheproof
		if err := json.Unmarshal(text, &vectors); err != nil {
			t.Fatal(err)
		}
		for _, g := range vectors.Groups {
			modulus, ok := new(big.Int).SetString(g.Key.Modulus, 16)
			exponent, err := strconv.ParseInt(g.Key.Exponent, 16, 64)
			if !ok || err != nil {
				t.Fatalf("%s: the key cannot be read: %v", file, err)
			}
			public := &rsa.PublicKey{N: modulus, E: int(exponent)}
			key := rsaverify.New(public)
			if key == nil {
				t.Fatalf("%s: a key of %d bits is not prepared", file, modulus.BitLen())
			}
			hash := hashes[g.Hash]
			for _, v := range g.Tests {
				message, signature := unhex(t, v.Message), unhex(t, v.Signature)
				h := hash.New()
				h.Write(message)
				got := key.Verify(hash, h.Sum(nil), signature)
				theirs := rsa.VerifyPKCS1v15(public, hash, h.Sum(nil), signature) == nil
				if got != theirs || v.Result == "valid" && !got || v.Result == "invalid" && got {
					t.Errorf("%s %d (%s), %s: got accepted %t, but crypto/rsa returned %t", file, v.ID, v.Comment, v.Result, got, theirs)
				}
				judged[v.Result]++
			}
		}
	}
	if total := judged["valid"] + judged["invalid"] + judged["acceptable"]; total != 1554 || judged["valid"] < 40 || judged["invalid"] < 1000 {
		t.Errorf("got %v, want 1554 cases", judged)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
