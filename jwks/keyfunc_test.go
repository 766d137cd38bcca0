package jwks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

var asymmetric = []testserver.Alg{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
	"ES256", "ES384", "ES512", "EdDSA",
}

func discoverServer(t *testing.T, as *testserver.Server) *jwks.Remote {
	t.Helper()
	r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger, MinInterval: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKeyfuncAcceptsEveryAlgorithm(t *testing.T) {
	as := testserver.New(t)
	r := discoverServer(t, as)
	for _, algorithm := range asymmetric {
		t.Run(string(algorithm), func(t *testing.T) {
			text := as.Token(testserver.SigningAlg(algorithm))
			token, err := jwt.Parse(text, r.Keyfunc(t.Context()), jwt.WithValidMethods([]string{string(algorithm)}), jwt.WithIssuer(as.Issuer()))
			if err != nil || !token.Valid {
				t.Fatalf("got %v, want the token accepted", err)
			}
			if got := token.Method.Alg(); got != string(algorithm) {
				t.Errorf("got method %s, want %s", got, algorithm)
			}
			changed := []byte(text)
			changed[len(changed)-10] ^= 1
			if _, err := jwt.Parse(string(changed), r.Keyfunc(t.Context())); err == nil {
				t.Error("a changed signature was accepted")
			}
		})
	}
}

// newMaker publishes a new key on the server and returns a Maker that signs
// tokens with this key.
func newMaker(as *testserver.Server, algorithm testserver.Alg) forge.Maker {
	key := testserver.GenerateKey(algorithm, "")
	as.Publish(key)
	return forge.Maker{Key: key, Issuer: as.Issuer(), Audience: "api", Now: time.Now()}
}

func TestKeyfuncRefusesWhatGolangJWTAccepts(t *testing.T) {
	as := testserver.New(t)
	r := discoverServer(t, as)
	es, ps := newMaker(as, "ES256"), newMaker(as, "PS256")
	salted := func(length int) string {
		input := forge.Encode(ps.Header()) + "." + forge.Encode(ps.Claims())
		return input + "." + forge.Encode(string(forge.SignPSS(ps.Key, input, length)))
	}
	header := es.Header()
	for _, test := range []struct {
		name, token string
		key         testserver.Key
	}{
		{"F1/crit with an unknown extension", es.Token(es.Header("crit", `["x"]`, "x", "1"), es.Claims()), es.Key},
		{"F1/crit without an extension", es.Token(es.Header("crit", `[]`), es.Claims()), es.Key},
		{"F1/crit with b64", es.Token(es.Header("crit", `["b64"]`, "b64", "false"), es.Claims()), es.Key},
		{"F1/b64 without crit", es.Token(es.Header("b64", "true"), es.Claims()), es.Key},
		{"F5/alg given twice", es.Token(strings.Replace(header, "{", `{"alg":"none",`, 1), es.Claims()), es.Key},
		{"F5/kid given twice", es.Token(strings.Replace(header, "{", `{"kid":"other",`, 1), es.Claims()), es.Key},
		{"F5/an unknown member given twice", es.Token(strings.Replace(header, "{", `{"a":1,"a":2,`, 1), es.Claims()), es.Key},
		{"F5/invalid UTF-8", es.Token(strings.Replace(header, "{", "{\"a\":\"\xff\",", 1), es.Claims()), es.Key},
		{"F6/a line break after the signature", es.Good() + "\n", es.Key},
		{"F10/an empty salt", salted(0), ps.Key},
		{"F10/a salt a byte too short", salted(31), ps.Key},
		{"F10/a salt a byte too long", salted(33), ps.Key},
		{"F10/a salt of maximum length", salted(256 - 32 - 2), ps.Key},
	} {
		t.Run(test.name, func(t *testing.T) {
			public := test.key.Private.Public()
			if _, err := jwt.Parse(test.token, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
				t.Errorf("golang-jwt without Keyfunc: got %v, want it to accept the token, or the case proves nothing", err)
			}
			if token, err := jwt.Parse(test.token, r.Keyfunc(t.Context())); err == nil || token.Valid {
				t.Error("the token was accepted")
			}
		})
	}
	for name, token := range map[string]string{"ES256": es.Good(), "PS256": ps.Good(), "PS256, salt of 32 bytes": salted(32)} {
		if _, err := jwt.Parse(token, r.Keyfunc(t.Context())); err != nil {
			t.Errorf("%s: got %v, want the token without the fault accepted", name, err)
		}
	}
}

func TestKeyfuncSelectsTheKey(t *testing.T) {
	as := testserver.New(t)
	r := discoverServer(t, as)
	es, rs := newMaker(as, "ES256"), newMaker(as, "RS256")
	attacker := forge.Maker{Key: testserver.GenerateKey("ES256", es.Key.ID), Issuer: as.Issuer(), Now: time.Now()}
	unknown := forge.Maker{Key: testserver.GenerateKey("ES256", "CANARY"), Issuer: as.Issuer(), Now: time.Now()}

	// The algorithm-confusion attack uses the public key in PEM as the HMAC
	// secret.
	der, err := x509.MarshalPKIXPublicKey(rs.Key.Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	confused := func() string {
		input := forge.Encode(rs.Header("alg", `"HS256"`)) + "." + forge.Encode(rs.Claims())
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write([]byte(input))
		return input + "." + forge.Encode(string(mac.Sum(nil)))
	}()

	for _, test := range []struct {
		name, token string
		want        error // nil means any error
	}{
		{"an unknown kid", unknown.Good(), jwks.ErrUnknownKey},
		{"no kid where several keys fit", es.Token(es.Header("kid", ""), es.Claims()), jwks.ErrUnfitKey},
		{"the kid of a key of another type", es.Token(es.Header("kid", `"`+rs.Key.ID+`"`), es.Claims()), jwks.ErrUnfitKey},
		{"another algorithm of the key's type", rs.Token(rs.Header("alg", `"PS256"`), rs.Claims()), jwks.ErrUnfitKey},
		{"HS256 under the public key", confused, jwks.ErrUnfitKey},
		{"none", forge.Encode(es.Header("alg", `"none"`)) + "." + forge.Encode(es.Claims()) + ".", nil},
		{"none with a signature", es.Token(es.Header("alg", `"none"`), es.Claims()), nil},
		{"no alg", es.Token(es.Header("alg", ""), es.Claims()), nil},
		{"a kid that is a number", es.Token(es.Header("kid", "5"), es.Claims()), nil},
		{"an empty kid", es.Token(es.Header("kid", `""`), es.Claims()), nil},
		{"another key with a known kid", attacker.Good(), jwt.ErrTokenSignatureInvalid},
		{"a key in the header", unknown.Token(unknown.Header("kid", `"`+es.Key.ID+`"`, "jwk", encoded(freshEC("x"))), unknown.Claims()), jwt.ErrTokenSignatureInvalid},
		{"a key URL in the header", unknown.Token(unknown.Header("jku", `"https://evil.example.net/"`), unknown.Claims()), jwks.ErrUnknownKey},
		{"four segments", es.Good() + ".x", nil},
	} {
		t.Run(test.name+" is refused", func(t *testing.T) {
			token, err := jwt.Parse(test.token, r.Keyfunc(t.Context()))
			if err == nil || token != nil && token.Valid || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "evil")) {
				t.Errorf("the error quotes the token: %q", err)
			}
		})
	}
	t.Run("a token without its raw text is refused", func(t *testing.T) {
		if key, err := r.Keyfunc(t.Context())(&jwt.Token{Header: map[string]any{"alg": "ES256", "kid": es.Key.ID}}); key != nil || err == nil {
			t.Errorf("got %v and %v, want an error", key, err)
		}
	})
}

