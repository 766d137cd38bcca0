package oauth

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// notTaken returns the failure for every invalid assertion (RFC 7523 §3.1). The
// response does not say what is wrong with the assertion, because the client
// has signed the assertion and can examine it.
func notTaken() *failure { return invalidGrant("the assertion is invalid") }

func noAssertion() *failure { return invalidRequest("the parameter assertion is missing") }

// jwtBearerGrant handles the grant jwt-bearer (RFC 7523 §2.1). The client signs
// an assertion about the subject, which is a user or the client itself. An
// assertion can be used only once, with or without a jti, and yields no refresh
// token (RFC 7521 §4.1).
func (s tokenEndpoint) jwtBearerGrant(t *tokenRequest) (*grant, *failure) {
	text := t.form.Get("assertion")
	if text == "" {
		return nil, noAssertion()
	}
	signer, claims, ok := s.auth.readAssertion(text)
	if !ok || signer.ID != t.client.ID {
		return nil, notTaken()
	}
	sub, _ := claims.Text("sub")
	if _, known := s.Registry.User(sub); !known && sub != t.client.ID {
		return nil, notTaken()
	}
	scopes, failed := s.scopesOfAssertion(t, claims)
	if failed != nil {
		return nil, failed
	}
	details, failed := s.readDetails(t.form)
	if failed != nil {
		return nil, failed
	}
	name := text[:strings.LastIndexByte(text, '.')] // leave out the signature: ECDSA allows a second valid one for the same text
	if jti, has := claims.Text("jti"); has {
		name = t.client.ID + " " + jti // byAssertion records the same name, so that no assertion works both there and here
	}
	if !s.auth.isTimely(claims, name) {
		return nil, notTaken()
	}
	now := s.Clock.Now()
	f := grants.Family{
		ID: s.Source.Name("family"), Client: t.client.ID, Sub: sub, OfClient: sub == t.client.ID, Kind: catalogue.JWTBearer,
		Scopes: scopes, Resources: t.targets, Details: details, Ends: now,
	}
	all, unlock := s.grants.Lock()
	defer unlock()
	all.Begin(f, now)
	return &grant{Family: f, kind: journal.Issued}, nil
}

// scopesOfAssertion returns the requested scopes. They come from the form, or
// from the assertion if the form has none. If the assertion has a scope, the
// form cannot request more (RFC 7521 §4.1).
func (s tokenEndpoint) scopesOfAssertion(t *tokenRequest, claims token.Object) ([]string, *failure) {
	requested := t.form.Get("scope")
	if claims.Find("scope") >= 0 {
		asserted, _ := claims.Text("scope")
		if requested == "" {
			requested = asserted
		}
		if !subset(strings.Fields(requested), strings.Fields(asserted)) {
			return nil, invalidScope("the scope exceeds that of the assertion")
		}
	}
	scopes, failed := s.scopesFor(t.client, requested)
	if failed == nil && slices.Contains(scopes, "openid") {
		return nil, invalidScope("openid requires a login, and this grant has none")
	}
	return scopes, failed
}
