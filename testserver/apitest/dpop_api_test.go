package apitest_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/testserver"
)

var (
	errProof = errors.New("bad proof")
	errNonce = errors.New("bad nonce")
)

// dpopAPI is an API that accepts key-bound tokens with DPoP proofs. It checks
// the tokens and proofs correctly, except for one deliberate vulnerability, the
// hole. It does not use the verifier of package middleware.
type dpopAPI struct {
	tokens *vulnerableAPI // checks the tokens, but not cnf
	hole   string
	alg    string
	origin string // the base URL for clients; "" means https and the request's Host
	nonces bool
	bearer bool // unbound bearer tokens are accepted, too

	parameters string // DPoP challenge parameters in addition to algs

	mu     sync.Mutex
	seen   map[string]bool
	issued map[string]bool
}

func newDPoPAPI(as *testserver.Server, hole string) *dpopAPI {
	return &dpopAPI{tokens: newVulnerableAPI(as, "cnf is ignored"), hole: hole, alg: "ES256", seen: map[string]bool{}, issued: map[string]bool{}}
}

func (a *dpopAPI) has(hole string) bool { return a.hole == hole }

func (a *dpopAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme, err := a.check(r)
	if err == nil {
		return
	}
	status, code, parameters := http.StatusUnauthorized, "invalid_token", ""
	switch {
	case errors.Is(err, errNone):
		code = ""
	case errors.Is(err, errProof) && a.has("400 is the answer to a bad proof"):
		status, code = http.StatusBadRequest, "invalid_dpop_proof"
	case errors.Is(err, errProof) && a.has("a bad proof is called a bad token"), errors.Is(err, errToken):
	case errors.Is(err, errProof):
		code = "invalid_dpop_proof"
	case errors.Is(err, errNonce):
		if code = "use_dpop_nonce"; !a.has("no nonce is sent") {
			w.Header().Set("DPoP-Nonce", a.nonce())
		}
	case errors.Is(err, errRequest):
		status, code = http.StatusBadRequest, "invalid_request"
	case errors.As(err, new(loginError)):
		code = "insufficient_user_authentication"
		parameters = strings.TrimPrefix(err.Error(), `, error="insufficient_user_authentication"`)
	case errors.Is(err, errScope):
		status, code = http.StatusForbidden, `insufficient_scope", scope="orders:read`
	case errors.Is(err, errFault):
		status = http.StatusInternalServerError
	}
	if a.has("the proof is in the challenge") && errors.Is(err, errProof) {
		code += `", error_description="` + r.Header.Get("DPoP")
	}
	if code != "" {
		code = fmt.Sprintf(`, error="%s"`, code) + parameters
	}
	challenges := map[string]string{"DPoP": fmt.Sprintf(`DPoP algs=%q`, a.alg) + a.parameters, "Bearer": `Bearer realm="api"`}
	if !a.bearer {
		delete(challenges, "Bearer")
	}
	if a.bearer && (scheme == "Bearer" || a.has("the error is in the Bearer challenge")) {
		challenges["Bearer"] += code
	} else {
		challenges["DPoP"] += code
	}
	if a.has("no DPoP challenge is sent") {
		challenges = map[string]string{"Bearer": `Bearer realm="api"` + code}
	}
	for _, scheme := range []string{"Bearer", "DPoP"} {
		if text := challenges[scheme]; text != "" {
			w.Header().Add("WWW-Authenticate", text)
		}
	}
	w.WriteHeader(status)
}

// check returns the authentication scheme of a request. It also returns an
// error if the API must refuse the request.
func (a *dpopAPI) check(r *http.Request) (scheme string, err error) {
	plain := r.Clone(r.Context())
	fields := slices.Clone(r.Header["Authorization"])
	for i, field := range fields {
		given, text, _ := strings.Cut(field, " ")
		switch {
		case strings.EqualFold(given, "DPoP"):
			scheme, fields[i] = "DPoP", "Bearer "+text
		case strings.EqualFold(given, "Bearer"):
			scheme = "Bearer"
		}
	}
	plain.Header["Authorization"] = fields
	if len(fields) == 0 {
		delete(plain.Header, "Authorization")
	}
	token, err := a.tokens.credentials(plain)
	if err != nil {
		return scheme, err
	}
	claims, err := a.claims(token)
	if err != nil {
		return scheme, err
	}
	confirmation, _ := claims["cnf"].(map[string]any)
	jkt, _ := confirmation["jkt"].(string)
	switch {
	case scheme == "Bearer" && jkt != "" && a.has("a bound token passes as bearer"):
		return scheme, nil
	case scheme == "Bearer" && jkt != "" && a.has("a proof makes the scheme irrelevant") && r.Header.Get("DPoP") != "":
	case scheme == "Bearer" && (jkt != "" || !a.bearer):
		return scheme, errToken
	case scheme == "Bearer":
		return scheme, nil
	case jkt == "" && !a.has("an unbound token passes with a proof"):
		return scheme, errToken
	}
	return scheme, a.proof(r, token, jkt)
}

