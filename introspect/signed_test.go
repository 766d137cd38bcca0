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
			s := newSite(saysSigned(key.sign(answered())))
			if got, want := isActive(t, newClient(t, s, demands(key.set())), token), `{"active":true,"sub":"alice"}`; got != want {
				t.Errorf("got claims %s, want %s", got, want)
			}
			if accept := s.seen()[0].header["Accept"]; len(accept) != 1 || accept[0] != signedType {
				t.Errorf("got Accept %q, want %q alone", accept, signedType)
			}
		})
	}
	t.Run("unsigned answers are asked for by their own type", func(t *testing.T) {
		s := newSite(says(`{"active":true}`))
		isActive(t, newClient(t, s), token)
		if accept := s.seen()[0].header["Accept"]; len(accept) != 1 || accept[0] != "application/json" {
			t.Errorf("got Accept %q, want application/json alone", accept)
		}
	})
}

func TestThreatsSignedAnswers(t *testing.T) {
	key, other := newSigner(t, "ES256"), newSigner(t, "ES256")
	good := key.sign(answered())
	plain := `{"active":true,"sub":"` + canary + `"}`
	typ := func(typ string) answer { return saysSigned(key.sign(answered(), "typ", typ)) }
	claims := func(pairs ...string) answer { return saysSigned(key.sign(answered(pairs...))) }
	header := func(text string) string { return b64(text) + "." + b64(answered()) }
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
		"an answer that is not signed is no downgrade":    says(plain),
		"nor is one that calls itself signed":             saysSigned(plain),
		"nor is a signed one that calls itself not":       typed(200, "application/json", good),
		"nor is one of another type":                      typed(200, "application/jwt", good),
		"nor is one without a type":                       typed(200, "", good),
		"typ is JWT":                                      typ("JWT"),
		"typ is an access token's":                        typ("at+jwt"),
		"typ is a prefix":                                 typ("token-introspection"),
		"typ has a parameter":                             typ("token-introspection+jwt;a=b"),
		"typ is empty":                                    typ(""),
		"typ is of another tree":                          typ("text/token-introspection+jwt"),
		"typ has a Kelvin sign for its k":                 typ("to\u212Aen-introspection+jwt"),
		"typ is missing":                                  saysSigned(signedWithout(key, "typ")),
		"alg is none":                                     saysSigned(none + "."),
		"alg is none, with a signature":                   saysSigned(none + ".AAAA"),
		"alg is HS256 with the public key":                saysSigned(mac(hs, public)),
		"alg is HS256 with the set":                       saysSigned(mac(hs, key.text())),
		"alg is HS256 with our own secret":                saysSigned(mac(hs, []byte("secret"))),
		"alg is another one of the key's family":          saysSigned(header(`{"alg":"ES384","kid":"k1","typ":"token-introspection+jwt"}`) + good[strings.LastIndexByte(good, '.'):]),
		"a header is critical":                            saysSigned(key.sign(answered(), "crit", []string{"x"}, "x", 1)),
		"the key is in the header":                        saysSigned(other.sign(answered(), "jwk", other.key.Public())),
		"the key is another one":                          saysSigned(other.sign(answered())),
		"the key ID is unknown":                           saysSigned(key.sign(answered(), "kid", canary)),
		"the signature is missing":                        saysSigned(good[:strings.LastIndexByte(good, '.')+1]),
		"the signature is of zeros":                       saysSigned(good[:strings.LastIndexByte(good, '.')+1] + b64(string(make([]byte, 64)))),
		"the payload was changed":                         saysSigned(spliced(good, answered("token_introspection", plain))),
		"a line break follows":                            saysSigned(good + "\n"),
		"it is in quotes":                                 saysSigned(`"` + good + `"`),
		"it is a JSON serialization":                      saysSigned(`{"payload":"` + b64(answered()) + `","signatures":[]}`),
		"it is encrypted, by its look":                    saysSigned(good + ".AA.AA"),
		"iss is another issuer":                           claims("iss", `"https://evil.example"`),
		"iss has a slash more":                            claims("iss", `"`+issuer+`/"`),
		"iss is missing":                                  claims("iss", ""),
		"iss is an array":                                 claims("iss", `["`+issuer+`"]`),
		"aud is another client":                           claims("aud", `"another"`),
		"aud is missing":                                  claims("aud", ""),
		"aud is empty":                                    claims("aud", `""`),
		"aud is no client of an array":                    claims("aud", `["another","api2"]`),
		"aud is an array with something else in it":       claims("aud", `["api",1]`),
		"aud is an array of 17 others":                    claims("aud", `["x"`+strings.Repeat(`,"x"`, 16)+`]`),
		"iat is missing":                                  claims("iat", ""),
		"iat is a string":                                 claims("iat", `"`+unix(0)+`"`),
		"iat is null":                                     claims("iat", "null"),
		"iat is six minutes ago":                          claims("iat", unix(-6*time.Minute)),
		"iat is in six minutes":                           claims("iat", unix(6*time.Minute)),
		"token_introspection is missing":                  claims("token_introspection", ""),
		"token_introspection is missing, active is there": claims("token_introspection", "", "active", "true"),
		"token_introspection is true":                     claims("token_introspection", "true"),
		"token_introspection is text":                     claims("token_introspection", `"{\"active\":true}"`),
		"token_introspection is null":                     claims("token_introspection", "null"),
		"token_introspection does not say active":         claims("token_introspection", `{"sub":"alice"}`, "active", "true"),
		"active is there twice":                           saysSigned(key.sign(strings.Replace(answered(), `{"active":true`, `{"active":true,"active":true`, 1))),
		"token_introspection is there twice":              saysSigned(key.sign(answered()[:len(answered())-1] + `,"token_introspection":{"active":true}}`)),
		"the payload is no JSON":                          saysSigned(key.sign(canary)),
		"the payload is an array":                         saysSigned(key.sign(`[` + answered() + `]`)),
		"the payload is nothing":                          saysSigned(key.sign(``)),
	} {
		t.Run("I18/"+name, func(t *testing.T) {
			s := newSite(wrong)
			c := newClient(t, s, demands(key.set()))
			isUnknown(t, c, token, introspect.ErrUnavailable)
			isUnknown(t, c, token, introspect.ErrUnavailable)
			s.asked(t, 2)
			s.becomes(saysSigned(good)) // an answer that is odd does not cut the others off
			isActive(t, c, token)
		})
	}
	for name, right := range map[string]answer{
		"the type has parameters and capitals":   typed(200, "Application/Token-Introspection+JWT; charset=utf-8", good),
		"typ is in full":                         typ("application/token-introspection+jwt"),
		"typ is in capitals":                     typ("Token-Introspection+JWT"),
		"aud is one of several":                  claims("aud", `["another","api"]`),
		"iat is four minutes ago":                claims("iat", unix(-4*time.Minute)),
		"iat is in four minutes":                 claims("iat", unix(4*time.Minute)),
		"there is no key ID, and a single key":   saysSigned(signedWithout(key, "kid")),
		"there are members that nobody knows of": claims("x", `{"active":false}`),
	} {
		t.Run("I18/"+name, func(t *testing.T) {
			isActive(t, newClient(t, newSite(right), demands(key.set())), token)
		})
	}
	t.Run("I18/a shared secret signs no answer", func(t *testing.T) {
		secret := []byte(strings.Repeat("s", 32)) // whoever checks with it could have signed
		c := newClient(t, newSite(saysSigned(mac(hs, secret))), demands(jwks.Secret("k1", secret)))
		isUnknown(t, c, token, introspect.ErrUnavailable)
	})
	t.Run("I18/what is inactive is so when it is signed", func(t *testing.T) {
		isInactive(t, newClient(t, newSite(claims("token_introspection", `{"active":false}`)), demands(key.set())), token)
	})
}

