package cases

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// The client must encode its ID and secret as RFC 6749 §2.3.1 requires. The
// server decodes both values and refuses the client if a single byte differs.
func clientCredentialsAreEncoded(t *testing.T, frameworks []Framework) {
	for name, credentials := range map[string]testserver.Client{
		"plain":                         {ID: "api", Secret: "secret"},
		"a colon, which separates":      {ID: "https://api.example.com:8443/v1", Secret: "a:b::"},
		"a plus, which encodes a space": {ID: "orders+api", Secret: "a+b c"},
		"a percent sign":                {ID: "100%", Secret: "%41%zz%"},
		"all printable characters":      {ID: "api", Secret: ` !"#$%&'()*+,-./:;<=>?@[\]^_` + "`{|}~"},
	} {
		for how, auth := range map[string]introspect.Auth{
			"basic": introspect.Basic(credentials.ID, credentials.Secret), "post": introspect.Post(credentials.ID, credentials.Secret),
		} {
			t.Run("I17/"+name+", by "+how, func(t *testing.T) {
				a := newIntrospectionLab(t, frameworks, testserver.New(t, testserver.Clients(credentials)), func(s *setup) { s.Auth = auth })
				a.assertAnswers(t, at("/read", "Bearer "+a.opaque()), alice("/read"))
				for _, r := range a.as.Requests(testserver.EndpointIntrospect) {
					if r.ClientID != credentials.ID || r.Form.Get("token_type_hint") != "access_token" {
						t.Fatalf("got the client %q and the hint %q, want %q and access_token", r.ClientID, r.Form.Get("token_type_hint"), credentials.ID)
					}
				}
			})
		}
	}
	t.Run("I07/a wrong secret", func(t *testing.T) {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), func(s *setup) { s.Auth = introspect.Basic("test-client", canary) })
		for _, target := range a.targets[:4] { // a fifth failure would open the circuit breaker
			target.check(t, "GET", row{request: at("/read", "Bearer "+a.opaque()), want: unavailable})
		}
		if log := a.log.String(); strings.Count(log, "level=ERROR") != 1 || strings.Contains(log, canary) {
			t.Error("want one event at level Error, without the secret")
		}
	})
}

// signing requires signed introspection responses.
func signing(s *setup) {
	keys, err := jwks.Discover(s.Issuer, jwks.Options{Client: s.Config.Client, Logger: s.Config.Logger})
	if err != nil {
		panic(err)
	}
	s.Keys = keys
}

func invalidSignedAnswersAreRefused(t *testing.T, frameworks []Framework) {
	a := newIntrospectionLab(t, frameworks, testserver.New(t), signing)
	const media = "application/token-introspection+jwt"
	forger := a.Maker
	forger.Key = testserver.GenerateKey(a.Key.Alg, a.Key.ID)
	inner := `{"active":true,"sub":"canary","aud":"api","scope":"read"}`
	header := func(pairs ...string) string {
		return a.Header(append([]string{"typ", `"token-introspection+jwt"`}, pairs...)...)
	}
	vouching := func(inner string, pairs ...string) string {
		return a.Claims(append([]string{
			"aud", `"` + a.as.DefaultClient().ID + `"`, "exp", "", "sub", "", "scope", "", "client_id", "", "jti", "", "token_introspection", inner,
		}, pairs...)...)
	}
	claims := func(pairs ...string) string { return vouching(inner, pairs...) }
	wrong := func(name, text string) failure {
		return failure{"I18/" + name, testserver.Body(media, []byte(text))}
	}
	good := a.Token(header(), claims())
	unix := func(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }
	for _, f := range []failure{
		{"I18/no signature, though one is required", jsonBody(inner)}, wrong("no signature, with the media type of signed answers", inner),
		{"I18/a good one with another media type", testserver.Body("application/jwt", []byte(good))},
		wrong("typ is JWT", a.Token(header("typ", `"JWT"`), claims())), wrong("typ is an access token's", a.Token(header("typ", `"at+jwt"`), claims())),
		wrong("typ is missing", a.Token(header("typ", ""), claims())),
		wrong("alg is none", forge.Encode(`{"alg":"none","typ":"token-introspection+jwt"}`)+"."+forge.Encode(claims())+"."),
		wrong("another key with the server's key ID", forger.Token(header(), claims())),
		wrong("an unknown key", forger.Token(header("kid", `"canary"`), claims())),
		wrong("a changed payload", good[:strings.IndexByte(good, '.')+1]+forge.Encode(claims("x", "1"))+good[strings.LastIndexByte(good, '.'):]),
		wrong("for another client", a.Token(header(), claims("aud", `"canary"`))), wrong("for the audience of the API, not its client", a.Token(header(), claims("aud", `"api"`))),
		wrong("without aud", a.Token(header(), claims("aud", ""))),
		wrong("of another issuer", a.Token(header(), claims("iss", `"https://canary.example"`))), wrong("without iss", a.Token(header(), claims("iss", ""))),
		wrong("issued an hour ago", a.Token(header(), claims("iat", unix(-time.Hour)))), wrong("without iat", a.Token(header(), claims("iat", ""))),
		wrong("without token_introspection", a.Token(header(), vouching("", "active", "true", "sub", `"alice"`))),
		wrong("with token_introspection as text", a.Token(header(), vouching(`"canary"`))),
		wrong("with active as text", a.Token(header(), vouching(`{"active":"true"}`))),
		wrong("an access token that the server signed", a.Good()),
	} {
		t.Run(f.name, func(t *testing.T) { a.assertUnavailable(t, f) })
	}
	t.Run("I18/the same without a fault", func(t *testing.T) { // apart from the subject, most answers above differ from this answer in one respect
		in := a.as.Inject(testserver.EndpointIntrospect, testserver.Body(media, []byte(a.Token(header(), vouching(strings.Replace(inner, canary, "alice", 1))))))
		defer in.Remove()
		a.assertAnswers(t, at("/read", "Bearer handle"), alice("/read"))
	})
	t.Run("I18/a signed answer that a token is inactive", func(t *testing.T) {
		token := a.opaque()
		a.assertAnswers(t, at("/read", "Bearer "+token), alice("/read"))
		a.as.Revoke(token)
		a.assertAnswers(t, at("/read", "Bearer "+token), inactive)
		requests := a.as.Requests(testserver.EndpointIntrospect)
		if r := requests[len(requests)-1]; r.Header.Get("Accept") != media {
			t.Errorf("got Accept %q, want %s", r.Header.Get("Accept"), media)
		}
	})
}