func TestKeyfuncChecksTheHeaderBeforeFetching(t *testing.T) {
	s := newSite(respondOK(set(freshEC("a"))))
	r := s.remote(t, jwks.Options{})
	m := forge.Maker{Key: testserver.GenerateKey("ES256", "a"), Issuer: issuer, Now: time.Now()}
	for _, token := range []string{
		m.Token(m.Header("crit", `["x"]`), m.Claims()), m.Token(m.Header("alg", `"none"`), m.Claims()), m.Good() + "\n", "a.b.c", "",
	} {
		if _, err := jwt.Parse(token, r.Keyfunc(t.Context())); err == nil {
			t.Error("a token was accepted")
		}
	}
	if got := s.count(); got != 0 {
		t.Errorf("got %d requests, want none", got)
	}
}

func TestKeyfuncWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: &http.Client{Transport: slow{as.Client().Transport, 750 * time.Millisecond}}, Logger: discardLogger})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := jwt.Parse(as.Token(), r.Keyfunc(ctx)); !errors.Is(err, jwks.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want ErrUnavailable and the deadline", err)
		}
		if got := time.Since(begin); got != time.Second {
			t.Errorf("took %v, want the 1 s of the context", got)
		}
		if _, err := jwt.Parse(as.Token(), r.Keyfunc(t.Context())); err != nil {
			t.Errorf("later: got %v, want the token accepted", err)
		}
		if got := time.Since(begin); got != 1500*time.Millisecond {
			t.Errorf("took %v in all, want the 1.5 s of the first fetch", got)
		}
	})
}

func TestKeyfuncFollowsARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger})
		if err != nil {
			t.Fatal(err)
		}
		// The server and jwt.Parse both use the clock of the synctest bubble.
		parse := func(token string) error { _, err := jwt.Parse(token, r.Keyfunc(t.Context())); return err }
		old := as.Token()
		if err := parse(old); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		as.Rotate(testserver.Rotation{DropOld: true})
		if err := parse(as.Token()); err != nil {
			t.Errorf("the new key: got %v, want it accepted", err)
		}
		if err := parse(old); !errors.Is(err, jwks.ErrUnknownKey) {
			t.Errorf("the key that was dropped: got %v, want ErrUnknownKey", err)
		}
	})
}
