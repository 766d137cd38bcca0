package oauth

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// These are the default lifetimes of refresh tokens and codes. The
// documentation of package testserver states them.
const (
	DefaultRefreshTTL = 30 * 24 * time.Hour
	defaultCodeTTL    = time.Minute
)

// Config is the configuration of a Server. New expects a validated Config.
type Config struct {
	Issuer   string
	Source   *token.Source
	Alg      catalogue.Alg // "" means ES256
	Keys     []token.Key   // the first key of each algorithm signs; the server generates keys that are missing
	Now      func() time.Time
	Defaults []token.Edit
	Clients  []registry.Client // in addition to the default clients
	Users    []registry.User   // empty means the default user
	Scopes   []string          // allowed in addition to the scopes of OpenID Connect; empty means all

	Resources         []string          // the targets that clients may name, in addition to the default audience; empty means all
	ScopeDescriptions map[string]string // shown on the consent page, keyed by scope

	DetailTypes []string // the supported types of authorization_details; empty means none

	Form          *token.Form // the format of access tokens; nil means RFC 9068
	KeySet        token.KeySet
	Introspection func(answer *token.Object, client string, scopes []string) // changes the responses for active tokens; may be nil

	Metadata []func(map[string]any)
	Disabled []catalogue.Endpoint
	Policies []Policy

	// BrowserOrigin is the origin of the URLs that users open in a browser.
	// AliasOrigin is the origin of all other URLs. Each is a scheme and a host,
	// or "" for the origin of the issuer.
	BrowserOrigin, AliasOrigin string

	// MTLSPort is the port of the listener that requests client certificates.
	// It is "" if the server does not request them. ClientCAs are trusted for
	// client certificates, in addition to the server's own CA.
	MTLSPort  string
	ClientCAs []*x509.Certificate

	DPoPNonces bool // DPoP proofs must have a nonce of the server

	CORS []string // origins whose scripts may call the server, in addition to loopback origins; "*" means all

	Interactive       bool
	AllowUnregistered bool
	Registration      bool
	Grace             time.Duration // how long a replaced refresh token stays valid; 0 means not at all
	RefreshTTL        time.Duration // 0 means DefaultRefreshTTL
	Audit             io.Writer     // receives the audit log; nil for none
	State             string        // the path of the state file, "" for none
}

// Server is the authorization server as an http.Handler. It is safe for
// concurrent use.
type Server struct {
	*token.Minter

	// Only New and Restore write these fields.
	config         Config
	issuerHost     string // without a port
	secret         []byte // the key that authenticates refresh tokens
	certificates   *token.Source
	cookie         pages.Cookie
	oidcDoc, asDoc []byte
	routes         map[string]*route
	urls           map[catalogue.Endpoint]string
	aliases        map[catalogue.Endpoint]string // the URLs for mutual TLS; empty without MTLSPort
	paths          map[catalogue.Endpoint]string
	served         map[catalogue.Endpoint]bool
	origin, base   string // the origin of the issuer, and its path without a trailing slash
	debugPath      string // "" if the server has no debug page

	// These fields contain state. They are safe for concurrent use.
	Registry *registry.Registry
	Journal  journal.Journal
	Audit    *journal.Audit
	Faults   journal.Injections[http.Handler]

	// Each of these fields handles one endpoint or one task.
	auth         clientAuth
	sessions     sessions
	authz        authorizeEndpoint
	device       deviceFlow
	tokens       tokenEndpoint
	logout       logoutEndpoint
	registration registrationEndpoint
	debugging    debugPage

	ledger      grants.Ledger
	grants      grants.Store
	decisions   decisions
	hooks       hooks
	persistence persistence
}

