package middleware_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// challenges matches the challenges that this module writes.
var challenges = regexp.MustCompile(`^(DPoP|Bearer) realm="api"(, [a-z_]+="[ !#-\[\]-~]+")*$`)

// FuzzProof sends arbitrary text as a proof, or signs an arbitrary header and
// arbitrary claims. If the request is accepted, go-jose must verify the proof
// with the key in jwk (for the alg Ed25519, crypto/ed25519 does). This key must
// be the key of the token, and the proof must contain the claims that RFC 9449
// §4.3 requires. If the request is refused, the challenges must be well-formed
// and at most 300 bytes long, too short to quote a typical proof.
func FuzzProof(f *testing.F) {
	secret := testserver.Key{ID: "s", Alg: "HS256", Secret: []byte(strings.Repeat("0123456789abcdef", 2))}
	m := forge.Maker{Key: secret, Issuer: "https://as.example.com", Audience: "api", Now: now}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Logger: quiet, Now: clock,
		Issuers: []middleware.Issuer{{URL: m.Issuer, Keys: jwks.Secret("s", secret.Secret), Algorithms: []string{"HS256"}}},
		Origins: []string{publicOrigin + "/v1"}, Resource: publicOrigin + "/v1", DPoP: &dpop.Policy{Replay: dpop.Off},
	})
	if err != nil {
		f.Fatal(err)
	}
	c := &client{setup: &setup{v: v, Maker: m}} // each fuzzing process needs the same key
	c.use(testserver.Key{ID: "client", Alg: "EdDSA", Private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))})
	body := func(pairs ...string) string {
		return c.body(append([]string{"htu", `"` + publicOrigin + `/v1/a/b"`, "jti", `"j"`}, pairs...)...)
	}
	good := c.signed(c.head(), body())
	parts := strings.Split(good, ".")
	for _, field := range []string{
		good, " " + good + "\t", "", ".", "..", good + ".", good + "=", good + "," + good, parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2],
		forge.Encode(c.head("alg", `"none"`)) + "." + parts[1] + ".", "\"\r\n\x00\xff", strings.Repeat("A", 5000),
	} {
		f.Add(field, "", "")
	}
	for _, pairs := range [][]string{
		{}, {"htm", `"get"`}, {"htm", `"\u0047ET"`}, {"htu", `"HTTPS://API.example.com:443/%76%31/./a/x/../b?q#f"`}, {"htu", `"https://api.example.com/v1/a%2fb"`},
		{"iat", "1767268710.5"}, {"iat", "1.767268845e9"}, {"iat", "1e400"}, {"ath", `""`}, {"jti", `"\ud800"`}, {"jti", `""`}, {"exp", "1"}, {"nonce", "0"}, {"x", `{"a":1,"a":2}`},
	} {
		f.Add("", c.head(), body(pairs...))
	}
	for _, pairs := range [][]string{
		{"typ", `"DPOP+JWT"`}, {"alg", `"Ed25519"`}, {"alg", `"HS256"`}, {"crit", "[]"}, {"jwk", "{}"}, {"jwk", strings.Replace(jwkOf(c.key), "{", `{"d":"AAAA",`, 1)}, {"kid", `"k"`, "x", "[[]]"},
	} {
		f.Add("", c.head(pairs...), body())
	}
	f.Fuzz(func(t *testing.T, field, head, claims string) {
		signs := field == ""
		if signs {
			field = c.signed(head, claims)
		}
		r := request(t, "DPoP "+c.token)
		r.URL.Path, r.Header["Dpop"] = "/a/b", []string{field}
		h := make(http.Header)
		_, err := v.Authorize(h, r)
		if err == nil {
			checkWithGoJOSE(t, c, field)
			return
		}
		if field == good {
			t.Fatalf("the good proof was refused: %v", err)
		}
		var refusal *middleware.Error
		if !errors.As(err, &refusal) || errors.Is(err, middleware.ErrInternal) || errors.Is(err, middleware.ErrUnavailable) {
			t.Fatalf("got %v, want a refusal of the proof", err)
		}
		list := h.Values("WWW-Authenticate")
		if len(list) != 2 || !strings.HasPrefix(list[0], "DPoP ") || !strings.Contains(list[0], `error="`+string(refusal.Code)+`"`) {
			t.Fatalf("got the challenges %q, want the error in the first challenge, which is for DPoP", list)
		}
		for _, challenge := range list {
			if !challenges.MatchString(challenge) || len(challenge) > 300 {
				t.Errorf("got the malformed challenge %q", challenge)
			}
		}
	})
}

