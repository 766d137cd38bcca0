package apitest_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// request returns an error unless the claims of a proof match the request r.
func (a *dpopAPI) request(r *http.Request, claims map[string]any, token, thumb string) error {
	text := func(name string) string {
		s, _ := claims[name].(string)
		return s
	}
	if htm := text("htm"); htm != r.Method && !a.has("the method is forgotten") && !(a.has("the method is compared without case") && strings.EqualFold(htm, r.Method)) {
		return errProof
	}
	if !a.isTarget(r, text("htu")) {
		return errProof
	}
	sum := sha256.Sum256([]byte(token))
	ath := text("ath")
	if a.has("ath is decoded leniently") {
		ath = strings.TrimRight(ath, "=")
	}
	if ath != base64.RawURLEncoding.EncodeToString(sum[:]) && !a.has("the hash is forgotten") && !(a.has("ath is optional") && claims["ath"] == nil) {
		return errProof
	}
	if err := a.times(claims); err != nil {
		return err
	}
	jti := text("jti")
	if _, isText := claims["jti"].(string); !isText && claims["jti"] != nil && a.has("jti of another type is accepted") {
		jti = rand.Text()
	}
	if len(jti) > 256 && a.has("a long jti is refused") {
		return errProof
	}
	if jti == "" && !a.has("jti is optional") {
		return errProof
	}
	entry := thumb + jti
	if a.has("the key is not part of the replay entry") {
		entry = jti
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if jti != "" && a.seen[entry] && !a.has("replays are forgotten") {
		return errProof
	}
	a.seen[entry] = true
	return nil
}

func (a *dpopAPI) times(claims map[string]any) error {
	now, nonce := float64(time.Now().UnixMilli())/1000, claims["nonce"]
	number := func(name string) (seconds float64, ok bool) {
		n, ok := claims[name].(json.Number)
		if text, isText := claims[name].(string); isText && a.has("iat of another type is accepted") {
			n, ok = json.Number(text), true
		}
		seconds, err := n.Float64()
		if a.has("iat is an integer") && strings.Contains(string(n), ".") {
			return 0, false
		}
		return seconds, ok && err == nil
	}
	iat, ok := number("iat")
	age := now - iat
	switch {
	case !ok && !(claims["iat"] == nil && a.has("iat is optional")):
		return errProof
	case ok && !a.nonces && (age > 60 && !a.has("old proofs are accepted") || age < -15 && !a.has("future proofs are accepted")):
		return errProof
	}
	if exp, ok := number("exp"); ok && exp <= now && !a.has("exp of a proof is ignored") {
		return errProof
	}
	if nbf, ok := number("nbf"); ok && nbf > now && !a.has("nbf of a proof is ignored") {
		return errProof
	}
	if !a.nonces {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	given, _ := nonce.(string)
	switch {
	case nonce == nil && a.has("nonces are optional"), nonce == nil && len(a.issued) > 0 && a.has("a nonce is needed once"), a.has("any nonce is accepted") && given != "":
		return nil
	case !a.issued[given] && nonce != nil && a.has("a foreign nonce is called a bad proof"):
		return errProof
	case !a.issued[given]:
		return errNonce
	}
	if a.has("a nonce is for one proof") {
		delete(a.issued, given)
	}
	return nil
}

func (a *dpopAPI) nonce() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	nonce := rand.Text()
	a.issued[nonce] = true
	return nonce
}

// isTarget reports whether htu is the URL of the request.
func (a *dpopAPI) isTarget(r *http.Request, htu string) bool {
	path := r.URL.EscapedPath()
	want := "https://" + r.Host + path
	if a.origin != "" {
		want = a.origin + path
	}
	got, err := url.Parse(htu)
	own, _ := url.Parse(want)
	switch {
	case htu == want, a.has("the URL is forgotten"), a.has("htu is optional") && htu == "":
		return true
	case err != nil || htu == "":
		return false
	case a.has("a relative htu is accepted") && got.Host == "":
		return got.Path == own.Path
	}
	same := func(hole string, equal bool) bool { return equal || a.has(hole) }
	return same("the scheme of htu is ignored", got.Scheme == own.Scheme) &&
		same("the port of htu is ignored", got.Port() == own.Port()) &&
		same("the host of htu is ignored", got.Hostname() == own.Hostname() || a.has("the host of htu is a prefix") && strings.HasPrefix(got.Host, own.Host)) &&
		same("the user of htu is ignored", got.User == nil) &&
		(same("the path of htu is ignored", got.EscapedPath() == own.EscapedPath()) ||
			a.has("the path of htu is compared without case") && strings.EqualFold(got.Path, own.Path) ||
			a.has("a slash at the end of htu is ignored") && strings.TrimSuffix(got.EscapedPath(), "/") == own.EscapedPath() ||
			a.has("htu is unescaped") && strings.ReplaceAll(got.Path, "//", "/") == own.Path && got.RawPath != "")
}
