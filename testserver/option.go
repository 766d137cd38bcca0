package testserver

import (
	"crypto"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/likeness"
	"github.com/bearerguard/bearerguard/testserver/internal/listen"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Option configures a server: see [New], [Start] and [NewUnstarted]. If two
// options set the same value, the later option applies. Options that cannot be
// combined, such as [InMemory] and [Addr], are an error.
type Option interface{ applyServer(*config) }

type config struct {
	oauth.Config
	listen listen.Config
	faults []fileFault   // from ConfigJSON
	like   *shapes.Shape // nil without [Like]

	errs []error
}

type serverOption func(*config)

func (o serverOption) applyServer(c *config) { o(c) }

// fault is an error in an option. The reason does not contain the name of the
// option, because the option has a different name in a configuration file.
type fault struct {
	option string
	reason error
}

func (f fault) Error() string { return f.option + ": " + f.reason.Error() }
func (f fault) Unwrap() error { return f.reason }

// fail records a fault. The format begins with the name of the option and a
// colon.
func (c *config) fail(format string, args ...any) {
	option, reason, _ := strings.Cut(format, ": ")
	n := strings.Count(option, "%")
	c.errs = append(c.errs, fault{fmt.Sprintf(option, args[:n]...), fmt.Errorf(reason, args[n:]...)})
}

// configure applies opts and reports all their faults together.
func configure(opts []Option) (*config, error) {
	c := &config{Config: oauth.Config{Source: token.RandomSource()}}
	for i, o := range opts {
		if o == nil {
			c.fail("option %d is nil: leave it out", i+1)
			continue
		}
		o.applyServer(c)
	}
	c.listen.URL, c.listen.Random, c.listen.Key = c.Issuer, c.Source.Draw, c.certificateKey
	trial, err := token.CheckDefaults(c.Defaults)
	if c.Alg = trial.Alg; c.Alg == "" && c.like != nil {
		c.Alg = likeness.Alg(*c.like)
	}
	return c, errors.Join(append(c.errs, c.listen.Check(), err)...)
}

func (c *config) certificateKey() (crypto.Signer, error) {
	k, err := token.NewKey("ES256", "certificate", c.Source)
	return k.Private, err
}

// InMemory makes the server listen without a socket. Connections are [net.Pipe]
// pairs that only [Server.Client] can dial. Use InMemory inside a
// testing/synctest bubble, where a socket would stop the clock. InMemory can be
// combined with [TLS].
//
// An in-memory server has the issuer http://127.a.b.c. Each server has a
// different address, so that several servers have different issuers. With
// [Seed], the address depends on the seed.
func InMemory() Option { return serverOption(func(c *config) { c.listen.InMemory = true }) }

// TLS serves HTTPS, over HTTP/1.1 and HTTP/2. The certificate of the server is
// for 127.0.0.1, ::1, localhost and the host of [IssuerURL]. [Server.Client]
// trusts this certificate. Other clients need [Server.CACertPEM]. The server
// also listens at a second address, where it requests a client certificate (RFC
// 8705): see [Server.MTLSEndpoint].
func TLS() Option { return serverOption(func(c *config) { c.listen.TLS = true }) }

// IssuerURL sets an issuer that differs from the listen address, for example
// behind a proxy or in a container. The server still listens only on loopback,
// unless [Addr] sets another address. It serves its endpoints under the
// issuer's path. [Server.Client] can use the host of an http issuer. It can use
// the host of an https issuer only with [TLS].
//
// u must be an absolute http or https URL without user information, query and
// fragment (RFC 8414 §2). The server uses u byte for byte, including a trailing
// slash.
func IssuerURL(u string) Option {
	return serverOption(func(c *config) {
		c.Issuer = u
		p, err := url.Parse(u)
		switch {
		case err != nil || p.Host == "" || (p.Scheme != "http" && p.Scheme != "https"):
			c.fail("IssuerURL(%q): want an absolute URL such as https://login.example.com/tenant", u)
		case p.User != nil || p.RawQuery != "" || p.ForceQuery || strings.Contains(u, "#"):
			c.fail("IssuerURL(%q): an issuer must not have user information, a query or a fragment (RFC 8414 §2): remove these parts", u)
		}
	})
}

// Hosts gives the server two more origins. In the discovery documents, browser
// is the origin of the endpoints that browsers open, and alias is the origin of
// all other endpoints. The issuer does not change. Each origin is a scheme and
// a host, such as http://localhost:9000; "" means the origin of the issuer.
func Hosts(browser, alias string) Option {
	return serverOption(func(c *config) {
		for _, origin := range [...]string{browser, alias} {
			if err := oauth.CheckOrigin(origin); origin == "*" || origin != "" && err != nil {
				c.fail("Hosts(%q, %q): give a scheme and a host, such as http://localhost:9000, without a path", browser, alias)
				return
			}
		}
		c.BrowserOrigin, c.AliasOrigin = browser, alias
	})
}

// Clock replaces [time.Now] as the server's time. Inside a testing/synctest
// bubble the default is already the bubble's clock. To move the clock use
// [Server.Advance].
func Clock(now func() time.Time) Option {
	return serverOption(func(c *config) {
		if now == nil {
			c.fail("Clock(nil): give a function, or leave the option out to use time.Now")
		}
		c.Now = now
	})
}

// Seed makes keys, token identifiers and signatures the same in every run. Two
// servers return the same bytes if they have the same seed, clock and issuer
// and get the same calls in the same order. There are three exceptions: PS
// signatures are always random, embedded RSA keys do not depend on the seed,
// and some of [CertificateDefects] use a random certificate. The seed is as
// secret as the keys, because the keys can be derived from the seed.
func Seed(seed string) Option {
	return serverOption(func(c *config) {
		if seed == "" {
			c.fail(`Seed(""): give a text, such as t.Name(), or leave the option out for random keys`)
		}
		c.Source = token.SeededSource(seed)
	})
}

// Metadata changes both discovery documents. During setup, the server calls f
// for each document. Several Metadata options apply in order. The values in doc
// are strings, booleans and []string, except mtls_endpoint_aliases, which is a
// map[string]string. f may set any value that can be encoded as JSON. The
// change affects only the documents, not the behavior of the server.
func Metadata(f func(doc map[string]any)) Option {
	return serverOption(func(c *config) {
		if f == nil {
			c.fail("Metadata(nil): leave the option out")
			return
		}
		c.Metadata = append(c.Metadata, f)
	})
}
