package jws_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// verify checks the segments and the header of a compact JWS, applies the key
// policy, selects the key and verifies the signature. The verifier of package
// middleware cannot do this, because it refuses Wycheproof's payloads, which
// are not claims.
func verify(set []byte, compact string) error {
	keys, err := jwks.Parse(set)
	if err != nil {
		return err
	}
	return verifyWith(keys, compact)
}

func verifyWith(keys *jwks.Set, compact string) error {
	message, err := jws.Parse(compact)
	if err != nil {
		return err
	}
	key, err := keys.Key(context.Background(), message.Header.KeyID, message.Header.Algorithm)
	if err != nil {
		return err
	}
	return message.Verify(key)
}

const (
	signatures  = "wycheproof_json_web_signature_test.json"
	keyFile     = "wycheproof_json_web_key_test.json"
	cryptoFile  = "wycheproof_json_web_crypto_test.json"
	encryptions = "wycheproof_json_web_encryption_test.json"
)

// counts contains the number of test cases of each kind in each file. The cases
// were counted by hand, so the test fails if a case is skipped.
var counts = []struct {
	file           string
	total          int
	valid, invalid int // cases with asymmetric keys
	symmetric      int
	encrypted      int
	secretAccepted int // symmetric cases accepted with a local secret, including misprints
	secretTotal    int // symmetric cases that run with a local secret
}{
	{signatures, 401, 36, 325, 40, 0, 10, 40},
	{keyFile, 26, 1, 10, 15, 0, 3, 9},
	{cryptoFile, 83, 2, 27, 20, 34, 1, 17},
	{encryptions, 139, 0, 0, 0, 139, 0, 0},
}

// tally counts the results of one verifier. Symmetric and encrypted cases are
// treated as invalid, because a verifier with published keys must refuse them.
type tally struct {
	accepted, refused           int
	wrongAccepted, wrongRefused []int // tcIds
}

func (c *tally) add(id int, valid, accepted bool) {
	switch {
	case valid && accepted:
		c.accepted++
	case valid:
		c.wrongRefused = append(c.wrongRefused, id)
	case accepted:
		c.wrongAccepted = append(c.wrongAccepted, id)
	default:
		c.refused++
	}
}

func (c tally) String() string {
	return fmt.Sprintf("%d\t%d\t%d %v\t%d %v", c.accepted, c.refused, len(c.wrongAccepted), c.wrongAccepted, len(c.wrongRefused), c.wrongRefused)
}

func TestWycheproofWithPublishedKeys(t *testing.T) {
	var report strings.Builder
	table := tabwriter.NewWriter(&report, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "file\tcases\tverifier\taccepted valid\trefused invalid\twrongly accepted\twrongly refused")
	excepted := 0
	for _, want := range counts {
		var file wycheproof
		readVectors(t, want.file, &file)
		var ours, theirs tally
		valid, invalid, symmetric, encrypted := 0, 0, 0, 0
		for _, g := range file.Groups {
			set := setOf(t, g.keys()...)
			for _, v := range g.Tests {
				acceptable := false
				switch {
				case v.JWE != "":
					encrypted++
				case !g.asymmetric():
					symmetric++
				case v.valid(t):
					valid++
					acceptable = true
				default:
					invalid++
				}
				err := verify(set, v.text())
				ours.add(v.ID, acceptable, err == nil)
				theirs.add(v.ID, acceptable, verifyWithGolangJWT(set, v.text()) == nil)

				e, listed := exceptionFor(want.file, v.ID)
				switch {
				case acceptable && listed:
					excepted++
					if !errors.Is(err, e.want) {
						t.Errorf("%s tc%d (%s): got %v, want %v because %s", want.file, v.ID, v.Comment, err, e.want, e.reason)
					}
					repaired, text := e.repair(g.keys()[0], v.text())
					if err := verify(setOf(t, repaired), text); err != nil {
						t.Errorf("%s tc%d (%s): refused for a reason other than %s: %v", want.file, v.ID, v.Comment, e.reason, err)
					}
				case acceptable && err != nil:
					t.Errorf("%s tc%d (%s, %s): valid but refused: %v", want.file, v.ID, g.Comment, v.Comment, err)
				case !acceptable && err == nil:
					t.Errorf("%s tc%d (%s, %s): accepted", want.file, v.ID, g.Comment, v.Comment)
				}
			}
		}
		if total := valid + invalid + symmetric + encrypted; total != want.total || file.Total != want.total {
			t.Errorf("%s: ran %d cases of %d, want %d", want.file, total, file.Total, want.total)
		}
		if got, want := [4]int{valid, invalid, symmetric, encrypted}, [4]int{want.valid, want.invalid, want.symmetric, want.encrypted}; got != want {
			t.Errorf("valid, invalid, symmetric, encrypted cases: got %v, want %v", got, want)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(want.file, "wycheproof_"), "_test.json")
		fmt.Fprintf(table, "%s\t%d\tours\t%v\n", name, want.total, ours)
		fmt.Fprintf(table, "\t\tgolang-jwt and keyfunc\t%v\n", theirs)
	}
	if excepted != 4 {
		t.Errorf("got %d exceptions with asymmetric keys, want 4", excepted)
	}
	_ = table.Flush()
	t.Log("Wycheproof with published keys; the cases that this module wrongly refuses are listed in exceptions_test.go\n" + report.String())
}

