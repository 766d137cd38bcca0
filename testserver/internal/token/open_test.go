package token_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestObjectsAreReadWholeOrNotAtAll(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"an object":                   {`{"b":1,"a":{"b":[2]}}`, true},
		"an empty one":                {` {} `, true},
		"a name twice":                {`{"a":1,"a":2}`, false},
		"a name twice by an escape":   {`{"a":1,"\u0061":2}`, false},
		"a name in another case":      {`{"a":1,"A":2}`, true},
		"something after the object":  {`{}{}`, false},
		"an object without its end":   {`{"a":1`, false},
		"an array":                    {`[]`, false},
		"null":                        {`null`, false},
		"nothing":                     {``, false},
		"a value that is cut off":     {`{"a":[1}`, false},
		"a comma after the last name": {`{"a":1,}`, false},
	} {
		o, err := token.ParseObject([]byte(tt.text))
		if got := err == nil; got != tt.want {
			t.Errorf("%s: got %v, %v, want it read %v", name, o, err, tt.want)
		}
	}
	o, _ := token.ParseObject([]byte(`{"b":1,"a":{"b":[2]}}`))
	if got, want := marshal(t, o), `{"b":1,"a":{"b":[2]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Open must accept only one encoding of a token. If it accepted a second
// encoding, the token would have to be revoked twice.
func TestOpenRefusesOtherSpellings(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	good := mint(t, m)
	if _, _, ok := m.Keys.Open(good); !ok {
		t.Fatal("got the token itself refused")
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(good) - 1
	for name, text := range map[string]string{
		"padding":                      good + "==",
		"bits that mean nothing":       good[:last] + string(alphabet[strings.IndexByte(alphabet, good[last])|1]),
		"a line end":                   good[:last] + "\n" + good[last:],
		"a space before it":            " " + good,
		"a fourth segment":             good + ".",
		"two segments":                 good[:strings.LastIndexByte(good, '.')],
		"the JSON form":                `{"payload":"` + strings.Split(good, ".")[1] + `"}`,
		"a header of another alphabet": strings.Replace(good, ".", "+.", 1),
		"nothing":                      "",
	} {
		if _, _, ok := m.Keys.Open(text); ok {
			t.Errorf("%s: got it opened, want it refused", name)
		}
	}
}

func TestOpenTakesWhatItsOwnKeysSigned(t *testing.T) {
	src := token.RandomSource()
	m, _ := minter(t, catalogue.HS256, src)
	attackerKey := newKey(t, catalogue.ES256, "")
	public := newKey(t, catalogue.ES256, "p")
	if err := m.Keys.Publish(public); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		edit token.Edit
		want bool
	}{
		"the secret that signs":               {func(*token.Draft) {}, true},
		"a published key":                     {func(d *token.Draft) { d.Key = &public }, true},
		"a published key without its name":    {func(d *token.Draft) { d.Key = &public; d.Header.Delete("kid") }, true},
		"a published key by another name":     {func(d *token.Draft) { d.Key = &public; d.SetHeader("kid", "q") }, false},
		"a key that is not published":         {func(d *token.Draft) { d.Key = &attackerKey }, false},
		"an attacker's key under a known kid": {func(d *token.Draft) { d.Key = &attackerKey; d.SetHeader("kid", "p") }, false},
		"another algorithm in the header":     {func(d *token.Draft) { d.Key = &public; d.SetHeader("alg", "ES384") }, false},
		"an algorithm that is not text":       {func(d *token.Draft) { d.Key = &public; d.SetHeader("alg", 256) }, false},
		"a critical extension":                {func(d *token.Draft) { d.SetHeader("crit", []string{"x"}); d.SetHeader("x", 1) }, false},
		"a header parameter twice":            {func(d *token.Draft) { d.Header = append(d.Header, token.Member{Name: "typ", Value: []byte(`"JWT"`)}) }, false},
		"a claim twice":                       {func(d *token.Draft) { d.Claims = append(d.Claims, token.Member{Name: "sub", Value: []byte(`"bob"`)}) }, false},
	} {
		if _, _, ok := m.Keys.Open(mint(t, m, tt.edit)); ok != tt.want {
			t.Errorf("%s: got it opened %v, want %v", name, ok, tt.want)
		}
	}
}

func TestWhatIsAnAccessToken(t *testing.T) {
	for name, tt := range map[string]struct {
		header, claims string
		want           bool
	}{
		"typ at+jwt":                          {`{"typ":"at+jwt"}`, `{"nonce":"n"}`, true},
		"typ application/at+jwt in capitals":  {`{"typ":"APPLICATION/AT+JWT"}`, `{}`, true},
		"typ JWT, as from older servers":      {`{"typ":"JWT"}`, `{"azp":"a","client_id":"a"}`, true},
		"no typ":                              {`{}`, `{}`, true},
		"typ that is not text":                {`{"typ":1}`, `{}`, false},
		"typ of another kind":                 {`{"typ":"logout+jwt"}`, `{}`, false},
		"an ID token's nonce":                 {`{"typ":"JWT"}`, `{"nonce":"n"}`, false},
		"an ID token's at_hash":               {`{}`, `{"at_hash":"h"}`, false},
		"an ID token's azp without client_id": {`{"typ":"JWT"}`, `{"azp":"a"}`, false},
	} {
		header, _ := token.ParseObject([]byte(tt.header))
		claims, _ := token.ParseObject([]byte(tt.claims))
		if got := (*token.Form)(nil).IsAccessToken(header, claims); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestADigestLeavesTheSignatureOut(t *testing.T) {
	m, _ := minter(t, catalogue.PS256, token.RandomSource()) // PS256 signatures differ each time
	once := func(d *token.Draft) { d.Set("jti", "1") }
	first, twin := mint(t, m, once), mint(t, m, once)
	if first == twin || token.Identify(first) != token.Identify(twin) {
		t.Errorf("got two digests for one token with two signatures")
	}
	for name, other := range map[string]string{
		"other claims": mint(t, m, func(d *token.Draft) { d.Set("jti", "2") }),
		"no signature": first[:strings.LastIndexByte(first, '.')] + "x",
		"a handle":     base64.RawURLEncoding.EncodeToString([]byte(first)),
	} {
		if token.Identify(other) == token.Identify(first) {
			t.Errorf("%s: got the digest of another token", name)
		}
	}
}

func TestADigestSurvivesText(t *testing.T) {
	d := token.Identify("a.b.c")
	text, err := d.MarshalText()
	var again token.Digest
	if err != nil || again.UnmarshalText(text) != nil || again != d {
		t.Errorf("got %x from %s, %v, want %x", again, text, err, d)
	}
	for _, bad := range []string{"", "00", string(text) + "00", strings.Replace(string(text), string(text[0]), "g", 1)} {
		if err := again.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
}
