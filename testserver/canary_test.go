package testserver_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// canary collects secrets, and error responses and records of the server. A
// test can check that these contain none of the secrets.
type canary struct {
	t       *testing.T
	secrets map[string]string
	output  strings.Builder
}

// secret adds text to the secrets that the output must not contain. If text is
// a JWT, secret also adds its signature.
func (c *canary) secret(name, text string) string {
	c.t.Helper()
	if len(text) < 8 {
		c.t.Fatalf("got %s %q, want at least 8 characters", name, text)
	}
	c.secrets[name] = text
	if parts := strings.Split(text, "."); len(parts) == 3 {
		c.secrets[name+"'s signature"] = parts[2]
	}
	return text
}

func (c *canary) record(v ...any) { fmt.Fprintf(&c.output, "%+v %#v\n", v, v) }

// page adds two kinds of secrets: the CSRF token of the page in rec and the
// browser's cookies.
func (c *canary) page(p *browser, rec *httptest.ResponseRecorder) {
	n := len(c.secrets)
	c.secret(fmt.Sprint("CSRF token ", n), hiddenFields(rec).Get("server_csrf"))
	for _, cookie := range p.cookies {
		c.secret(fmt.Sprint("cookie ", n), cookie.Value)
	}
}

// errorPage records an error response, which must not contain a secret.
func (c *canary) errorPage(rec *httptest.ResponseRecorder) {
	c.t.Helper()
	if rec.Code < 300 {
		c.t.Errorf("got %d, want an error", rec.Code)
	}
	c.record(rec.Code, rec.Header(), rec.Body)
}

// errorReply records an error response of a JSON endpoint. The response must
// not contain a secret.
func (c *canary) errorReply(r reply) {
	c.t.Helper()
	if r.status < 400 {
		c.t.Errorf("got %d, want an error", r.status)
	}
	c.record(r.status, r.header, r.body)
}

// exchanges sends valid and invalid requests of two grants, JWT bearer and
// token exchange. It adds the tokens, the assertion and other values of the
// requests to the secrets.
func (c *canary) exchanges(s *testserver.Server, r robot) {
	form := jwtBearerRequest(c.t, s, r, nil, "authorization_details", `[{"type":"account","identifier":"`+c.secret("the detail", "detail-of-a-canary")+`"}]`)
	c.secret("the assertion for alice", form.Get("assertion"))
	c.secret("alice's token", wantTokens(c.t, exchange(c.t, s, form)).text("access_token"))
	c.errorReply(exchange(c.t, s, form))
	c.errorReply(exchange(c.t, s, form, asGateway))
	form = exchangeRequest(c.secret("the subject token", s.Token(testserver.Subject("alice"))), "actor_token", c.secret("the actor token", s.Token()), "actor_token_type", accessType)
	c.secret("the new token", wantTokens(c.t, exchange(c.t, s, form, asGateway)).text("access_token"))
	c.errorReply(exchange(c.t, s, values(form, "audience", c.secret("the audience", "audience-of-a-canary")), asGateway))
	c.errorReply(exchange(c.t, s, values(form, "subject_token_type", "x"), asGateway))
	c.errorReply(exchange(c.t, s, form))
}

