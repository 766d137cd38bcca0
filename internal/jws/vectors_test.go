package jws_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// wycheproof is one file of Project Wycheproof.
type wycheproof struct {
	Total  int     `json:"numberOfTests"`
	Groups []group `json:"testGroups"`
}

type group struct {
	Comment string
	Public  map[string]any
	Private map[string]any
	Tests   []vector
}

type vector struct {
	ID      int `json:"tcId"`
	Comment string
	JWS     serialized
	JWE     serialized
	Result  string
}

func (v vector) text() string { return string(v.JWS + v.JWE) }

// serialized is a compact serialization, or the text of a JSON one.
type serialized string

func (s *serialized) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		*s = serialized(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(s))
}

func (v vector) valid(t *testing.T) bool {
	t.Helper()
	if v.Result != "valid" && v.Result != "invalid" {
		t.Fatalf("tc%d: result %q is neither valid nor invalid", v.ID, v.Result)
	}
	return v.Result == "valid"
}

// keys returns what an issuer of the group's keys would publish: the public
// ones, or else the private ones without their private members. Those of
// symmetric keys have nothing but a private member, and keep it.
func (g group) keys() []map[string]any {
	source := g.Public
	if source == nil {
		source = g.Private
	}
	list := []any{source}
	if set, ok := source["keys"].([]any); ok {
		list = set
	}
	var published []map[string]any
	for _, element := range list {
		published = append(published, public(element.(map[string]any)))
	}
	return published
}

// public returns a JWK without its private members.
func public(jwk map[string]any) map[string]any {
	jwk = maps.Clone(jwk)
	for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "oth"} {
		delete(jwk, secret)
	}
	return jwk
}

// asymmetric reports whether every key of the group has a public part.
func (g group) asymmetric() bool {
	return !slices.ContainsFunc(g.keys(), func(jwk map[string]any) bool { return jwk["kty"] == "oct" })
}

// secret returns the group's only key as a shared secret of this module, or
// nil if the group is about something else.
func (g group) secret(t *testing.T) *jwks.Set {
	t.Helper()
	keys := g.keys()
	alg, _ := keys[0]["alg"].(string)
	if len(keys) != 1 || keys[0]["kty"] != "oct" || !strings.HasPrefix(alg, "HS") {
		return nil
	}
	k, err := base64.RawURLEncoding.DecodeString(keys[0]["k"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return jwks.Secret(keys[0]["kid"].(string), k)
}

func setOf(t *testing.T, keys ...map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readVectors(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// verify runs a compact JWS through this module as far as the signature: the
// segments and the header, the key policy, the choice of the key, the
// signature. Wycheproof's payloads are not claims, so the verifier of package
// middleware cannot run.
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
	key, err := keys.Key(message.Header.KeyID, message.Header.Algorithm)
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

// The cases of each file by kind, counted by hand from the files, so that none
// is left out unseen.
var counts = []struct {
	file             string
	total            int
	valid, invalid   int // with asymmetric keys
	symmetric        int
	encrypted        int
	secretly, locals int // symmetric ones that a local secret can be tried on: to accept with misprints, all
}{
	{signatures, 401, 36, 325, 40, 0, 10, 40},
	{keyFile, 26, 1, 10, 15, 0, 3, 9},
	{cryptoFile, 83, 2, 27, 20, 34, 1, 17},
	{encryptions, 139, 0, 0, 0, 139, 0, 0},
}

// exception is a case that Wycheproof calls valid and this module refuses.
type exception struct {
	file   string
	id     int
	reason string
	want   error

	// mend undoes the reason. The case must be accepted then: nothing else may
	// be wrong with it.
	mend func(key map[string]any, compact string) (mended map[string]any, text string)
}

func withoutAlg(key map[string]any, compact string) (mended map[string]any, text string) {
	mended = maps.Clone(key)
	delete(mended, "alg")
	return mended, compact
}

func withoutQuestionMark(key map[string]any, compact string) (mended map[string]any, text string) {
	return key, strings.Replace(compact, "?", "", 1)
}

var exceptions = []exception{
	{signatures, 346, "the key is for PS256 by its alg, the header says PS384 (RFC 7517 §4.4)", jwks.ErrUnfitKey, withoutAlg},
	{signatures, 347, "the key's alg is ES521, which no RFC defines, so the key is left out of the set", jwks.ErrNoKeys, withoutAlg},
	{signatures, 350, "as 346: a PS256 key under PS384", jwks.ErrUnfitKey, withoutAlg},
	{signatures, 351, "as 347: a key for ES521", jwks.ErrNoKeys, withoutAlg},
	{signatures, 372, "a question mark stands inside the base64url of the header (RFC 7515 §2)", jws.ErrShape, withoutQuestionMark},
	{signatures, 373, "a question mark stands inside the base64url of the payload (RFC 7515 §2)", jws.ErrShape, withoutQuestionMark},
}

// misprint is a case that Wycheproof calls invalid although its text is that
// of a valid one: the padding it is about is not in the file. It is accepted,
// since nothing is wrong with it.
type misprint struct {
	file     string
	id, twin int
}

var misprints = []misprint{
	{signatures, 367, 357},
	{signatures, 370, 357},
}

func exceptionFor(file string, id int) (exception, bool) {
	at := slices.IndexFunc(exceptions, func(e exception) bool { return e.file == file && e.id == id })
	if at < 0 {
		return exception{}, false
	}
	return exceptions[at], true
}

// tally counts verdicts on asymmetric cases, and on all others as cases to
// refuse: with published keys there is no right way to accept them.
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
				theirs.add(v.ID, acceptable, verifyAlone(set, v.text()) == nil)

				e, known := exceptionFor(want.file, v.ID)
				switch {
				case acceptable && known:
					excepted++
					if !errors.Is(err, e.want) {
						t.Errorf("%s tc%d (%s): got %v, want %v because %s", want.file, v.ID, v.Comment, err, e.want, e.reason)
					}
					mended, text := e.mend(g.keys()[0], v.text())
					if err := verify(setOf(t, mended), text); err != nil {
						t.Errorf("%s tc%d (%s): refused for another reason than %s: %v", want.file, v.ID, v.Comment, e.reason, err)
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
		fmt.Fprintf(table, "\t\tgolang-jwt and keyfunc alone\t%v\n", theirs)
	}
	if excepted != 4 {
		t.Errorf("got %d exceptions with asymmetric keys, want 4", excepted)
	}
	_ = table.Flush()
	t.Log("Wycheproof with published keys; those of ours that are wrongly refused are the exceptions above\n" + report.String())
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
				e, known := exceptionFor(want.file, v.ID)
				switch {
				case known:
					excepted++
					if !errors.Is(err, e.want) {
						t.Errorf("%s tc%d (%s): got %v, want %v because %s", want.file, v.ID, v.Comment, err, e.want, e.reason)
					}
					if _, text := e.mend(nil, v.text()); verifyWith(secret, text) != nil {
						t.Errorf("%s tc%d (%s): refused for another reason than %s", want.file, v.ID, v.Comment, e.reason)
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
		if accepted != want.secretly || ran != want.locals {
			t.Errorf("%s: accepted %d of %d, want %d of %d", want.file, accepted, ran, want.secretly, want.locals)
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
		payload string // its beginning
		err     error  // with the key as it would be published
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
				t.Fatal("no expectation for this example")
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
