package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// faults maps each defect to the faults that the verifier must find in a token
// with this defect.
var faults = map[string]string{
	"expired": "exp", "not-yet-valid": "nbf", "issued-in-future": "iat", "wrong-issuer": "iss", "wrong-audience": "aud", "missing-audience": "aud",
	"missing-exp": "exp", "missing-scope": "scope", "exp-as-string": "exp", "exp-overflow": "exp", "aud-not-string": "aud", "exp-fractional": "exp", "missing-sub": "sub",
	"weak-acr": "acr", "stale-auth": "auth_time",
	"wrong-typ": "typ", "id-token-as-access": "kind", "bound-as-bearer": "cnf",
	"bad-signature": "signature", "truncated-signature": "signature", "zero-ecdsa-signature": "signature", "foreign-key-same-kid": "signature",
	"alg-none": "alg", "alg-none-cased": "alg", "hs256-confusion": "alg", "alg-key-mismatch": "alg",
	"unknown-kid": "key", "retired-key": "key", "no-kid": "kid", "crit-header": "crit",
	"embedded-jwk": "jwk key", "jku-header": "jku key", "x5u-header": "x5u key", // two faults: the header member, and a key that is not published
	"duplicate-claim": "claim twice", "duplicate-header": "parameter twice", "not-json": "claims", "four-segments": "segments", "encrypted": "encryption",
	"padded-base64": "spelling", "trailing-bits": "spelling", "nested": "cty claims", "oversized": "length",
	"revoked": "revoked", "inactive-opaque": "revoked", "unknown-opaque": "unknown",
}

// judge is a verifier that lists all faults that it finds.
type judge struct {
	t       *testing.T
	keys    []token.KeyState
	handles *handles
	found   []string
}

func (j *judge) find(wrong bool, what string) {
	if wrong {
		j.found = append(j.found, what)
	}
}

// object parses a JSON object. If a member is repeated, object keeps the first
// value and returns true as twice.
func (j *judge) object(text []byte) (o map[string]json.RawMessage, twice, ok bool) {
	d, o := json.NewDecoder(bytes.NewReader(text)), map[string]json.RawMessage{}
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, false, false
	}
	for d.More() {
		name, _ := d.Token()
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return nil, false, false
		}
		key, _ := name.(string)
		if _, there := o[key]; there {
			twice = true
			continue
		}
		o[key] = raw
	}
	_, err := d.Token()
	return o, twice, err == nil
}

func (j *judge) judge(text string) []string {
	j.t.Helper()
	j.found = nil
	j.find(len(text) > 16<<10, "length")
	j.find(slices.Contains(j.handles.revoked, text), "revoked")
	if !strings.Contains(text, ".") {
		claims, known := j.handles.claims[text]
		if j.find(!known, "unknown"); known {
			j.claims([]byte(claims), false)
		}
		return j.found
	}
	parts := strings.Split(text, ".")
	if len(parts) == 5 { // a JWE, which cannot be decrypted
		return append(j.found, "encryption")
	}
	j.find(len(parts) != 3, "segments")
	var raw [3][]byte
	for i, part := range parts[:3] {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "=")); err != nil {
			j.t.Fatalf("segment %d: %v", i, err)
		}
		j.find(base64.RawURLEncoding.EncodeToString(raw[i]) != part, "spelling")
	}
	header, twice, ok := j.object(raw[0])
	if !ok {
		j.t.Fatalf("got the header %s, want JSON", raw[0])
	}
	j.find(twice, "parameter twice")
	j.header(header, parts[0]+"."+parts[1], raw[2])
	j.claims(raw[1], string(header["typ"]) == `"JWT"`)
	return j.found
}

func (j *judge) header(h map[string]json.RawMessage, input string, sig []byte) {
	for _, name := range []string{"crit", "cty", "jwk", "jku", "x5u"} {
		j.find(h[name] != nil, name)
	}
	j.find(string(h["typ"]) != `"at+jwt"` && string(h["typ"]) != `"JWT"`, "typ")
	j.find(h["kid"] == nil, "kid")
	var kid, alg string
	_, _ = json.Unmarshal(h["kid"], &kid), json.Unmarshal(h["alg"], &alg)
	at := slices.IndexFunc(j.keys, func(k token.KeyState) bool {
		return (k.Published || token.IsShared(k.Alg)) && (k.ID == kid || kid == "" && string(k.Alg) == alg)
	})
	if at < 0 {
		j.find(true, "key")
		return
	}
	key := j.keys[at].Key
	if string(key.Alg) != alg {
		j.find(true, "alg")
		return
	}
	j.find(jwt.GetSigningMethod(alg).Verify(input, sig, verifyingKey(key)) != nil, "signature")
}

