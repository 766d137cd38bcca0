package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

// start is the time of the first request. An introspection client uses the
// system clock, and does not cache a response for an expired token. The time is
// therefore in the future.
var start = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

const audience = "https://api.example.com"

// keys holds the first line of a corpus: a key set for each issuer except "hs",
// and the secret of "hs".
type keys struct {
	Sets   map[string]string
	Secret []byte
}

// issuerURL returns the issuer of a signer.
func issuerURL(signer string) string { return "https://" + signer + ".example.com" }

func (k keys) issuer(signer string) middleware.Issuer {
	set, err := jwks.Parse([]byte(k.Sets[signer]))
	if err != nil {
		panic(err) // the file is not a corpus of this program
	}
	return middleware.Issuer{URL: issuerURL(signer), Keys: set}
}

// setup is a configuration of a verifier.
type setup struct {
	name             string
	signers          []string      // signers of the tokens in requests for this setup, the usual signer first
	introspectionTTL time.Duration // introspect.Config.MaxTTL; 0 means no introspection
	change           func(c *middleware.Config, k keys)
}

var setups = []setup{
	{"es256", []string{"es", "ed"}, 0, func(*middleware.Config, keys) {}},
	{"rs256", []string{"rs", "es"}, 0, func(*middleware.Config, keys) {}},
	{"eddsa", []string{"ed", "es"}, 0, func(*middleware.Config, keys) {}},
	{"two-issuers", []string{"es", "ed"}, 0, both},
	{"two-keys", []string{"many"}, 0, func(*middleware.Config, keys) {}},
	{"odd-keys", []string{"odd", "es"}, 0, func(*middleware.Config, keys) {}},
	{"rfc9068", []string{"es"}, 0, func(c *middleware.Config, _ keys) { c.Issuers[0].Profile = middleware.RFC9068 }},
	{"opaque", []string{"es", "ed"}, time.Hour, both},
	{"revocable", []string{"es"}, -1, func(c *middleware.Config, _ keys) { c.Issuers[0].IntrospectionMode = middleware.IntrospectJWTs }},
	{"ask-all", []string{"es", "ed"}, time.Minute, func(c *middleware.Config, k keys) {
		both(c, k)
		c.Issuers[0].Keys, c.Issuers[0].IntrospectionMode = nil, middleware.IntrospectAll
	}},
	{"client-id", []string{"es"}, 0, func(c *middleware.Config, _ keys) {
		c.Issuers[0].AudienceClaim, c.Issuers[0].Audiences = "client_id", []string{"app"}
	}},
	{"roles", []string{"es"}, 0, func(c *middleware.Config, _ keys) {
		c.Issuers[0].ScopeClaims, c.Issuers[0].InsecureNoAudience = []string{"/realm_access/roles", "roles"}, true
	}},
	{"secret", []string{"hs", "es"}, 0, func(c *middleware.Config, k keys) {
		c.Issuers[0].Keys, c.Issuers[0].Algorithms = jwks.Secret("hs-1", k.Secret), []string{"HS256"}
	}},
	{"narrow", []string{"es"}, 0, func(c *middleware.Config, _ keys) {
		c.MaxTokenBytes, c.ClockSkew, c.Realm = 600, -1, "orders"
		c.Issuers[0].Algorithms, c.Issuers[0].Audiences = []string{"ES256"}, []string{"orders", audience}
	}},
}

func both(c *middleware.Config, k keys) { c.Issuers = append(c.Issuers, k.issuer("ed")) }

func (p *replay) verifier(s setup, k keys, cache int) (*middleware.Verifier, error) {
	first := middleware.Issuer{URL: issuerURL(s.signers[0])}
	if k.Sets[s.signers[0]] != "" {
		first = k.issuer(s.signers[0])
	}
	if s.introspectionTTL != 0 {
		var err error
		first.Introspection, err = introspect.New(introspect.Config{
			Issuer: first.URL, Endpoint: first.URL + "/" + s.name, Auth: introspect.Basic("api", "secret"),
			Client: &http.Client{Transport: &p.endpoint}, MaxTTL: s.introspectionTTL, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return nil, err
		}
	}
	c := middleware.Config{
		Audience: audience, Issuers: []middleware.Issuer{first}, TokenCache: cache, Revoked: p.revoked,
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return p.now },
		Observe: func(_ context.Context, o middleware.Observation) { p.reason = o.Reason },
	}
	s.change(&c, k)
	return middleware.NewVerifier(c)
}

// revoked is a deny-list. It fails for one token ID, and panics for another. It
// revokes some tokens as soon as they are more than 20 seconds old.
func (p *replay) revoked(_ context.Context, t *middleware.Token) (bool, error) {
	switch t.ID {
	case "unlisted":
		return false, errors.New("the deny-list is down")
	case "panic":
		panic("the deny-list is broken")
	}
	return t.ID == "revoked" || strings.HasSuffix(t.ID, "7") && p.now.Sub(t.IssuedAt) > 20*time.Second, nil
}
