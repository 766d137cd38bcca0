package apitest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

// vulnerableAPI is an API that checks tokens correctly, except for one
// deliberate vulnerability, the hole. It does not use the verifier of package
// middleware. The tests therefore show that apitest.Check also finds holes in
// other implementations.
type vulnerableAPI struct {
	as         *testserver.Server
	hole       string
	scope      string
	role       string // in /realm_access/roles; "" means that no role is required
	login      func(claims map[string]any) error
	parameters func(*http.Request) string // returns parameters for every challenge; may be nil
	outside    *http.Client
	introspect func(token string) error // if not nil, called instead of check

	mu   sync.Mutex
	keys *jose.JSONWebKeySet
}

func newVulnerableAPI(as *testserver.Server, hole string) *vulnerableAPI {
	outside := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return &vulnerableAPI{as: as, hole: hole, scope: "orders:read", outside: outside}
}

// has reports whether the API has this hole.
func (c *vulnerableAPI) has(hole string) bool { return c.hole == hole }

var (
	errNone    = errors.New("no token")
	errRequest = errors.New("bad request")
	errScope   = errors.New("no scope")
	errRole    = errors.New("no role")
	errToken   = errors.New("bad token")
	errFault   = errors.New("our fault")
)

func (c *vulnerableAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := c.credentials(r)
	switch {
	case err == nil && c.introspect != nil:
		err = c.introspect(token)
	case err == nil:
		err = c.check(token)
	}
	if c.has("HTTP/2 is trusted") && r.ProtoMajor == 2 {
		err = nil
	}
	challenge, status := `Bearer realm="api"`, http.StatusUnauthorized
	switch {
	case err == nil && c.has("the token is returned"):
		w.Header().Set("X-Token", token)
		return
	case err == nil:
		return
	case errors.Is(err, errNone) && c.has("the challenge has no parameters"):
		challenge = "Bearer"
	case errors.Is(err, errNone) && c.has("an error code is sent without a token"):
		challenge += `, error="invalid_token"`
	case errors.Is(err, errNone), errors.Is(err, errToken) && c.has("no error code is sent"):
	case errors.Is(err, errFault):
		status = http.StatusInternalServerError
	case errors.Is(err, errRequest):
		status, challenge = http.StatusBadRequest, challenge+`, error="invalid_request"`
	case errors.Is(err, errScope) && c.has("a missing scope is answered with 401"):
		challenge += `, error="invalid_token"`
	case errors.Is(err, errScope) && c.has("the challenge has no scope"):
		status, challenge = http.StatusForbidden, challenge+`, error="insufficient_scope"`
	case errors.As(err, new(loginError)):
		challenge += err.Error()
	case errors.Is(err, errRole):
		status, challenge = http.StatusForbidden, challenge+c.challengeRole()
	case errors.Is(err, errScope):
		status, challenge = http.StatusForbidden, challenge+`, error="insufficient_scope", scope="`+c.scope+`"`
	default:
		challenge += `, error="invalid_token"`
	}
	if c.parameters != nil {
		challenge += c.parameters(r)
	}
	if c.has("the challenge is free text") {
		challenge = "Bearer the token is bad"
	}
	if c.has("the description has quotes") && status == http.StatusUnauthorized {
		challenge += `, error_description="not a \"token\""`
	}
	if !c.has("no challenge is sent") {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.WriteHeader(status)
	if c.has("the token is in the error") {
		_, _ = io.WriteString(w, "cannot accept "+token)
	}
}

func (c *vulnerableAPI) credentials(r *http.Request) (string, error) {
	fields, query := r.Header["Authorization"], r.URL.Query().Get("access_token")
	switch {
	case len(fields) == 0 && query != "" && c.has("a token in the query counts"):
		return query, nil
	case len(fields) == 0:
		return "", errNone
	case len(fields) > 1 && !c.has("the first of two headers counts"),
		query != "" && !c.has("the query is ignored"):
		return "", errRequest
	}
	scheme, token, _ := strings.Cut(fields[0], " ")
	switch {
	case c.has("the scheme is ignored"):
	case c.has("the scheme is compared with case") && scheme != "Bearer", !strings.EqualFold(scheme, "Bearer"):
		return "", errNone
	}
	if token == "" || strings.Contains(token, " ") {
		return "", errRequest
	}
	return token, nil
}

func (c *vulnerableAPI) check(token string) error {
	segments := strings.Split(token, ".")
	switch {
	case len(segments) == 3:
	case len(segments) > 3 && c.has("extra segments are ignored"):
		segments = segments[:3]
	case len(segments) == 5 && c.has("an encrypted token passes"):
		return nil
	case c.has("garbage is a server error"):
		return errFault
	default:
		return errToken
	}
	var raw [3][]byte
	for i, text := range segments {
		var err error
		if raw[i], err = c.decode(text); err != nil {
			return errToken
		}
	}
	header, err := c.object(raw[0])
	if err != nil {
		return errToken
	}
	if err := c.checkHeader(header, segments, raw[2]); err != nil {
		return err
	}
	if header["cty"] == "JWT" {
		if !c.has("a nested token is unwrapped") {
			return errToken
		}
		return c.check(string(raw[1]))
	}
	if c.has("a truncated payload is accepted") && !json.Valid(raw[1]) {
		raw[1] = append(raw[1], '}')
	}
	claims, err := c.object(raw[1])
	if err != nil {
		return errToken
	}
	return c.checkClaims(claims)
}

func (c *vulnerableAPI) decode(text string) ([]byte, error) {
	if c.has("base64 is read leniently") {
		return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// object decodes a JSON object and refuses repeated members.
func (c *vulnerableAPI) object(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errToken
	}
	members := map[string]any{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		if _, twice := members[name.(string)]; !twice {
			members[name.(string)] = v
		} else if !c.has("the first of two members counts") {
			return nil, errToken
		}
	}
	if _, err := d.Token(); err != nil || d.InputOffset() != int64(len(text)) {
		return nil, errToken
	}
	return members, nil
}

func (c *vulnerableAPI) checkHeader(header map[string]any, segments []string, sig []byte) error {
	alg, _ := header["alg"].(string)
	typ, _ := header["typ"].(string)
	_, crit := header["crit"]
	switch {
	case crit && !c.has("crit is ignored"), typ != "at+jwt" && !c.has("typ is ignored"):
		return errToken
	case alg == "none" && c.has("alg none passes"), alg != "none" && strings.EqualFold(alg, "none") && c.has("only lower-case none is refused"):
		return nil
	}
	kid, ok := header["kid"].(string)
	if !ok && c.has("a kid of another type panics") {
		panic(http.ErrAbortHandler)
	}
	key, err := c.key(kid, header)
	switch {
	case err != nil && c.has("a token with an unknown key is not verified"):
		return nil
	case err != nil:
		return errToken
	case c.has("signatures are not verified") && alg == "ES256":
		return nil
	}
	return c.verify(alg, key, []byte(segments[0]+"."+segments[1]), sig)
}

func (c *vulnerableAPI) verify(alg string, key any, input, sig []byte) error {
	public, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return errToken
	}
	digest, width := sha256.Sum256(input), 32
	hash := digest[:]
	switch {
	case alg == "HS256" && c.has("the public key is an HMAC secret"):
		der, _ := x509.MarshalPKIXPublicKey(public)
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write(input)
		if hmac.Equal(mac.Sum(nil), sig) {
			return nil
		}
		return errToken
	case alg == "ES384" && c.has("the hash depends on alg only"):
		longer := sha512.Sum384(input)
		hash, width = longer[:], 48
	case alg != "ES256":
		return errToken
	}
	if len(sig) != 2*width {
		if c.has("a signature of another length is accepted") {
			return nil
		}
		return errToken
	}
	r, s := new(big.Int).SetBytes(sig[:width]), new(big.Int).SetBytes(sig[width:])
	if r.Sign() == 0 && s.Sign() == 0 && c.has("a signature of zeros is accepted") || ecdsa.Verify(public, hash, r, s) {
		return nil
	}
	return errToken
}

func (c *vulnerableAPI) key(kid string, header map[string]any) (any, error) {
	if jku, ok := header["jku"].(string); ok && (c.has("jku is followed") || c.has("jku is fetched and not used")) {
		set, err := c.fetch(c.outside, jku)
		if err != nil || c.has("jku is fetched and not used") {
			return nil, errToken
		}
		return set.Key(kid)[0].Key, nil
	}
	if x5u, ok := header["x5u"].(string); ok && c.has("x5u is followed") {
		resp, err := c.outside.Get(x5u)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		block, _ := pem.Decode(text)
		certificate, err := x509.ParseCertificate(block.Bytes)
		return certificate.PublicKey, err
	}
	if jwk, ok := header["jwk"]; ok && c.has("jwk is trusted") {
		text, _ := json.Marshal(jwk)
		var key jose.JSONWebKey
		err := json.Unmarshal(text, &key)
		return key.Key, err
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil || c.has("each unknown kid is fetched") && len(c.keys.Key(kid)) == 0 {
		set, err := c.fetch(c.as.Client(), c.as.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			return nil, err
		}
		c.keys = set
	}
	if found := c.keys.Key(kid); len(found) == 1 {
		return found[0].Key, nil
	}
	return nil, errToken
}

func (c *vulnerableAPI) fetch(client *http.Client, url string) (*jose.JSONWebKeySet, error) {
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	set := new(jose.JSONWebKeySet)
	return set, json.NewDecoder(resp.Body).Decode(set)
}

func (c *vulnerableAPI) checkClaims(claims map[string]any) error {
	iss, _ := claims["iss"].(string)
	_, bound := claims["cnf"]
	switch {
	case iss == c.as.Issuer():
	case c.has("iss is ignored"), c.has("iss is compared as a prefix") && strings.HasPrefix(iss, c.as.Issuer()):
	default:
		return errToken
	}
	if bound && !c.has("cnf is ignored") || !c.checkAudience(claims["aud"]) || !c.checkTimes(claims) {
		return errToken
	}
	if c.has("the subject is required") && claims["sub"] == nil {
		return errToken
	}
	return c.authorize(claims)
}

func (c *vulnerableAPI) checkAudience(aud any) bool {
	list, ok := aud.([]any)
	if !ok {
		list = []any{aud}
	}
	found := false
	for _, one := range list {
		text, ok := one.(string)
		if !ok && !c.has("audiences of another type are ignored") {
			return c.has("aud is ignored")
		}
		found = found || text == "api" || c.has("aud is compared as a substring") && strings.Contains(text, "api")
	}
	return found || c.has("aud is ignored")
}

func (c *vulnerableAPI) checkTimes(claims map[string]any) bool {
	now := time.Now().Unix()
	exp, ok := claims["exp"].(json.Number)
	seconds, err := strconv.ParseInt(string(exp), 10, 64)
	switch {
	case claims["exp"] == nil:
		if !c.has("exp may be absent") {
			return false
		}
	case !ok:
		if !c.has("exp of another type is ignored") {
			return false
		}
	case err != nil:
		if wide, ok := new(big.Int).SetString(string(exp), 10); !ok || !c.has("exp is cut to 64 bits") || int64(wide.Uint64()) <= now {
			return false
		}
	case seconds <= now && !c.has("exp is ignored"):
		return false
	}
	for claim, hole := range map[string]string{"nbf": "nbf is ignored", "iat": "iat is ignored"} {
		if claims[claim] == nil {
			continue
		}
		n, _ := claims[claim].(json.Number)
		if at, err := strconv.ParseInt(string(n), 10, 64); (err != nil || at > now+1) && !c.has(hole) {
			return false
		}
	}
	return true
}
