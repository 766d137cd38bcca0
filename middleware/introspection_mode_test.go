package middleware_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

var modes = map[string]middleware.IntrospectionMode{
	"opaque tokens": middleware.IntrospectOpaque, "JWTs too": middleware.IntrospectJWTs, "all tokens": middleware.IntrospectAll,
}

// elsewhere is the URL of a configured issuer without Introspection.
const elsewhere = "https://elsewhere.example"

// The syntax of a token decides whether it is a JWT or opaque. A token that is
// refused as a JWT is never introspected as an opaque token, because an issuer
// that checks its own JWTs laxly could report a forgery as active.
func TestThreatsNoFallback(t *testing.T) {
	answer := active(forge.Maker{Issuer: opaqueIssuer, Audience: "api", Now: now})
	for _, m := range []middleware.IntrospectionMode{middleware.IntrospectOpaque, middleware.IntrospectJWTs} {
		o := stubAnswering(answer)
		s, maker := introspectingSetup(t, o, mode(m), func(c *middleware.Config) {
			another, _ := localIssuer(elsewhere)
			c.Issuers = append(c.Issuers, another)
		})
		evil := maker
		evil.Key.Secret = []byte(strings.Repeat("x", 32))
		good := maker.Good()
		for name, token := range map[string]string{
			"a bad signature":          evil.Good(),
			"no signature":             good[:strings.LastIndexByte(good, '.')+1],
			"two segments":             good[:strings.LastIndexByte(good, '.')],
			"four segments":            good + ".AA",
			"alg none":                 maker.Token(maker.Header("alg", `"none"`), maker.Claims()),
			"another algorithm":        maker.Token(maker.Header("alg", `"RS256"`), maker.Claims()),
			"an unknown key ID":        maker.Token(maker.Header("kid", `"x"`), maker.Claims()),
			"a critical header":        maker.Token(maker.Header("crit", `["x"]`), maker.Claims()),
			"claims that are not JSON": maker.Token(maker.Header(), "x"),
			"another issuer":           maker.Token(maker.Header(), maker.Claims("iss", `"https://x.example"`)),
			"no issuer":                maker.Token(maker.Header(), maker.Claims("iss", "")),
			"another audience":         maker.Token(maker.Header(), maker.Claims("aud", `"x"`)),
			"an expired token":         maker.Token(maker.Header(), maker.Claims("exp", "1")),
			"an ID token":              maker.Token(maker.Header("typ", `"JWT"`), maker.Claims("at_hash", `"x"`)),
			"five segments":            good + ".AA.AA",
			"encrypted in three":       forge.Encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".AA.AA",
			"encrypted in four":        forge.Encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".AA.AA.AA",
			"encrypted in six":         forge.Encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".AA.AA.AA.AA.AA",
			"encrypted by no name":     forge.Encode(`{"alg":"RSA-OAEP","enc":null}`) + ".AA.AA.AA.AA",
			"encrypted by two names":   forge.Encode(`{"alg":"dir","enc":"A256GCM","enc":"A128GCM"}`) + ".AA.AA.AA.AA",
			"encrypted by another one": forge.Encode(`{"alg":"dir","enc":"A256GCM","iss":"`+elsewhere+`"}`) + "..AA.AA.AA",
			"a header after a space":   maker.Token(" "+maker.Header(), maker.Claims("aud", `"x"`)),
			"a header after a line":    maker.Token("\r\n\t"+maker.Header(), maker.Claims("iss", `"`+elsewhere+`"`)),
			"a header after a mark":    maker.Token("\ufeff"+maker.Header(), maker.Claims()),
			"a header far away":        maker.Token(strings.Repeat("\n ", 2000)+"{ \t"+maker.Header()[1:], maker.Claims("aud", `"x"`)),
		} {
			t.Run("X09/"+name+" is not introspected", func(t *testing.T) {
				if got, err := s.verify(token); got != nil || err == nil || errors.Is(err, middleware.ErrUnavailable) {
					t.Errorf("got %v, %v, want a token or an error", got != nil, err)
				}
				o.assertReceived(t)
			})
		}
	}
}