// claims verifies a token and returns its claims.
func (a *dpopAPI) claims(token string) (map[string]any, error) {
	check := a.tokens.check
	if a.tokens.introspect != nil {
		check = a.tokens.introspect
	}
	if err := check(token); err != nil {
		return nil, err
	}
	if strings.Count(token, ".") == 2 {
		text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil {
			return nil, errToken
		}
		return a.tokens.object(text)
	}
	text, err := introspection(a.tokens.as, token)
	if err != nil {
		return nil, errFault
	}
	claims, err := a.tokens.object(text)
	if err == nil && claims["token_type"] != "DPoP" && claims["cnf"] != nil {
		return nil, errFault
	}
	return claims, err
}

// proof checks the DPoP fields of a request.
func (a *dpopAPI) proof(r *http.Request, token, jkt string) error {
	fields := r.Header.Values("DPoP")
	switch {
	case len(fields) == 0 && a.has("a proof is optional"):
		return nil
	case len(fields) == 0 && a.has("a missing proof is called a bad token"):
		return errToken
	case len(fields) == 0 && a.nonces && a.has("a missing proof is asked for with a nonce"):
		return errNonce
	case len(fields) == 0, len(fields) > 1 && !a.has("the first of two proofs counts"):
		return errProof
	}
	proof := fields[0]
	if a.has("a joined value is split") {
		proof, _, _ = strings.Cut(proof, ", ")
	}
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return errProof
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return errProof
		}
	}
	object := func(text []byte) (map[string]any, error) {
		lenient := vulnerableAPI{hole: map[bool]string{true: "the first of two members counts"}[a.has("the first of two members counts")]}
		return lenient.object(text)
	}
	header, err := object(raw[0])
	if err != nil {
		return errProof
	}
	claims, err := object(raw[1])
	if err != nil {
		return errProof
	}
	thumb, err := a.verify(header, parts, raw[2])
	switch {
	case err != nil:
		return err
	case thumb != jkt && a.has("another key is called a bad token"):
		return errToken
	case thumb != jkt && !a.has("the binding is forgotten") && jkt != "":
		return errProof
	}
	return a.request(r, claims, token, thumb)
}

// verify checks the header and the signature of a proof, and returns the
// thumbprint of its key.
func (a *dpopAPI) verify(header map[string]any, parts []string, sig []byte) (thumb string, err error) {
	alg, _ := header["alg"].(string)
	_, crit := header["crit"]
	if header["typ"] != "dpop+jwt" && !a.has("typ is ignored") || crit && !a.has("crit is ignored") {
		return "", errProof
	}
	text, _ := json.Marshal(header["jwk"])
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(text, &jwk); err != nil {
		return "", errProof
	}
	if !jwk.IsPublic() && a.has("a private key is accepted") {
		jwk = jwk.Public()
	}
	secret, symmetric := jwk.Key.([]byte)
	if !jwk.IsPublic() && (!symmetric || !a.has("a symmetric key is accepted")) {
		return "", errProof
	}
	if symmetric {
		sum := sha256.Sum256([]byte(`{"k":"` + base64.RawURLEncoding.EncodeToString(secret) + `","kty":"oct"}`))
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(parts[0] + "." + parts[1]))
		if !hmac.Equal(mac.Sum(nil), sig) {
			return "", errProof
		}
		return base64.RawURLEncoding.EncodeToString(sum[:]), nil
	}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", errProof
	}
	thumb = base64.RawURLEncoding.EncodeToString(sum)
	input := []byte(parts[0] + "." + parts[1])
	public, isRSA := jwk.Key.(*rsa.PublicKey)
	switch {
	case a.has("signatures of proofs are not verified"), alg == "none" && a.has("alg none passes"):
		return thumb, nil
	case isRSA && a.has("short keys are accepted"):
		digest := sha256.Sum256(input)
		return thumb, rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], sig)
	case alg == "HS256" && a.has("the public key is an HMAC secret"):
		der, _ := x509.MarshalPKIXPublicKey(jwk.Key)
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write(input)
		if hmac.Equal(mac.Sum(nil), sig) {
			return thumb, nil
		}
		return "", errProof
	case alg != a.alg:
		return "", errProof
	}
	if jwt.GetSigningMethod(alg).Verify(string(input), sig, jwk.Key) != nil {
		return "", errProof
	}
	return thumb, nil
}