func (j *judge) claims(text []byte, isID bool) {
	c, twice, ok := j.object(text)
	if j.find(!ok, "claims"); !ok {
		return
	}
	j.find(twice, "claim twice")
	j.find(string(c["iss"]) != `"`+issuer+`"`, "iss")
	var aud string
	j.find(json.Unmarshal(c["aud"], &aud) != nil || aud != "api", "aud")
	date := func(name string) int64 {
		var seconds int64
		j.find(json.Unmarshal(c[name], &seconds) != nil && name == "exp", name)
		return seconds
	}
	exp := date("exp")
	j.find(exp != 0 && exp <= noon.Unix(), "exp")
	j.find(date("nbf") > noon.Unix(), "nbf")
	j.find(date("iat") > noon.Unix(), "iat")
	j.find(c["sub"] == nil, "sub")
	j.find(c["cnf"] != nil, "cnf")
	j.find(string(c["acr"]) == `"0"`, "acr")
	if at := date("auth_time"); !isID {
		j.find(at != 0 && at < noon.Unix(), "auth_time")
	}
	if isID || c["nonce"] != nil || c["azp"] != nil {
		j.find(true, "kind")
		return // an ID token has no scope
	}
	j.find(string(c["scope"]) != `"a b"`, "scope")
}

func TestEachDefectMakesOneThingWrong(t *testing.T) {
	for _, alg := range []catalogue.Alg{catalogue.ES256, catalogue.ES384, catalogue.RS256, catalogue.EdDSA, catalogue.HS256} {
		m, h := minter(t, alg, token.RandomSource())
		if err := m.Keys.Publish(newKey(t, catalogue.ES256, "old")); err != nil {
			t.Fatal(err)
		}
		if err := m.Keys.Retire("old"); err != nil {
			t.Fatal(err)
		}
		scoped := func(d *token.Draft) { d.Set("scope", "a b") }
		j := &judge{t: t, handles: h}
		tokens := map[string]string{"none": mint(t, m, scoped), "none, opaque": mint(t, m, scoped, func(d *token.Draft) { d.Opaque = true })}
		for _, defect := range token.Catalogue() {
			tokens[string(defect.Name)] = mint(t, m, scoped, func(d *token.Draft) { d.Defect = &defect })
		}
		j.keys = m.Keys.All()
		for name, text := range tokens {
			want := faults[name] // "" for valid tokens
			if got := strings.Join(j.judge(text), " "); got != want {
				t.Errorf("%s under %s: got %q wrong, want %q", name, alg, got, want)
			}
		}
	}
}

func TestEveryDefectIsInTheCatalogueOnce(t *testing.T) {
	var names []string
	for _, d := range token.Catalogue() {
		names = append(names, string(d.Name))
		if found, ok := token.FindDefect(d.Name); !ok || found.Wrong != d.Wrong {
			t.Errorf("%s: got %v, %v, want it found", d.Name, found.Wrong, ok)
		}
	}
	if got := token.DefectNames(); got != strings.Join(names, ", ") {
		t.Errorf("got %s, want %s", got, names)
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(faults)); !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if _, ok := token.FindDefect("none"); ok {
		t.Error("got an unknown defect")
	}
}

func TestOnlySomeDefectsFitBehindAHandle(t *testing.T) {
	m, h := minter(t, catalogue.ES256, token.RandomSource())
	for name, want := range map[catalogue.Defect]bool{"expired": true, "missing-scope": true, "bad-signature": false, "wrong-issuer": false, "trailing-bits": false} {
		defect, _ := token.FindDefect(name)
		text := mint(t, m, func(d *token.Draft) { d.Opaque, d.Defect = true, &defect })
		if _, got := h.claims[text]; got != want {
			t.Errorf("%s: got a handle %v, want %v", name, got, want)
		}
	}
}

func TestARetiredKeyTakesOneThatWasRetired(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	defect, _ := token.FindDefect("retired-key")
	with := func(d *token.Draft) { d.Defect = &defect }
	if _, err := m.Mint(with); !strings.Contains(errorText(err), "no key was removed from the JWKS yet") {
		t.Errorf("got %v before any retirement, want it said", err)
	}
	old, _ := m.Keys.Signing("")
	if _, err := m.Keys.Rotate(token.Rotation{DropOld: true}); err != nil {
		t.Fatal(err)
	}
	mint(t, m, with)
	if err := m.Keys.Publish(old); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Mint(with); err == nil {
		t.Error("got no error after the key was published again")
	}
}