func TestThreatsWhatLooksLikeAJWT(t *testing.T) {
	_, m := localIssuer(opaqueIssuer)
	for name, token := range map[string]string{
		"a word": "abc", "a UUID": "5b1f9d3e-2a47-4d8c-9a51-0c6f7d8e9a10", "a dot": "a.b", "two dots": "abc.def.ghi", "only dots": "...",
		"base64": "abc/def+ghi==", "a header's beginning without a dot": "eyJhbGciOiJub25lIn0", "segments of something else": forge.Encode("[1]") + ".AA.AA",
		"an encrypted JWT": forge.Encode(`{"alg":"RSA-OAEP","enc":"A256GCM","typ":"at+jwt"}`) + ".AA.AA.AA.AA", "an encrypted JWT without a key": forge.Encode(` {"enc":"A256GCM","alg":"dir"}`) + "..AA.AA.AA",
		"an encrypted JWT that names the issuer": forge.Encode(`{"alg":"dir","enc":"A256GCM","iss":"`+opaqueIssuer+`"}`) + "..AA.AA.AA",
		"PASETO":                                 "v4.public.eyJzdWIiOiJhIn0", "a macaroon": "MDAxY2xvY2F0aW9uIGh0dHA6", "a brace in the middle": "a" + forge.Encode(`{"alg":`) + ".b.c",
	} {
		t.Run("X09/"+name+" is opaque", func(t *testing.T) {
			o := stubFor(map[string]string{token: active(m)})
			s, _ := introspectingSetup(t, o)
			assertPasses(t, s, token)
			o.assertReceived(t, token)
		})
	}
}

func TestThreatsGatesBeforeAsking(t *testing.T) {
	for what, m := range modes {
		o := stubAnswering(`{"active":true}`)
		s, maker := introspectingSetup(t, o, mode(m))
		for name, tt := range map[string]struct {
			token string
			want  error
		}{
			"CR and LF": {"abc\r\ndef", middleware.ErrMalformed}, "an ampersand": {"abc&token=def", middleware.ErrMalformed}, "a percent sign": {"abc%26", middleware.ErrMalformed},
			"a space": {"abc def", middleware.ErrMalformed}, "a NUL": {"abc\x00", middleware.ErrMalformed}, "an equals sign inside": {"a=b", middleware.ErrMalformed},
			"only equals signs": {"===", middleware.ErrMalformed}, "a quote": {`abc"`, middleware.ErrMalformed}, "letters beyond ASCII": {"käse", middleware.ErrMalformed},
			"a comma": {"a,b", middleware.ErrMalformed}, "a colon": {"a:b", middleware.ErrMalformed}, "bytes that are not text": {"\xff\xfe", middleware.ErrMalformed},
			"nothing": {"", middleware.ErrNoToken}, "16385 bytes": {strings.Repeat("a", 16385), middleware.ErrTooLong}, "a megabyte": {strings.Repeat("a", 1<<20), middleware.ErrTooLong},
			"a JWT with a line break": {maker.Good() + "\n", middleware.ErrMalformed}, "a JWT with a space": {maker.Good() + " x", middleware.ErrMalformed},
		} {
			t.Run("I16/"+name+" is never introspected, although "+what+" are", func(t *testing.T) {
				assertRefused(t, s, tt.token, tt.want)
				if _, err := s.v.Authorize(map[string][]string{}, request(t, "Bearer "+tt.token)); err == nil {
					t.Error("Authorize accepted the token")
				}
				o.assertReceived(t)
			})
		}
	}
	t.Run("I16/16384 bytes are introspected", func(t *testing.T) {
		o := stubAnswering(`{"active":false}`)
		s, _ := introspectingSetup(t, o)
		long := strings.Repeat("a", 16384)
		assertRefused(t, s, long, middleware.ErrInactive)
		o.assertReceived(t, long)
	})
}

func TestOpaqueTokensWithoutIntrospection(t *testing.T) {
	issuer, _ := localIssuer(opaqueIssuer)
	s := &setup{v: newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{issuer}, Logger: quiet, Now: clock})}
	assertRefused(t, s, handle, middleware.ErrOpaque)
}

func TestModeOpaqueVerifiesJWTsLocally(t *testing.T) {
	o := stubAnswering(`{"active":false}`)
	s, m := introspectingSetup(t, o)
	assertPasses(t, s, m.Good())
	o.assertReceived(t)
	assertRefused(t, s, handle, middleware.ErrInactive)
	o.assertReceived(t, handle)
}

