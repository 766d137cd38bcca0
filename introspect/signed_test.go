package introspect_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

func TestSignedAnswersOfEveryAlgorithm(t *testing.T) {
	for _, algorithm := range asymmetric {
		t.Run(algorithm, func(t *testing.T) {
			key := newSigner(t, algorithm)
			s := newSite(respondSigned(key.sign(signedPayload())))
			if got, want := assertActive(t, newClient(t, s, requireSigned(key.set())), token), `{"active":true,"sub":"alice"}`; got != want {
				t.Errorf("got claims %s, want %s", got, want)
			}
			if accept := s.received()[0].header["Accept"]; len(accept) != 1 || accept[0] != signedType {
				t.Errorf("got Accept %q, want only %q", accept, signedType)
			}
		})
	}
	t.Run("unsigned answers are requested as JSON", func(t *testing.T) {
		s := newSite(respondOK(`{"active":true}`))
		assertActive(t, newClient(t, s), token)
		if accept := s.received()[0].header["Accept"]; len(accept) != 1 || accept[0] != "application/json" {
			t.Errorf("got Accept %q, want only application/json", accept)
		}
	})
}

func TestThreatsSignedAnswers(t *testing.T) {
	key, other := newSigner(t, "ES256"), newSigner(t, "ES256")
	good := key.sign(signedPayload())
	plain := `{"active":true,"sub":"` + canary + `"}`
	typ := func(typ string) answer { return respondSigned(key.sign(signedPayload(), "typ", typ)) }
	claims := func(pairs ...string) answer { return respondSigned(key.sign(signedPayload(pairs...))) }
	header := func(text string) string { return b64(text) + "." + b64(signedPayload()) }
	mac := func(input string, secret []byte) string {
		sum := hmac.New(crypto.SHA256.New, secret)
		sum.Write([]byte(input))
		return input + "." + b64(string(sum.Sum(nil)))
	}
	public, err := x509.MarshalPKIXPublicKey(key.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	hs := header(`{"alg":"HS256","kid":"k1","typ":"token-introspection+jwt"}`)
	none := header(`{"alg":"none","typ":"token-introspection+jwt"}`)
	unix := func(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }

	for name, wrong := range map[string]answer{
		"an unsigned answer is refused":                      respondOK(plain),
		"an unsigned answer with the signed type is refused": respondSigned(plain),
		"a signed answer with the unsigned type is refused":  respondAs(200, "application/json", good),
		"a signed answer of another type is refused":         respondAs(200, "application/jwt", good),
		"a signed answer without a type is refused":          respondAs(200, "", good),
		"typ is JWT":                                        typ("JWT"),
		"typ is an access token's":                          typ("at+jwt"),
		"typ is a prefix":                                   typ("token-introspection"),
		"typ has a parameter":                               typ("token-introspection+jwt;a=b"),
		"typ is empty":                                      typ(""),
		"typ has another top-level type":                    typ("text/token-introspection+jwt"),
		"typ has a Kelvin sign for its k":                   typ("to\u212Aen-introspection+jwt"),
		"typ is missing":                                    respondSigned(signedWithout(key, "typ")),
		"alg is none":                                       respondSigned(none + "."),
		"alg is none, with a signature":                     respondSigned(none + ".AAAA"),
		"alg is HS256 with the public key":                  respondSigned(mac(hs, public)),
		"alg is HS256 with the set":                         respondSigned(mac(hs, key.text())),
		"alg is HS256 with our own secret":                  respondSigned(mac(hs, []byte("secret"))),
		"alg is another one of the key's family":            respondSigned(header(`{"alg":"ES384","kid":"k1","typ":"token-introspection+jwt"}`) + good[strings.LastIndexByte(good, '.'):]),
		"a header is critical":                              respondSigned(key.sign(signedPayload(), "crit", []string{"x"}, "x", 1)),
		"the key is in the header":                          respondSigned(other.sign(signedPayload(), "jwk", other.key.Public())),
		"the key is another one":                            respondSigned(other.sign(signedPayload())),
		"the key ID is unknown":                             respondSigned(key.sign(signedPayload(), "kid", canary)),
		"the signature is missing":                          respondSigned(good[:strings.LastIndexByte(good, '.')+1]),
		"the signature is all zeros":                        respondSigned(good[:strings.LastIndexByte(good, '.')+1] + b64(string(make([]byte, 64)))),
		"the payload was changed":                           respondSigned(withPayload(good, signedPayload("token_introspection", plain))),
		"a line break follows":                              respondSigned(good + "\n"),
		"it is in quotes":                                   respondSigned(`"` + good + `"`),
		"it is a JSON serialization":                        respondSigned(`{"payload":"` + b64(signedPayload()) + `","signatures":[]}`),
		"it has five segments":                              respondSigned(good + ".AA.AA"),
		"iss is another issuer":                             claims("iss", `"https://evil.example"`),
		"iss has an extra slash":                            claims("iss", `"`+issuer+`/"`),
		"iss is missing":                                    claims("iss", ""),
		"iss is an array":                                   claims("iss", `["`+issuer+`"]`),
		"aud is another client":                             claims("aud", `"another"`),
		"aud is missing":                                    claims("aud", ""),
		"aud is empty":                                      claims("aud", `""`),
		"aud is an array of other clients":                  claims("aud", `["another","api2"]`),
		"aud is an array with a number":                     claims("aud", `["api",1]`),
		"aud is an array of 17 others":                      claims("aud", `["x"`+strings.Repeat(`,"x"`, 16)+`]`),
		"iat is missing":                                    claims("iat", ""),
		"iat is a string":                                   claims("iat", `"`+unix(0)+`"`),
		"iat is null":                                       claims("iat", "null"),
		"iat is six minutes ago":                            claims("iat", unix(-6*time.Minute)),
		"iat is in six minutes":                             claims("iat", unix(6*time.Minute)),
		"token_introspection is missing":                    claims("token_introspection", ""),
		"token_introspection is missing, active is present": claims("token_introspection", "", "active", "true"),
		"token_introspection is true":                       claims("token_introspection", "true"),
		"token_introspection is text":                       claims("token_introspection", `"{\"active\":true}"`),
		"token_introspection is null":                       claims("token_introspection", "null"),
		"token_introspection has no active":                 claims("token_introspection", `{"sub":"alice"}`, "active", "true"),
		"active is repeated":                                respondSigned(key.sign(strings.Replace(signedPayload(), `{"active":true`, `{"active":true,"active":true`, 1))),
		"token_introspection is repeated":                   respondSigned(key.sign(signedPayload()[:len(signedPayload())-1] + `,"token_introspection":{"active":true}}`)),
		"the payload is not JSON":                           respondSigned(key.sign(canary)),
		"the payload is an array":                           respondSigned(key.sign(`[` + signedPayload() + `]`)),
		"the payload is empty":                              respondSigned(key.sign(``)),
	} {
		t.Run("I18/"+name, func(t *testing.T) {
			s := newSite(wrong)
			c := newClient(t, s, requireSigned(key.set()))
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			s.assertRequests(t, 2)
			s.setAnswer(respondSigned(good)) // the invalid answer does not affect a later query
			assertActive(t, c, token)
		})
	}
	for name, right := range map[string]answer{
		"the type has parameters and capitals": respondAs(200, "Application/Token-Introspection+JWT; charset=utf-8", good),
		"typ is in full":                       typ("application/token-introspection+jwt"),
		"typ is in capitals":                   typ("Token-Introspection+JWT"),
		"aud is one of several":                claims("aud", `["another","api"]`),
		"iat is four minutes ago":              claims("iat", unix(-4*time.Minute)),
		"iat is in four minutes":               claims("iat", unix(4*time.Minute)),
		"there is no key ID, and only one key": respondSigned(signedWithout(key, "kid")),
		"there are unknown members":            claims("x", `{"active":false}`),
	} {
		t.Run("I18/"+name, func(t *testing.T) {
			assertActive(t, newClient(t, newSite(right), requireSigned(key.set())), token)
		})
	}
	t.Run("I18/an answer signed with a shared secret is refused", func(t *testing.T) {
		secret := []byte(strings.Repeat("s", 32)) // with a shared secret, the API could have signed the answer itself
		c := newClient(t, newSite(respondSigned(mac(hs, secret))), requireSigned(jwks.Secret("k1", secret)))
		assertUnavailable(t, c, token, introspect.ErrUnavailable)
	})
	t.Run("I18/a signed answer may be inactive", func(t *testing.T) {
		assertInactive(t, newClient(t, newSite(claims("token_introspection", `{"active":false}`)), requireSigned(key.set())), token)
	})
}

// withPayload returns a copy of a JWS with a different payload and the original
// signature.
func withPayload(compact, payload string) string {
	parts := strings.Split(compact, ".")
	return parts[0] + "." + b64(payload) + "." + parts[2]
}

// signedWithout returns a signed answer that is valid except that one member of
// its header is missing.
func signedWithout(s signer, member string) string {
	header := map[string]string{"kid": `{"alg":"ES256","typ":"token-introspection+jwt"}`, "typ": `{"alg":"ES256","kid":"k1"}`}[member]
	input := b64(header) + "." + b64(signedPayload())
	return input + "." + b64(string(es256(s.key, input)))
}

// The iat of a signed answer may differ from now by five minutes, but not by
// more.
func TestIssuedAtOfSignedAnswers(t *testing.T) {
	key := newSigner(t, "ES256")
	for _, tt := range []struct {
		name   string
		age    time.Duration
		active bool
	}{
		{"five minutes ago", 5 * time.Minute, true}, {"a second more", 5*time.Minute + time.Second, false},
		{"in five minutes", -5 * time.Minute, true}, {"in a second more", -5*time.Minute - time.Second, false},
	} {
		t.Run("I18/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, newSite(respondSigned(key.sign(signedPayload("iat", fmt.Sprint(time.Now().Add(-tt.age).Unix()))))), requireSigned(key.set()))
				if tt.active {
					assertActive(t, c, token)
				} else {
					assertUnavailable(t, c, token, introspect.ErrUnavailable)
				}
			})
		})
	}
}