// Error responses and records of the server must not contain the secrets that
// the server issued or that the test sent.
func TestNoSecretIsLoggedOrReturned(t *testing.T) {
	var audit bytes.Buffer
	robot := newRobot(t, "ES256")
	s := testserver.New(t, testserver.Users(alice), testserver.Clients(web, jwtBearerClient(robot), gateway), detailTypes,
		testserver.Interactive(), testserver.AuditTo(&audit), testserver.Clock(atNoon))
	c := &canary{t: t, secrets: map[string]string{"the verifier": verifier, "the secret": "web-secret", "the password": "alices-password", "the default secret": "test-secret", "the challenge": s256(verifier)}}

	p := newBrowser(t, s)
	hint := c.secret("the hint", s.IDToken(testserver.Subject("alice")))
	query := authorizationRequest("client_id", "web", "scope", "openid a", "state", c.secret("the state", "state-of-a-canary"), "nonce", c.secret("the nonce", "nonce-of-a-canary"), "id_token_hint", hint)
	first := p.open(query)
	c.page(p, first)
	p.post(testserver.EndpointLogin, hiddenFields(first, "username", "alice", "password", "alices-password "))
	query.Del("id_token_hint")
	page := p.signIn(query)
	c.page(p, page)
	code := c.secret("the code", callbackQuery(t, p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "openid"))).Get("code"))
	form := codeRequest(code, "client_id", "web", "client_secret", "web-secret")
	r := wantTokens(t, exchange(t, s, form))
	renew := refreshRequest(r.text("refresh_token"), "client_id", "web", "client_secret", "web-secret")
	next := wantTokens(t, exchange(t, s, renew))
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		c.secret("the "+name, r.text(name))
		c.secret("the next "+name, next.text(name))
	}

	begun, poll := startDevice(t, s)
	c.secret("the device code", begun.text("device_code"))
	c.secret("the user code", begun.text("user_code"))
	c.errorReply(poll())
	s.Login(t, begun.text("verification_uri_complete"))
	s.Advance(5 * time.Second)
	c.secret("the device's token", wantTokens(t, poll()).text("access_token"))
	c.errorPage(postTo(s, s.Endpoint(testserver.EndpointDevice), url.Values{"user_code": {begun.text("user_code")}}))

	assertion := c.secret("the assertion", robot.assert(t, map[string]any{"iss": "robot", "sub": "robot", "aud": s.Issuer(), "jti": "j", "exp": s.Now().Unix() + 60}, robot.key))
	asserting := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}}
	handle := c.secret("the opaque token", opaque(s))
	c.secret("the robot's token", wantTokens(t, exchange(t, s, asserting)).text("access_token"))
	c.errorReply(exchange(t, s, asserting))

	c.exchanges(s, robot)

	const misplaced = "canary-in-a-wrong-place" // sent in parameters that the server records without hashing
	c.errorReply(exchange(t, s, form))          // a repeated request, then secrets in wrong parameters
	c.errorReply(exchange(t, s, renew))
	c.errorReply(exchange(t, s, values(form, "client_secret", "web-secret ")))
	c.errorReply(exchange(t, s, values(form, "grant_type", misplaced)))
	c.errorReply(exchange(t, s, values(form, "code_verifier", verifier+"+")))
	c.errorReply(exchange(t, s, values(form, "scope", `"`, "redirect_uri", code)))
	c.errorReply(exchange(t, s, form, basic("web:web-secret")))
	c.errorReply(exchange(t, s, url.Values{code: {code}}, basic("web:web-secret")))
	c.errorReply(formTo(t, s, testserver.EndpointIntrospect, "token="+handle))
	c.errorReply(formTo(t, s, testserver.EndpointRevoke, "token="+handle+"&token="+handle))
	c.errorPage(serve(s, "GET", s.Endpoint(testserver.EndpointUserInfo)+"?access_token="+next.text("access_token")))
	c.errorPage(serve(s, "GET", s.Endpoint(testserver.EndpointToken)+"?"+form.Encode()))
	c.errorPage(serve(s, "GET", s.Issuer()+"/"+code+"?"+form.Encode()))
	c.errorPage(serve(s, "GET", s.Endpoint(testserver.EndpointEndSession)+"?id_token_hint="+next.text("access_token")+"&client_id=web"))
	for _, change := range [][]string{{"response_type", misplaced}, {"prompt", misplaced}, {"max_age", misplaced}, {"scope", `"` + misplaced}, {"code_challenge_method", misplaced}} {
		rec, _ := authorize(s, authorizationRequest(append([]string{"id_token_hint", hint, "login_hint", verifier}, change...)...))
		c.errorPage(rec)
	}
	c.errorPage(p.post(testserver.EndpointConsent, hiddenFields(page, "server_csrf", "-", "username", "alice", "password", "alices-password")))
	isActive(s, handle)
	isActive(s, next.text("access_token"))
	s.OnToken(func(request *testserver.TokenRequest, _ *testserver.TokenResponse) error {
		return errors.New(request.Form.Get("client_secret"))
	})
	c.errorReply(exchange(t, s, form))

	if strings.Contains(c.output.String(), misplaced) {
		t.Error("got a parameter in an error")
	}
	c.record(s.Requests(), s.Events(), audit.String(), s.DefaultClient())
	output := c.output.String()
	for name, secret := range c.secrets {
		if strings.Contains(output, secret) {
			t.Errorf("got %s in the output", name)
		}
	}
	if len(c.secrets) < 30 || len(s.Requests()) < 30 || len(s.Events()) < 15 || strings.Count(audit.String(), "\n") != len(s.Events()) {
		t.Errorf("got %d secrets, %d requests, %d events, want all of them recorded", len(c.secrets), len(s.Requests()), len(s.Events()))
	}
}