// spliced puts another payload into a JWS.
func spliced(compact, payload string) string {
	parts := strings.Split(compact, ".")
	return parts[0] + "." + b64(payload) + "." + parts[2]
}

// signedWithout is a good answer whose header lacks a member.
func signedWithout(s signer, member string) string {
	header := map[string]string{"kid": `{"alg":"ES256","typ":"token-introspection+jwt"}`, "typ": `{"alg":"ES256","kid":"k1"}`}[member]
	input := b64(header) + "." + b64(answered())
	return input + "." + b64(string(es256(s.key, input)))
}

// The window for iat is five minutes to both sides, to the second.
func TestSignedAnswersAreOfNow(t *testing.T) {
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
				c := newClient(t, newSite(saysSigned(key.sign(answered("iat", fmt.Sprint(time.Now().Add(-tt.age).Unix()))))), demands(key.set()))
				if tt.active {
					isActive(t, c, token)
				} else {
					isUnknown(t, c, token, introspect.ErrUnavailable)
				}
			})
		})
	}
}

// source is somebody's own way to have keys.
type source struct{ err error }

func (s source) Key(context.Context, string, string) (any, error) { return nil, s.err }

func TestSignedAnswersWhileKeysAreMissing(t *testing.T) {
	key := newSigner(t, "ES256")
	t.Run("what a Source says is not repeated", func(t *testing.T) {
		log := new(journal)
		c := newClient(t, newSite(saysSigned(key.sign(answered()))), demands(source{errors.New(canary)}), func(c *introspect.Config) { c.Logger = log.logger() })
		isUnknown(t, c, token, jwks.ErrUnavailable)
		if strings.Contains(log.text.String(), canary) {
			t.Errorf("got log %q", log.text.String())
		}
	})
	t.Run("a Remote that comes back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(paths(map[string]answer{"/introspect": saysSigned(key.sign(answered()))}))
			remote, err := jwks.NewRemote(issuer+"/keys", jwks.Options{Client: s.client(), Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, s, demands(remote))
			isUnknown(t, c, token, jwks.ErrUnavailable)
			time.Sleep(time.Minute)
			s.becomes(paths(map[string]answer{"/introspect": saysSigned(key.sign(answered())), "/keys": says(string(key.text()))}))
			isActive(t, c, token)
		})
	})
}