func TestWycheproofWithLocalSecrets(t *testing.T) {
	excepted := 0
	for _, want := range counts {
		var file wycheproof
		readVectors(t, want.file, &file)
		accepted, ran := 0, 0
		for _, g := range file.Groups {
			if g.Tests[0].JWE != "" {
				continue
			}
			secret := g.secret(t)
			if secret == nil {
				continue
			}
			for _, v := range g.Tests {
				ran++
				err := verifyWith(secret, v.text())
				if err == nil {
					accepted++
				}
				e, listed := exceptionFor(want.file, v.ID)
				switch {
				case listed:
					excepted++
					if !errors.Is(err, e.want) {
						t.Errorf("%s tc%d (%s): got %v, want %v because %s", want.file, v.ID, v.Comment, err, e.want, e.reason)
					}
					if _, text := e.repair(nil, v.text()); verifyWith(secret, text) != nil {
						t.Errorf("%s tc%d (%s): refused for a reason other than %s", want.file, v.ID, v.Comment, e.reason)
					}
				case v.valid(t) && err != nil:
					t.Errorf("%s tc%d (%s): valid but refused: %v", want.file, v.ID, v.Comment, err)
				case !v.valid(t) && err == nil:
					misprinted := slices.ContainsFunc(misprints, func(m misprint) bool {
						return m.file == want.file && m.id == v.ID && slices.ContainsFunc(g.Tests, func(twin vector) bool {
							return twin.ID == m.twin && twin.valid(t) && twin.text() == v.text()
						})
					})
					if !misprinted {
						t.Errorf("%s tc%d (%s): invalid but accepted", want.file, v.ID, v.Comment)
					}
				}
			}
		}
		if accepted != want.secretAccepted || ran != want.secretTotal {
			t.Errorf("%s: accepted %d of %d, want %d of %d", want.file, accepted, ran, want.secretAccepted, want.secretTotal)
		}
	}
	if excepted != 2 {
		t.Errorf("got %d exceptions with secrets, want 2", excepted)
	}
}

func TestAnEncryptedTokenIsRefusedByItsShape(t *testing.T) {
	var file wycheproof
	readVectors(t, encryptions, &file)
	ran := 0
	for _, g := range file.Groups {
		for _, v := range g.Tests {
			ran++
			if _, err := jws.Parse(v.text()); !errors.Is(err, jws.ErrShape) {
				t.Errorf("tc%d: got %v, want %v", v.ID, err, jws.ErrShape)
			}
		}
	}
	if ran != 139 {
		t.Errorf("got %d cases, want 139", ran)
	}
}

func TestExamplesOfTheRFCs(t *testing.T) {
	var file struct {
		Vectors []struct {
			Appendix string
			JWS      string
			JWK      map[string]any
		}
	}
	readVectors(t, "rfc7515.json", &file)
	want := map[string]struct {
		header  string
		payload string // the beginning of the payload
		err     error  // error of verify with the public key, or of jws.Parse without a key
	}{
		"A.1": {"HS256", `{"iss":"joe"`, jwks.ErrNoKeys},
		"A.2": {"RS256", `{"iss":"joe"`, nil},
		"A.3": {"ES256", `{"iss":"joe"`, nil},
		"A.4 (ES512, payload \"Payload\" — JWS only, not a JWT)": {"ES512", "Payload", nil},
		"A.5 unsecured (alg none) — MUST REJECT":                 {"", "", jws.ErrShape},
		"RFC 8037 A.4 EdDSA (payload not JSON)":                  {"EdDSA", "Example of Ed25519 signing", nil},
	}
	if len(file.Vectors) != len(want) {
		t.Fatalf("got %d examples, want %d", len(file.Vectors), len(want))
	}
	for _, v := range file.Vectors {
		t.Run(v.Appendix, func(t *testing.T) {
			want, ok := want[v.Appendix]
			if !ok {
				t.Fatal("the test has no expected result for this example: add one to want")
			}
			if v.JWK == nil {
				if _, err := jws.Parse(v.JWS); !errors.Is(err, want.err) {
					t.Errorf("got %v, want %v", err, want.err)
				}
				return
			}
			if err := verify(setOf(t, public(v.JWK)), v.JWS); !errors.Is(err, want.err) {
				t.Errorf("with the public key: got %v, want %v", err, want.err)
			}
			if v.JWK["d"] != nil {
				if err := verify(setOf(t, v.JWK), v.JWS); !errors.Is(err, jwks.ErrNoKeys) {
					t.Errorf("with the private key published: got %v, want %v", err, jwks.ErrNoKeys)
				}
			}
			if v.JWK["kty"] == "oct" {
				k, err := base64.RawURLEncoding.DecodeString(v.JWK["k"].(string))
				if err != nil {
					t.Fatal(err)
				}
				if err := verifyWith(jwks.Secret("", k), v.JWS); err != nil {
					t.Errorf("with a local secret: got %v, want nil", err)
				}
			}
			message, err := jws.Parse(v.JWS)
			if err != nil {
				t.Fatal(err)
			}
			if message.Header.Algorithm != want.header || !strings.HasPrefix(string(message.Payload), want.payload) {
				t.Errorf("got alg %q and payload %q, want %q and %q", message.Header.Algorithm, message.Payload, want.header, want.payload)
			}
		})
	}
}
