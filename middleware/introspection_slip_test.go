package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

// This module may consider a token malformed that is valid for the issuer in
// iss. Such a token must not be sent to another issuer.
func TestMalformedTokensOfOtherIssuersAreNotSent(t *testing.T) {
	o := stubAnswering(`{"active":false}`)
	b, makerB := localIssuer("https://b.example")
	s, _ := introspectingSetup(t, o, mode(middleware.IntrospectAll), func(c *middleware.Config) { c.Issuers = append(c.Issuers, b) })
	many := []string{}
	for i := range 260 {
		many = append(many, fmt.Sprint("c", i), "1")
	}
	for name, tok := range map[string]string{
		"auth_time as a string": makerB.Token(makerB.Header(), makerB.Claims("auth_time", `"1700000000"`)),
		"client_id as a number": makerB.Token(makerB.Header(), makerB.Claims("client_id", `7`)),
		"260 claims":            makerB.Token(makerB.Header(), makerB.Claims(many...)),
		"auth_time null":        makerB.Token(makerB.Header(), makerB.Claims("auth_time", `null`)),
	} {
		before := len(o.received())
		_, err := s.verify(tok)
		if len(o.received()) != before {
			t.Errorf("%s: a token that B signed was sent to A (%v)", name, err)
		}
	}
}

// A mistake in the configuration must not turn users of one issuer into users
// of another.
func TestAClientOfAnotherIssuerIsAFault(t *testing.T) {
	client, err := introspect.New(introspect.Config{Issuer: "https://a.example", Auth: introspect.Basic("x", "y")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: "https://a.example"}, {URL: "https://b.example", Introspection: client}}})
	if err == nil {
		t.Error("NewVerifier accepted an issuer https://b.example whose Introspection client is for https://a.example, want an error")
	}
}

func TestEmptyIssuerIsRefused(t *testing.T) {
	_, m := localIssuer(opaqueIssuer)
	s, _ := introspectingSetup(t, stubAnswering(active(m, "iss", `""`)))
	if _, err := s.verify(handle); err == nil {
		t.Error(`an answer with "iss":"" passed as the configured issuer's`)
	}
}

type faulty struct{ jwks.Source }

func (faulty) Warm(context.Context) error { panic("CANARY") }

func TestASourceThatPanicsDoesNotEndWarm(t *testing.T) {
	v := newVerifier(t, middleware.Config{
		Audience: "api", Logger: quiet, Issuers: []middleware.Issuer{{URL: "https://a.example", Keys: faulty{}}},
	})
	if err := v.Warm(t.Context()); !errors.Is(err, middleware.ErrInternal) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v, want ErrInternal", err)
	}
}
