package oauth

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// notTaken is the refusal of an assertion (RFC 7523 §3.1), whatever is wrong with
// it: the client that has signed it can know.
func notTaken() *failure { return invalidGrant("the assertion is not good") }

func noAssertion() *failure { return invalidRequest("the parameter assertion is missing") }

// jwtBearerGrant is the grant jwt-bearer (RFC 7523 §2.1): the client says by its
// key for whom it acts, itself or a user. An assertion is good once, whether it has
// a jti or not, and gives no refresh token (RFC 7521 §4.1).
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
	name := text[:strings.LastIndexByte(text, '.')] // an ECDSA signature has a twin
	if jti, has := claims.Text("jti"); has {
		name = t.client.ID + " " + jti // as with private_key_jwt, for which the same text is not good again
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

// scopesOfAssertion are the scopes asked for, by the form or else by the assertion,
// beyond which the form cannot ask (RFC 7521 §4.1).
func (s tokenEndpoint) scopesOfAssertion(t *tokenRequest, claims token.Object) ([]string, *failure) {
	asked := t.form.Get("scope")
	if claims.Find("scope") >= 0 {
		said, _ := claims.Text("scope")
		if asked == "" {
			asked = said
		}
		if !subset(strings.Fields(asked), strings.Fields(said)) {
			return nil, invalidScope("the scope is more than what the assertion is for")
		}
	}
	scopes, failed := s.scopesFor(t.client, asked)
	if failed == nil && slices.Contains(scopes, "openid") {
		return nil, invalidScope("openid is about somebody who logs in, and nobody does")
	}
	return scopes, failed
}