// checkWithGoJOSE checks an accepted proof for GET /v1/a/b with go-jose and the
// standard library, instead of this module.
func checkWithGoJOSE(t *testing.T, c *client, field string) {
	t.Helper()
	signed, err := jose.ParseSignedCompact(strings.Trim(field, " \t"), []jose.SignatureAlgorithm{jose.EdDSA, "Ed25519"})
	if err != nil {
		t.Fatalf("go-jose refuses the accepted proof: %v", err)
	}
	header := signed.Signatures[0].Protected
	jwk := header.JSONWebKey
	if jwk == nil || !jwk.Valid() || !jwk.IsPublic() || header.ExtraHeaders["typ"] != "dpop+jwt" {
		t.Fatalf("got the header %+v, want a public key and typ dpop+jwt", header)
	}
	if sum, err := jwk.Thumbprint(crypto.SHA256); err != nil || base64.RawURLEncoding.EncodeToString(sum) != thumbprintOf(c.key) {
		t.Fatalf("got the key %v, want the key of the token", jwk)
	}
	verified := jwk
	if header.Algorithm == "Ed25519" { // go-jose lacks this newer name
		input := strings.Trim(field, " \t")
		dot := strings.LastIndexByte(input, '.')
		if !ed25519.Verify(jwk.Key.(ed25519.PublicKey), []byte(input[:dot]), signed.Signatures[0].Signature) {
			t.Fatal("the signature of the accepted proof is wrong")
		}
		verified = nil
	}
	payload := signed.UnsafePayloadWithoutVerification()
	if verified != nil {
		if payload, err = signed.Verify(verified); err != nil {
			t.Fatalf("go-jose refuses the accepted signature: %v", err)
		}
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatalf("encoding/json refuses the accepted claims: %v", err)
	}
	text := func(name string) string {
		value, _ := claims[name].(string)
		return value
	}
	if age, ok := secondsAgo(claims["iat"]); !ok || age > 90 || age < -45 {
		t.Errorf("got iat %v, want at most 90 s ago or 45 s ahead", claims["iat"])
	}
	if age, ok := secondsAgo(claims["exp"]); ok == (claims["exp"] == nil) || ok && age >= 30 {
		t.Errorf("got exp %v, which has passed", claims["exp"])
	}
	if age, ok := secondsAgo(claims["nbf"]); ok == (claims["nbf"] == nil) || ok && age < -30 {
		t.Errorf("got nbf %v, which is in the future", claims["nbf"])
	}
	if id := text("jti"); text("htm") != "GET" || id == "" || len(id) > 256 || text("ath") != base64.RawURLEncoding.EncodeToString(sha256Sum(c.token)) {
		t.Errorf("got %v, want GET, a jti and the hash of the token", claims)
	}
	target, _, _ := strings.Cut(text("htu"), "#")
	target, _, _ = strings.Cut(target, "?")
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Hostname(), "api.example.com") || u.User != nil ||
		(u.Port() != "" && strings.TrimLeft(u.Port(), "0") != "443") || strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") || resolved(u.Path) != "/v1/a/b" {
		t.Errorf("got htu %q and %v, want the URL of the request", text("htu"), err)
	}
}

// secondsAgo returns the number of seconds from the time in a claim until now.
// It returns false if the claim is not a number.
func secondsAgo(claim any) (float64, bool) {
	seconds, ok := claim.(float64)
	return float64(now.Unix()) - seconds, ok
}

// resolved returns a path without dot segments.
func resolved(path string) string {
	var kept []string
	for _, segment := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		switch segment {
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		case ".":
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}