func TestModeJWTsIntrospectsJWTsThatPassed(t *testing.T) {
	_, maker := localIssuer(opaqueIssuer)
	good := maker.Good()
	for _, tt := range []struct {
		name, answer string
		want         error
	}{
		{"active", `{"active":true}`, nil},
		{"active, with the same claims", active(maker), nil},
		{"active, of another audience: the JWT's own counts", `{"active":true,"aud":"x"}`, nil},
		{"inactive", `{"active":false}`, middleware.ErrInactive},
		{"no answer", `500`, middleware.ErrUnavailable},
		{"our credentials refused", `401`, introspect.ErrCredentials},
		{"an odd answer", `{"active":"true"}`, middleware.ErrUnavailable},
		{"ended since", `{"active":true,"exp":1}`, middleware.ErrExpired},
		{"a malformed exp", `{"active":true,"exp":"x"}`, middleware.ErrMalformed},
		{"not yet valid", `{"active":true,"nbf":` + unix(time.Hour) + `}`, middleware.ErrNotYetValid},
		{"of another issuer", `{"active":true,"iss":"https://x.example"}`, middleware.ErrIssuer},
		{"a refresh token", `{"active":true,"token_type":"refresh_token"}`, middleware.ErrType},
		{"a token to be sent with a proof", `{"active":true,"token_type":"DPoP"}`, middleware.ErrType},
		{"a refresh token by token_use", `{"active":true,"token_use":"refresh_token"}`, middleware.ErrType},
		{"an ID token by typ", `{"active":true,"typ":"ID"}`, middleware.ErrType},
		{"an ID token by a hash", `{"active":true,"at_hash":"x"}`, middleware.ErrType},
		{"bound to a key", `{"active":true,"cnf":{"jkt":"x"}}`, middleware.ErrConfirmation},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := stubAnswering(tt.answer)
			s, _ := introspectingSetup(t, o, mode(middleware.IntrospectJWTs))
			if tt.want == nil {
				if token := assertPasses(t, s, good); token.Subject != "alice" || !slices.Equal(token.Audience, []string{"api"}) {
					t.Errorf("got the subject %q and the audience %q, want the claims of the JWT", token.Subject, token.Audience)
				}
			} else {
				assertRefused(t, s, good, tt.want)
			}
			o.assertReceived(t, good)
		})
	}
	t.Run("a JWT that fails locally is not introspected", func(t *testing.T) {
		o := stubAnswering(`{"active":true}`)
		s, m := introspectingSetup(t, o, mode(middleware.IntrospectJWTs))
		assertRefused(t, s, m.Good()[:len(m.Good())-8]+"AAAAAAAA", middleware.ErrSignature)
		assertRefused(t, s, m.Token(m.Header(), m.Claims("exp", "1")), middleware.ErrExpired)
		o.assertReceived(t)
	})
	t.Run("opaque tokens are introspected too", func(t *testing.T) {
		o := stubFor(map[string]string{handle: active(maker)})
		s, _ := introspectingSetup(t, o, mode(middleware.IntrospectJWTs), caching(o, -1))
		assertPasses(t, s, handle)
		o.assertReceived(t, handle) // only once: the activity step does not send the token again
	})
}

func TestModeAllParsesNoToken(t *testing.T) {
	_, maker := localIssuer(opaqueIssuer)
	foreign := maker
	foreign.Key = testserver.Key{ID: "x", Alg: "HS512", Secret: []byte(strings.Repeat("z", 64))}
	for name, token := range map[string]string{
		"a JWT that could be verified nowhere": foreign.Good(),
		"a JWT of an unknown issuer":           foreign.Token(foreign.Header(), foreign.Claims("iss", `"https://x.example"`)),
		"a JWT without issuer":                 foreign.Token(foreign.Header(), foreign.Claims("iss", "")),
		"a JWT in a proprietary format":        forge.Encode(`{"alg":"XX","crit":["x"]}`) + ".AA.AA",
		"an expired JWT":                       foreign.Token(foreign.Header(), foreign.Claims("exp", "1")),
		"an encrypted one":                     forge.Encode(`{"alg":"dir"}`) + ".." + "AA.AA.AA",
		"an opaque one":                        handle,
	} {
		t.Run(name, func(t *testing.T) {
			o := stubFor(map[string]string{token: active(maker, "sub", `"bob"`)})
			s, _ := introspectingSetup(t, o, mode(middleware.IntrospectAll))
			if got := assertPasses(t, s, token); got.Subject != "bob" {
				t.Errorf("got the subject %q, want the subject of the introspection answer", got.Subject)
			}
			o.assertReceived(t, token)
			assertRefused(t, s, token[:len(token)-1]+"_", middleware.ErrInactive)
		})
	}
}

