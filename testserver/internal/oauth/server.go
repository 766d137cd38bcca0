package oauth

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Lifetimes unless options say otherwise. They are stated in the documentation
// of package testserver.
const (
	DefaultRefreshTTL = 30 * 24 * time.Hour
	defaultCodeTTL    = time.Minute
)

// Config is what New needs. Everything in it has been checked by the caller.
type Config struct {
	Issuer   string
	Source   *token.Source
	Alg      catalogue.Alg // "" means ES256
	Keys     []token.Key   // instead of one that is made: the first of an algorithm signs
	Now      func() time.Time
	Defaults []token.Edit
	Clients  []registry.Client // besides those of every server
	Users    []registry.User   // none means the default one
	Scopes   []string          // besides those of OpenID Connect; none means all

	Resources         []string          // the targets that clients may name; none means all
	ScopeDescriptions map[string]string // what the consent page says of a scope

	DetailTypes []string // of authorization_details; none by default

	Form          *token.Form // of access tokens, nil for that of RFC 9068
	KeySet        token.KeySet
	Introspection func(answer *token.Object, client string, scopes []string) // changes what introspection says of a good token; nil for nothing

	Metadata []func(map[string]any)
	Disabled []catalogue.Endpoint
	Policies []Policy

	// Where clients and browsers find the server if not at the issuer's host: a
	// scheme and a host, "" for none.
	BrowserOrigin, AliasOrigin string

	CORS []string // origins whose scripts may call, besides loopback; "*" for all

	Interactive       bool
	AllowUnregistered bool
	Registration      bool
	Grace             time.Duration // of refresh tokens
	RefreshTTL        time.Duration // 0 means the default
	Audit             io.Writer     // nil for none
	State             string        // the path of the state file, "" for none
}

// Server is the authorization server as an http.Handler, safe for concurrent
// use.
type Server struct {
	*token.Minter

	// Written by New, and only read after it.
	config         Config
	issuerHost     string // without a port
	secret         []byte // what refresh tokens are made with
	cookie         pages.Cookie
	oidcDoc, asDoc []byte
	routes         map[string]*route
	urls           map[catalogue.Endpoint]string
	paths          map[catalogue.Endpoint]string
	served         map[catalogue.Endpoint]bool
	base           string // the path of the issuer, without a slash at its end
	debugPath      string // "" without the debug page

	// What has happened, safe for concurrent use by itself.
	Registry *registry.Registry
	Journal  journal.Journal
	Audit    *journal.Audit
	Faults   journal.Injections[http.Handler]

	// Its parts, each of which answers for one thing.
	auth         clientAuth
	sessions     sessions
	authz        authorizeEndpoint
	device       deviceFlow
	tokens       tokenEndpoint
	logout       logoutEndpoint
	registration registrationEndpoint
	debugging    debugPage

	ledger    grants.Ledger
	grants    grants.Store
	decisions decisions
	hooks     hooks
	keeper    keeper
}

// New makes the first key and both discovery documents; the issuer never
// changes after it.
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
	people, err := registry.New(c.Clients, c.Users)
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
		paths:    map[catalogue.Endpoint]string{},
		Registry: people,
		Audit:    journal.NewAudit(c.Audit),
	}
	s.Handles = &s.ledger
	s.auth, s.sessions, s.authz, s.device = clientAuth{s}, sessions{s}, authorizeEndpoint{s}, deviceFlow{s}
	s.tokens, s.logout, s.registration, s.debugging = tokenEndpoint{s}, logoutEndpoint{s}, registrationEndpoint{s}, debugPage{s}
	s.mount(issuer.Scheme+"://"+issuer.Host, strings.TrimSuffix(issuer.Path, "/"))
	if err := s.describe(c.Alg, c.Metadata); err != nil {
		return nil, err
	}
	if c.State != "" {
		if err := s.keep(c.State); err != nil {
			return nil, err
		}
	}
	return s, s.publishDefaultKeys()
}

// publishDefaultKeys publishes the keys that clients expect: of RS256 (OpenID Connect
// Core 1.0 §15.1, RFC 9701 §6), of ES256, and of what the clients ask for. A server
// that is given keys, that shares a secret or that is like a provider shows others
// only once they sign.
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

// PublishKeys publishes keys for algs before their first use, so that verifiers that
// have cached the JWKS need not fetch it again.
func (s *Server) PublishKeys(algs ...catalogue.Alg) error {
	for _, alg := range algs {
		if _, err := s.Keys.Signing(alg); err != nil {
			return err
		}
	}
	return nil
}

// Reset removes all faults, ends all freezes, and drops all grants, decisions,
// requests, events and what the server knew of tokens.
func (s *Server) Reset() {
	s.Faults.Clear()
	s.Keys.Thaw()
	s.Journal.Reset()
	s.ledger.Reset()
	s.grants.Reset()
	s.decisions.reset()
	s.Audit.Reset()
}

// Inject puts a fault before all others. What wrap returns answers in the place of
// the endpoint; its next answers as the server would without faults. False means
// that wrap made no handler.
func (s *Server) Inject(rule journal.Rule, wrap func(next http.Handler) http.Handler) (*journal.Injection, bool) {
	handler := wrap(http.HandlerFunc(s.answer))
	if handler == nil {
		return nil, false
	}
	return s.Faults.Add(rule, handler), true
}