// source is a jwks.Source that returns err for every key.
type source struct{ err error }

func (s source) Key(context.Context, string, string) (any, error) { return nil, s.err }

func TestSignedAnswersWithoutKeys(t *testing.T) {
	key := newSigner(t, "ES256")
	t.Run("the error of a Source is not logged", func(t *testing.T) {
		log := new(logCapture)
		c := newClient(t, newSite(respondSigned(key.sign(signedPayload()))), requireSigned(source{errors.New(canary)}), func(c *introspect.Config) { c.Logger = log.logger() })
		assertUnavailable(t, c, token, jwks.ErrUnavailable)
		if strings.Contains(log.text.String(), canary) {
			t.Errorf("got log %q, want it without the error text of the Source", log.text.String())
		}
	})
	t.Run("a Remote that recovers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(byPath(map[string]answer{"/introspect": respondSigned(key.sign(signedPayload()))}))
			remote, err := jwks.NewRemote(issuer+"/keys", jwks.Options{Client: s.client(), Logger: discardLogger})
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, s, requireSigned(remote))
			assertUnavailable(t, c, token, jwks.ErrUnavailable)
			time.Sleep(time.Minute)
			s.setAnswer(byPath(map[string]answer{"/introspect": respondSigned(key.sign(signedPayload())), "/keys": respondOK(string(key.text()))}))
			assertActive(t, c, token)
		})
	})
}
