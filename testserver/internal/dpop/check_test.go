package dpop_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/dpop"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const (
	target = "https://login.example.com/tenant/token"
	access = "an.access.token"
)

var noon = time.Date(2026, 5, 1, 12, 0, 30, 0, time.UTC)

func newKey(t testing.TB, alg catalogue.Alg) token.Key {
	t.Helper()
	key, err := token.NewKey(alg, "client", token.RandomSource())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// fields returns the DPoP header fields of a POST request to target.
func fields(t testing.TB, key token.Key, edits ...token.Edit) []string {
	t.Helper()
	values, err := token.Proof{Key: key, Method: "POST", URL: target, Token: access, Now: noon}.Fields(func(d *token.Draft) {
		for _, edit := range edits {
			edit(d)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func claim(name string, v any) token.Edit { return func(d *token.Draft) { d.Set(name, v) } }

func header(name string, v any) token.Edit { return func(d *token.Draft) { d.SetHeader(name, v) } }

func without(name string) token.Edit { return func(d *token.Draft) { d.DeleteAt(name) } }

func with(defect token.Defect) token.Edit { return func(d *token.Draft) { d.Defect = &defect } }

func request() dpop.Request {
	return dpop.Request{Method: "POST", URLs: []string{target}, Token: access, Now: noon}
}

func TestGoodProofs(t *testing.T) {
	for _, alg := range dpop.Algs {
		signing := alg
		if alg == catalogue.Ed25519 { // Ed25519 uses EdDSA keys
			signing = catalogue.EdDSA
		}
		key := newKey(t, signing)
		good := fields(t, key, header("alg", string(alg)))
		p, err := request().Check(good)
		if err != nil {
			t.Errorf("%s: got %v, want it accepted", alg, err)
		}
		d := &token.Draft{}
		d.BindTo(key)
		if jkt, _ := token.BoundKey(d.Claims); p.Key != jkt || jkt == "" || !strings.HasPrefix(p.ID, jkt+" ") || !p.Until.Equal(noon.Add(5*time.Minute+time.Second)) {
			t.Errorf("%s: got %+v, want the thumbprint %s", alg, p, jkt)
		}
		other, err := request().Check(fields(t, key))
		if err != nil || other.ID == p.ID || other.Key != p.Key {
			t.Errorf("%s: got %+v and %v, want another ID for another proof", alg, other, err)
		}
	}
	if p, err := request().Check(nil); err != nil || p != (dpop.Proof{}) {
		t.Errorf("got %+v and %v without a proof, want the zero Proof", p, err)
	}
	key := newKey(t, "ES256")
	withoutToken := request()
	withoutToken.Token = ""
	if _, err := withoutToken.Check(fields(t, key, without("ath"))); err != nil {
		t.Errorf("got %v without an access token, want no ath required", err)
	}
}

func TestRefusalsSayWhatWasExpected(t *testing.T) {
	key, other := newKey(t, "ES256"), newKey(t, "RS256")
	good := fields(t, key)[0]
	for name, tt := range map[string]struct {
		fields []string
		want   string
	}{
		"two fields":             {[]string{good, fields(t, key)[0]}, "more than one DPoP field: expected one"},
		"an empty field":         {[]string{""}, "expected one JWT"},
		"two proofs in a field":  {[]string{good + ", " + good}, "expected one JWT"},
		"no JSON":                {[]string{"AAAA.AAAA.AAAA"}, "expected a header and claims that are JSON objects"},
		"a repeated claim":       {fields(t, key, func(d *token.Draft) { d.Claims = append(d.Claims, d.Claims[0]) }), "without repeated members"},
		"another typ":            {fields(t, key, header("typ", "JWT")), "expected dpop+jwt"},
		"no algorithm":           {fields(t, key, header("alg", "none")), "expected one of ES256, ES384"},
		"a shared secret":        {fields(t, key, header("alg", "HS256")), "expected one of ES256, ES384"},
		"an algorithm of others": {fields(t, key, header("alg", "ES384")), "expected one that the key in jwk verifies with alg"},
		"crit":                   {fields(t, key, header("crit", []string{"exp"})), "expected no critical extensions"},
		"no jwk":                 {fields(t, key, func(d *token.Draft) { d.Header.Delete("jwk") }), "jwk of the DPoP proof is missing"},
		"a jwk that is a text":   {fields(t, key, header("jwk", "x")), "not a valid public key"},
		"a jwk of another type":  {fields(t, key, header("jwk", map[string]string{"kty": "x"})), "not a valid public key"},
		"a private key":          {fields(t, key, header("jwk", map[string]string{"kty": "RSA", "n": "AQAB", "e": "AQAB", "p": "AQAB"})), "has a private key: expected a public key"},
		"the key of another":     {fields(t, key, func(d *token.Draft) { d.Key = &other; d.SetHeader("alg", "RS256") }), "the signature of the DPoP proof is wrong"},
		"no jti":                 {fields(t, key, without("jti")), "jti of the DPoP proof is missing"},
		"an empty jti":           {fields(t, key, claim("jti", "")), "jti of the DPoP proof is missing"},
		"another method":         {fields(t, key, claim("htm", "GET")), "expected POST"},
		"a method in lower case": {fields(t, key, claim("htm", "post")), "expected POST"},
		"another URL":            {fields(t, key, claim("htu", "https://login.example.com/tenant/userinfo")), "expected " + target},
		"no hash":                {fields(t, key, without("ath")), "expected its SHA-256 in base64url"},
		"no iat":                 {fields(t, key, without("iat")), "expected a number of seconds"},
		"an iat that is a text":  {fields(t, key, claim("iat", "1")), "expected a number of seconds"},
		"an exp that is a text":  {fields(t, key, claim("exp", "1")), "expected a number of seconds"},
		"too old":                {fields(t, key, claim("iat", noon.Unix()-301)), "expected at most 5 minutes before and 1 minute after it, and the clock of the server shows 2026-05-01T12:00:30Z"},
		"in the future":          {fields(t, key, claim("iat", noon.Unix()+61)), "expected at most 5 minutes before and 1 minute after"},
		"expired":                {fields(t, key, claim("exp", noon.Unix())), "has expired: the clock of the server shows 2026-05-01T12:00:30Z"},
		"not valid yet":          {fields(t, key, claim("nbf", noon.Unix()+61)), "is not valid yet"},
	} {
		p, err := request().Check(tt.fields)
		if err == nil || errors.Is(err, dpop.ErrNonce) || p != (dpop.Proof{}) {
			t.Errorf("%s: got %+v and %v, want it refused", name, p, err)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %q, want %q", name, text, tt.want)
		}
		if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) { // RFC 6749 §5.2
			t.Errorf("%s: got %q, want only characters of error_description", name, text)
		}
	}
	for _, iat := range []int64{noon.Unix() - 300, noon.Unix() + 60} {
		if _, err := request().Check(fields(t, key, claim("iat", iat))); err != nil {
			t.Errorf("got %v for the iat %d, want it accepted", err, iat)
		}
	}
}

func TestHTUIsComparedInNormalForm(t *testing.T) {
	key := newKey(t, "ES256")
	check := func(own, htu string) error {
		r := request()
		r.URLs = []string{"https://other.example.com/token", own}
		_, err := r.Check(fields(t, key, claim("htu", htu)))
		return err
	}
	for own, same := range map[string][]string{
		"https://a.example/token":      {"https://a.example/token", "HTTPS://A.Example/token", "https://a.example:443/token", "https://a.example/token?x=1", "https://a.example/token#x", "https://a.example/./x/../%74oken"},
		"http://a.example:80/~a%2fb":   {"http://a.example/~a%2Fb", "http://a.example/%7Ea%2fb"},
		"https://a.example":            {"https://a.example/", "https://a.example"},
		"http://[::1]:8080/token":      {"http://[::1]:8080/token"},
		"https://a.example:8443/token": {"https://a.example:8443/token"},
	} {
		for _, htu := range same {
			if err := check(own, htu); err != nil {
				t.Errorf("%s: got %v for %s, want it accepted", htu, err, own)
			}
		}
	}
	const own = "https://a.example/x/token"
	for _, htu := range []string{
		"", "/x/token", "a.example/x/token", "http://a.example/x/token", "https://a.example:8443/x/token", "https://b.example/x/token", "https://a.example/x/token/", "https://a.example/x/Token",
		"https://a.example/x%2Ftoken", "https://u@a.example/x/token", "https://a.example//x/token", "https:a.example/x/token", "ftp://a.example/x/token", "https://a.example/x/token%zz",
	} {
		if err := check(own, htu); err == nil {
			t.Errorf("%s: got it accepted for %s", htu, own)
		}
	}
}

func TestNonces(t *testing.T) {
	key, secret := newKey(t, "ES256"), dpop.Nonces("a secret")
	r := request()
	r.Nonces = secret
	old := claim("iat", noon.Add(-time.Hour).Unix())
	for name, tt := range map[string]struct {
		nonce any
		good  bool
	}{
		"the current nonce":      {secret.Issue(noon), true},
		"a nonce of this minute": {secret.Issue(noon.Add(29 * time.Second)), true},
		"the nonce before":       {secret.Issue(noon.Add(-time.Minute)), true},
		"an older nonce":         {secret.Issue(noon.Add(-2 * time.Minute)), false},
		"the next nonce":         {secret.Issue(noon.Add(time.Minute)), false},
		"another server's nonce": {dpop.Nonces("another").Issue(noon), false},
		"a number":               {7, false},
		"an empty nonce":         {"", false},
	} {
		for _, edits := range [][]token.Edit{{claim("nonce", tt.nonce)}, {claim("nonce", tt.nonce), old}} { // with a nonce, iat can be any time
			p, err := r.Check(fields(t, key, edits...))
			if tt.good != (err == nil) || !tt.good && !errors.Is(err, dpop.ErrNonce) {
				t.Errorf("%s: got %v, want it accepted: %v", name, err, tt.good)
			}
			if until := noon.Add(2 * time.Minute); tt.good && !p.Until.Equal(until) {
				t.Errorf("%s: got %v, want a replay remembered until %v", name, p.Until, until)
			}
		}
	}
	if _, err := r.Check(fields(t, key, claim("htm", "GET"))); err == nil || errors.Is(err, dpop.ErrNonce) {
		t.Errorf("got %v, want a nonce asked for only if the proof is good otherwise", err)
	}
	if a, b := secret.Issue(noon), secret.Issue(noon.Add(30*time.Second)); a == b || len(a) != 22 {
		t.Errorf("got %s and %s, want another nonce in the next minute", a, b)
	}
	if _, err := request().Check(fields(t, key, claim("nonce", "x"))); err != nil {
		t.Errorf("got %v, want a nonce ignored if the server has none", err)
	}
}

// Check refuses all defects of proofs, with three exceptions. Some defects
// depend on nonces. Some can be found only by the caller, which knows the key
// of the token and which proofs were used. A long jti is accepted, because the
// server stores only a hash.
func TestDefectsOfProofs(t *testing.T) {
	for _, defect := range token.ProofCatalogue() {
		tolerated := slices.Contains([]catalogue.Defect{"dpop-missing", "dpop-other-key", "dpop-replayed", "dpop-jti-long"}, defect.Name)
		values := fields(t, newKey(t, "ES256"), with(defect))
		if _, err := request().Check(values); (err == nil) != (tolerated || defect.Nonces == token.OnlyWithNonces) {
			t.Errorf("%s: got %v", defect.Name, err)
		}
		nonces := dpop.Nonces("a secret")
		values = fields(t, newKey(t, "ES256"), claim("nonce", nonces.Issue(noon)), with(defect))
		r := request()
		r.Nonces = nonces
		if _, err := r.Check(values); (err == nil) != (tolerated || defect.Nonces == token.OnlyWithoutNonces) {
			t.Errorf("%s, with nonces: got %v", defect.Name, err)
		}
	}
}