// If several issuers are configured, a token must never be sent to an issuer
// other than its own.
func TestTokensOfOtherIssuersAreNotSent(t *testing.T) {
	for what, m := range modes {
		t.Run("where one issuer introspects "+what, func(t *testing.T) {
			b, makerB := localIssuer("https://b.example.com")
			c, makerC := localIssuer("https://c.example.com")
			_, makerA := localIssuer(opaqueIssuer)
			o := stubAnswering(active(makerA))
			s, _ := introspectingSetup(t, o, mode(m), func(config *middleware.Config) { config.Issuers = append(config.Issuers, b, c) })
			for _, maker := range []forge.Maker{makerB, makerC} {
				if token := assertPasses(t, s, maker.Good()); token.Issuer != maker.Issuer {
					t.Errorf("got %q, want %q", token.Issuer, maker.Issuer)
				}
				assertRefused(t, s, maker.Good()[:len(maker.Good())-8]+"AAAAAAAA", middleware.ErrSignature)
				assertRefused(t, s, maker.Token(maker.Header(), maker.Claims("exp", "1")), middleware.ErrExpired)
				for what, text := range map[string]string{
					"many members": "{" + strings.Repeat(`"x":1,`, 300) + maker.Claims()[1:], "much depth": `{"x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "," + maker.Claims()[1:],
					"bad UTF-8": "{\"x\":\"\xff\"," + maker.Claims()[1:],
				} {
					if _, err := s.verify(maker.Token(maker.Header(), text)); !errors.Is(err, middleware.ErrMalformed) {
						t.Errorf("%s before iss: got %v, want it malformed", what, err)
					}
				}
			}
			o.assertReceived(t)
			if token := assertPasses(t, s, handle); token.Issuer != opaqueIssuer {
				t.Errorf("got the issuer %q, want the introspecting issuer", token.Issuer)
			}
			o.assertReceived(t, handle)
			own := assertPasses(t, s, makerA.Good())
			if own.Issuer != opaqueIssuer {
				t.Errorf("got %q, want %q", own.Issuer, opaqueIssuer)
			}
			want := map[middleware.IntrospectionMode]int{middleware.IntrospectOpaque: 1, middleware.IntrospectJWTs: 2, middleware.IntrospectAll: 2}[m]
			if got := len(o.received()); got != want {
				t.Errorf("got %d introspections, want %d", got, want)
			}
		})
	}
}

func TestExplainShowsOpaqueTokens(t *testing.T) {
	_, maker := localIssuer(opaqueIssuer)
	steps := func(checks []middleware.Step) (names []string) {
		for _, c := range checks {
			names = append(names, c.Name)
		}
		return names
	}
	jwt := []string{
		"length", "shape", "header", "claims", "issuer", "algorithm", "type", "required claims", "expiry", "not before", "issued at",
		"audience", "scope claim", "purpose", "signature", "token", "confirmation", "revocation",
	}
	opaque := []string{
		"length", "shape", "introspection", "claims", "issuer", "token type", "expiry", "not before", "issued at",
		"audience", "scope claim", "purpose", "token", "confirmation", "revocation",
	}
	both := slices.Insert(slices.Clone(jwt), slices.Index(jwt, "token"), "activity")
	for _, tt := range []struct {
		name   string
		mode   middleware.IntrospectionMode
		token  string
		answer string
		want   []string
		failed string
		err    error
	}{
		{"an opaque token that is good", middleware.IntrospectOpaque, handle, active(maker), opaque, "", nil},
		{"an opaque token that is not active", middleware.IntrospectOpaque, handle, `{"active":false}`, opaque, "introspection", middleware.ErrInactive},
		{"an opaque token during an outage", middleware.IntrospectOpaque, handle, `503`, opaque, "introspection", middleware.ErrUnavailable},
		{"an opaque token for another API", middleware.IntrospectOpaque, handle, active(maker, "aud", `"x"`), opaque, "audience", middleware.ErrAudience},
		{"an opaque token of another type", middleware.IntrospectOpaque, handle, active(maker, "token_type", `"mac"`), opaque, "token type", middleware.ErrType},
		{"an opaque token that is not a b64token", middleware.IntrospectOpaque, "a b", ``, jwt, "shape", middleware.ErrMalformed},
		{"a JWT, unchanged", middleware.IntrospectOpaque, maker.Good(), ``, jwt, "", nil},
		{"a JWT that is introspected too", middleware.IntrospectJWTs, maker.Good(), `{"active":true}`, both, "", nil},
		{"a JWT that was revoked", middleware.IntrospectJWTs, maker.Good(), `{"active":false}`, both, "activity", middleware.ErrInactive},
		{"a JWT that is not parsed", middleware.IntrospectAll, maker.Good(), active(maker), opaque, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := introspectingSetup(t, stubAnswering(tt.answer), mode(tt.mode))
			checks, _ := s.v.Explain(t.Context(), middleware.Credentials{Token: tt.token})
			if got := steps(checks); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			failed := slices.IndexFunc(checks, func(c middleware.Step) bool { return c.Err != nil })
			if tt.failed == "" && failed >= 0 || tt.failed != "" && (failed < 0 || checks[failed].Name != tt.failed || !errors.Is(checks[failed].Err, tt.err)) {
				t.Errorf("got %+v, want %q to fail", checks, tt.failed)
			}
			_, err := s.verify(tt.token)
			if (err == nil) != (tt.failed == "") || !errors.Is(err, tt.err) {
				t.Errorf("Verify: got %v, want %v", err, tt.err)
			}
		})
	}
}

// A token may seem to come from a tenant, or from an issuer that IssuerFor
// could return. Such a token must not be sent to another issuer, even if the
// token would be refused anyway.
func TestTokensOfMatchingIssuersAreNotSent(t *testing.T) {
	o := stubAnswering(`{"active":true}`)
	s, maker := introspectingSetup(t, o, mode(middleware.IntrospectAll), func(c *middleware.Config) {
		c.IssuerFor = func(context.Context, string) (*middleware.Issuer, error) { return nil, nil }
		c.IssuerPatterns = []string{"https://id.example.com/realms/*"}
		tenants, _ := localIssuer("https://login.example/{tenantid}/v2.0")
		tenants.Tenants = []string{"72f988bf-86f1-41af-91ab-2d7cd011db47"}
		workload, _ := localIssuer("spiffe://example.org")
		workload.SubjectPrefix = "spiffe://example.org/"
		c.Issuers = append(c.Issuers, tenants, workload)
	})
	for _, claims := range []string{
		maker.Claims("iss", `"https://id.example.com/realms/a"`), maker.Claims("iss", `"https://id.example.com/realms/a/"`),
		maker.Claims("iss", `"https://id.example.com/realms/a%20b"`), maker.Claims("iss", `"https://login.example/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"`),
		maker.Claims("iss", `"https://login.example/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0/"`), maker.Claims("iss", `"https://login.example/other/v2.0"`),
		maker.Claims("iss", "", "sub", `"spiffe://example.org/w"`),
	} {
		if _, err := s.verify(maker.Token(maker.Header(), claims)); err == nil {
			t.Errorf("a token with the claims %s was accepted", claims)
		}
		o.assertReceived(t)
	}
}

func TestAnEncryptedTokenMayNameAnAlias(t *testing.T) {
	token := forge.Encode(`{"alg":"dir","enc":"A256GCM","iss":"id.example"}`) + "..AA.AA.AA"
	_, m := localIssuer(opaqueIssuer)
	o := stubFor(map[string]string{token: active(m)})
	s, _ := introspectingSetup(t, o, func(c *middleware.Config) { c.Issuers[0].Aliases = []string{"id.example"} })
	assertPasses(t, s, token)
	o.assertReceived(t, token)
}
