package token_test

import (
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// proofFaults maps each defect to the faults that proofJudge must find in DPoP
// header fields with this defect.
var proofFaults = map[catalogue.Defect]string{
	"dpop-missing": "none", "dpop-two-fields": "two fields", "dpop-comma-joined": "segments",
	"dpop-wrong-typ": "typ", "dpop-alg-none": "alg", "dpop-hs256": "alg", "dpop-no-jwk": "jwk", "dpop-private-jwk": "private",
	"dpop-oct-jwk": "symmetric", "dpop-jwk-off-curve": "jwk", "dpop-rsa-1024": "bits", "dpop-other-key": "jkt", "dpop-bad-signature": "signature",
	"dpop-crit": "crit", "dpop-duplicate-header": "parameter twice", "dpop-duplicate-claim": "claim twice",
	"dpop-htm-missing": "htm", "dpop-htm-other": "htm", "dpop-htm-other-case": "htm",
	"dpop-htu-missing": "htu", "dpop-htu-host": "htu host", "dpop-htu-scheme": "htu scheme", "dpop-htu-port": "htu port", "dpop-htu-path": "htu path",
	"dpop-htu-path-case": "htu path", "dpop-htu-trailing-slash": "htu path", "dpop-htu-encoded-slash": "htu path", "dpop-htu-user-info": "htu user",
	"dpop-htu-relative": "htu scheme host",
	"dpop-iat-missing":  "iat", "dpop-iat-as-string": "iat", "dpop-iat-old": "iat", "dpop-iat-future": "iat", "dpop-expired": "exp", "dpop-not-yet-valid": "nbf",
	"dpop-ath-missing": "ath", "dpop-ath-half": "ath", "dpop-ath-other-token": "ath", "dpop-ath-padded": "ath",
	"dpop-jti-missing": "jti", "dpop-jti-empty": "jti", "dpop-jti-number": "jti", "dpop-jti-long": "jti", "dpop-replayed": "replay",
	"dpop-nonce-missing": "nonce", "dpop-nonce-foreign": "nonce",
}

const proofNonce = "the nonce of the API"

// proofJudge is a verifier of proofs that lists all faults that it finds.
type proofJudge struct {
	judge

	method, url, token, jkt string
	seen                    map[string]bool
}

func (j *proofJudge) fields(fields []string) string {
	j.found = nil
	j.find(len(fields) == 0, "none")
	j.find(len(fields) > 1, "two fields")
	for _, proof := range fields {
		j.proof(proof)
	}
	return strings.Join(j.found, " ")
}

func (j *proofJudge) proof(proof string) {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		j.find(true, "segments")
		return
	}
	var raw [3][]byte
	for i, part := range parts {
		raw[i], _ = base64.RawURLEncoding.DecodeString(part)
	}
	header, twice, ok := j.object(raw[0])
	j.find(!ok, "header")
	j.find(twice, "parameter twice")
	j.find(string(header["typ"]) != `"dpop+jwt"`, "typ")
	j.find(header["crit"] != nil, "crit")
	j.find(header["kid"] != nil, "kid")
	j.key(header, proof)

	c, twice, ok := j.object(raw[1])
	j.find(!ok, "claims")
	j.find(twice, "claim twice")
	text := func(name string) string {
		var s string
		_ = json.Unmarshal(c[name], &s)
		return s
	}
	j.find(text("htm") != j.method, "htm")
	j.target(text("htu"))
	var seconds float64
	j.find(json.Unmarshal(c["iat"], &seconds) != nil || seconds < float64(noon.Unix()-60) || seconds > float64(noon.Unix()+60), "iat")
	j.find(c["exp"] != nil && json.Unmarshal(c["exp"], &seconds) == nil && seconds < float64(noon.Unix()), "exp")
	j.find(c["nbf"] != nil && json.Unmarshal(c["nbf"], &seconds) == nil && seconds > float64(noon.Unix()), "nbf")
	sum := sha256.Sum256([]byte(j.token))
	j.find(text("ath") != base64.RawURLEncoding.EncodeToString(sum[:]), "ath")
	j.find(text("jti") == "" || len(text("jti")) > 256, "jti")
	j.find(text("jti") != "" && j.seen[text("jti")], "replay")
	j.seen[text("jti")] = true
	j.find(text("nonce") != proofNonce, "nonce")
}