// New returns a Server with a signing key and both discovery documents. The
// issuer of the Server never changes.
func New(c Config) (*Server, error) {
	if c.Alg == "" {
		c.Alg = catalogue.ES256
	}
	if c.RefreshTTL == 0 {
		c.RefreshTTL = DefaultRefreshTTL
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, err
	}
	keys, err := token.NewKeyring(c.Alg, c.Source, c.KeySet, c.Keys...)
	if err != nil {
		return nil, err
	}
	registered, err := registry.New(c.Clients, c.Users)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Minter: &token.Minter{
			Issuer: c.Issuer, Form: c.Form, Clock: token.NewClock(c.Now), Source: c.Source, Keys: keys, Defaults: c.Defaults, Attacker: token.NewAttacker(c.Source),
		},
		config: c, issuerHost: issuer.Hostname(),
		secret:   c.Source.Draw("refresh tokens", 32),
		cookie:   pages.CookieFor(c.Issuer),
		routes:   map[string]*route{},
		urls:     map[catalogue.Endpoint]string{},
		aliases:  map[catalogue.Endpoint]string{},
		paths:    map[catalogue.Endpoint]string{},
		Registry: registered,
		Audit:    journal.NewAudit(c.Audit),
	}
	s.Handles, s.certificates = &s.ledger, c.Source.Fork("client certificates") // a fork: certificates must not change other random values
	s.ClientCA = sync.OnceValues(func() (*mtls.CA, error) {
		m, err := token.CertificateMaterial(s.certificates)
		if err != nil {
			return nil, err
		}
		return mtls.NewCA(m)
	})
	s.auth, s.sessions, s.authz, s.device = clientAuth{s}, sessions{s}, authorizeEndpoint{s}, deviceFlow{s}
	s.tokens, s.logout, s.registration, s.debugging = tokenEndpoint{s}, logoutEndpoint{s}, registrationEndpoint{s}, debugPage{s}
	s.mount(issuer.Scheme+"://"+issuer.Host, strings.TrimSuffix(issuer.Path, "/"))
	if err := s.describe(c.Alg, c.Metadata); err != nil {
		return nil, err
	}
	if c.State != "" {
		if err := s.openState(c.State); err != nil {
			return nil, err
		}
	}
	return s, s.publishDefaultKeys()
}

// IssueCertificate makes a client certificate that the server's CA signs.
func (s *Server) IssueCertificate(template *x509.Certificate) (tls.Certificate, error) {
	ca, err := s.ClientCA()
	if err != nil {
		return tls.Certificate{}, err
	}
	m, err := token.CertificateMaterial(s.certificates)
	if err != nil {
		return tls.Certificate{}, err
	}
	return ca.Issue(template, m)
}

// publishDefaultKeys publishes a key for each signing algorithm in the
// registrations of the clients. It also publishes keys for ES256 and RS256
// (OpenID Connect Core 1.0 §15.1, RFC 9701 §6), unless the server has
// configured keys, uses a shared secret or imitates a provider. The keyring has
// already published the configured keys and the key for the default algorithm,
// except shared secrets. A key for any other public-key algorithm is published
// when the server first signs with that algorithm.
func (s *Server) publishDefaultKeys() error {
	var algs []catalogue.Alg
	if s.config.Form == nil && len(s.config.Keys) == 0 && !token.IsShared(s.config.Alg) {
		algs = append(algs, catalogue.ES256, catalogue.RS256)
	}
	for _, c := range s.Registry.Clients() {
		algs = append(algs, c.Algs.Signing()...)
	}
	return s.PublishKeys(algs...)
}

// PublishKeys publishes keys for algs before their first use, so that verifiers
// that have cached the JWKS need not fetch it again.
func (s *Server) PublishKeys(algs ...catalogue.Alg) error {
	for _, alg := range algs {
		if _, err := s.Keys.Signing(alg); err != nil {
			return err
		}
	}
	return nil
}

// Reset removes all faults, ends all freezes of the JWKS, and deletes all
// grants, sessions, decisions, recorded requests, audit events and records of
// tokens.
func (s *Server) Reset() {
	s.Faults.Clear()
	s.Keys.Thaw()
	s.Journal.Reset()
	s.ledger.Reset()
	s.grants.Reset()
	s.decisions.reset()
	s.Audit.Reset()
}

// Inject adds a fault for the requests that match rule. The new fault takes
// precedence over earlier faults. Inject calls wrap once and passes it a
// handler that responds without faults. The handler that wrap returns responds
// to the matching requests instead of the endpoint. If wrap returns nil, Inject
// adds no fault and returns false.
func (s *Server) Inject(rule journal.Rule, wrap func(next http.Handler) http.Handler) (*journal.Injection, bool) {
	handler := wrap(http.HandlerFunc(s.answer))
	if handler == nil {
		return nil, false
	}
	return s.Faults.Add(rule, handler), true
}