// key checks jwk, the binding of the token to jwk, and the signature.
func (j *proofJudge) key(header map[string]json.RawMessage, proof string) {
	var raw map[string]string
	_ = json.Unmarshal(header["jwk"], &raw)
	var alg string
	_ = json.Unmarshal(header["alg"], &alg)
	if raw["kty"] == "oct" {
		j.find(true, "symmetric")
		j.find(j.jkt != thumbprint(raw, "k", "kty"), "jkt")
		return
	}
	var jwk jose.JSONWebKey
	if json.Unmarshal(header["jwk"], &jwk) != nil || !jwk.Valid() {
		j.find(true, "jwk")
		j.find(raw != nil && j.jkt != thumbprint(raw, "crv", "kty", "x", "y"), "jkt")
		return
	}
	j.find(!jwk.IsPublic(), "private")
	jwk = jwk.Public()
	sum, _ := jwk.Thumbprint(crypto.SHA256)
	j.find(base64.RawURLEncoding.EncodeToString(sum) != j.jkt, "jkt")
	if alg == "none" || strings.HasPrefix(alg, "HS") {
		j.find(true, "alg")
		return
	}
	if public, ok := jwk.Key.(*rsa.PublicKey); ok && public.N.BitLen() < 2048 {
		j.find(true, "bits")
		return
	}
	input, sig := proof[:strings.LastIndexByte(proof, '.')], proof[strings.LastIndexByte(proof, '.')+1:]
	raw64, _ := base64.RawURLEncoding.DecodeString(sig)
	j.find(jwt.GetSigningMethod(alg).Verify(input, raw64, jwk.Key) != nil, "signature")
}

func thumbprint(members map[string]string, names ...string) string {
	var b strings.Builder
	for i, name := range names {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0] + `"` + name + `":"` + members[name] + `"`)
	}
	sum := sha256.Sum256([]byte(b.String() + "}"))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (j *proofJudge) target(htu string) {
	if htu == j.url {
		return
	}
	j.find(true, "htu")
	got, err := url.Parse(htu)
	want, _ := url.Parse(j.url)
	if err != nil {
		j.t.Fatal(err)
	}
	if htu == "" {
		return
	}
	j.find(got.Scheme != want.Scheme, "scheme")
	j.find(got.User != nil, "user")
	j.find(got.Hostname() != want.Hostname(), "host")
	j.find(got.Port() != want.Port() && got.Host != "", "port")
	j.find(cmp.Or(got.EscapedPath(), "/") != cmp.Or(want.EscapedPath(), "/"), "path")
}

func proofFields(t *testing.T, p token.Proof, edits ...token.Edit) []string {
	t.Helper()
	fields, err := p.Fields(func(d *token.Draft) {
		for _, edit := range edits {
			edit(d)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

func withProofDefect(t *testing.T, name catalogue.Defect) token.Edit {
	t.Helper()
	defect, ok := token.FindDefect(name)
	if !ok {
		t.Fatalf("got no defect %s", name)
	}
	return func(d *token.Draft) { d.Defect = &defect }
}

func TestEachProofDefectMakesOneThingWrong(t *testing.T) {
	withNonce := func(d *token.Draft) { d.Set("nonce", proofNonce) }
	for _, alg := range []catalogue.Alg{catalogue.ES256, catalogue.ES384, catalogue.ES512, catalogue.RS256, catalogue.PS256, catalogue.EdDSA} {
		key := newKey(t, alg, "")
		m, _ := minter(t, catalogue.ES256, token.RandomSource())
		bind := func(d *token.Draft) { d.BindTo(key) }
		targets, methods := []string{"https://api.example.com/v1/orders"}, []string{"GET"}
		if alg == catalogue.ES256 {
			targets = append(targets, "http://127.0.0.1:8080/orders", "https://api.example.com", "https://api.example.com/a/", "https://[::1]/7")
			methods = append(methods, "POST", "delete")
		}
		for _, target := range targets {
			for _, method := range methods {
				j := &proofJudge{judge: judge{t: t}, method: method, url: target, seen: map[string]bool{}}
				try := func(bindEdits, proofEdits []token.Edit) string {
					j.token = mint(t, m, append(bindEdits, bind)...)
					j.jkt = jktOf(t, j.token)
					p := token.Proof{Key: key, Method: method, URL: target + "?page=1#top", Token: j.token, Now: noon}
					return j.fields(proofFields(t, p, append(proofEdits, withNonce)...))
				}
				if got := try(nil, nil); got != "" {
					t.Errorf("the good proof under %s: got %q wrong, want nothing", alg, got)
				}
				for _, defect := range token.ProofCatalogue() {
					edits := []token.Edit{withProofDefect(t, defect.Name)}
					got, want := try(edits, edits), proofFaults[defect.Name]
					if defect.Name == "dpop-replayed" {
						if got != "" {
							t.Errorf("%s for the first time: got %q wrong, want nothing", defect.Name, got)
						}
						got = try(edits, edits)
					}
					if got != want {
						t.Errorf("%s under %s for %s %s: got %q wrong, want %q", defect.Name, alg, method, target, got, want)
					}
				}
			}
		}
	}
}

// jktOf returns the thumbprint in the claims of a JWT.
func jktOf(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		CNF struct {
			JKT string `json:"jkt"`
		} `json:"cnf"`
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims.CNF.JKT
}

func TestEveryProofDefectIsInTheCatalogueOnce(t *testing.T) {
	var names []catalogue.Defect
	for _, d := range token.ProofCatalogue() {
		names = append(names, d.Name)
		if !strings.Contains(d.Wrong, "RFC ") || !strings.HasSuffix(d.Wrong, ".") || !strings.HasSuffix(d.Fix, ".") || !strings.HasPrefix(string(d.Name), "dpop-") {
			t.Errorf("%s: got %q and %q, want sentences with an RFC", d.Name, d.Wrong, d.Fix)
		}
		wantCode := "invalid_dpop_proof"
		if strings.HasPrefix(string(d.Name), "dpop-nonce-") {
			wantCode = "use_dpop_nonce"
		}
		if status, code := d.Name.Expect(); status != 401 || code != wantCode || !d.Name.IsProofDefect() {
			t.Errorf("%s: got %d %s, want 401 %s", d.Name, status, code, wantCode)
		}
	}
	slices.Sort(names)
	for what, want := range map[string][]catalogue.Defect{
		"the list":   slices.Concat(catalogue.ProofDefects, catalogue.ProofDefectsOnRequest),
		"the faults": slices.Collect(maps.Keys(proofFaults)),
	} {
		if slices.Sort(want); !slices.Equal(names, want) {
			t.Errorf("%s: got %q, want %q", what, want, names)
		}
	}
	if catalogue.Expired.IsProofDefect() {
		t.Error("got a defect of tokens, want it not among those of proofs")
	}
}

// go-jose computes the same thumbprint.
func TestBindingIsTheThumbprintOfRFC7638(t *testing.T) {
	for _, alg := range []catalogue.Alg{catalogue.ES256, catalogue.ES512, catalogue.RS256, catalogue.EdDSA} {
		key := newKey(t, alg, "")
		m, _ := minter(t, catalogue.ES256, token.RandomSource())
		jwk := jose.JSONWebKey{Key: key.Private.Public()}
		sum, err := jwk.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := jktOf(t, mint(t, m, func(d *token.Draft) { d.BindTo(key) })), base64.RawURLEncoding.EncodeToString(sum); got != want {
			t.Errorf("%s: got jkt %s, want %s", alg, got, want)
		}
	}
}

func TestInvalidProofsAreErrors(t *testing.T) {
	key := newKey(t, catalogue.ES256, "")
	good := token.Proof{Key: key, Method: "GET", URL: "https://api.example.com/", Now: time.Now()}
	expired, _ := token.FindDefect(catalogue.Expired)
	for name, tt := range map[string]struct {
		change func(*token.Proof)
		edit   token.Edit
		want   string
	}{
		"no key":                          {func(p *token.Proof) { p.Key = token.Key{} }, nil, "unknown signing algorithm"},
		"a shared secret":                 {func(p *token.Proof) { p.Key = newKey(t, catalogue.HS256, "") }, nil, `HS256 signs with a shared secret, which has no public key: use GenerateKey("ES256", …)`},
		"no method":                       {func(p *token.Proof) { p.Method = "" }, nil, "the method is empty"},
		"a path":                          {func(p *token.Proof) { p.URL = "/orders" }, nil, `the URL is "/orders": give the whole URL`},
		"a URL without a scheme":          {func(p *token.Proof) { p.URL = "localhost:8080/orders" }, nil, "give the whole URL"},
		"an opaque proof":                 {nil, func(d *token.Draft) { d.Opaque = true }, "do not apply to a proof"},
		"an algorithm":                    {nil, func(d *token.Draft) { d.Alg = catalogue.ES384 }, "do not apply to a proof"},
		"a binding":                       {nil, func(d *token.Draft) { d.BindTo(key) }, "do not apply to a proof"},
		"a defect of tokens":              {nil, func(d *token.Draft) { d.Defect = &expired }, `With("expired") is a defect of tokens: for a proof use one of dpop-missing`},
		"a claim that is not JSON":        {nil, func(d *token.Draft) { d.Set("x", func() {}) }, `claim "x"`},
		"a private key in another device": {func(p *token.Proof) { p.Key.Private = device{key.Private} }, withProofDefect(t, "dpop-private-jwk"), "cannot be exported"},
	} {
		p := good
		if tt.change != nil {
			tt.change(&p)
		}
		if tt.edit == nil {
			tt.edit = func(*token.Draft) {}
		}
		if _, err := p.Fields(tt.edit); !strings.Contains(errorText(err), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

// device is a signer that does not show its private key.
type device struct{ crypto.Signer }

func TestTokensForProofsWithADefectNeedABinding(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	if _, err := m.Mint(withProofDefect(t, "dpop-missing")); !strings.Contains(errorText(err), `With("dpop-missing") is a defect of proofs: use it when you make a proof`) {
		t.Errorf("got %v, want it said", err)
	}
	shared := newKey(t, catalogue.HS256, "")
	if _, err := m.Mint(func(d *token.Draft) { d.BindTo(shared) }); !strings.Contains(errorText(err), "BoundTo: HS256 signs with a shared secret") {
		t.Errorf("got %v, want it said", err)
	}
}
