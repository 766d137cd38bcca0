package as

import (
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// Config is what New needs. Everything in it has been checked by the caller.
type Config struct {
	Issuer   string
	Source   *Source
	Alg      Alg   // "" means ES256
	Keys     []Key // instead of one that is made: the first of an algorithm signs
	Now      func() time.Time
	Defaults []Edit
	Clients  []Client // besides those of every server
	Users    []User   // none means the default one
	Scopes   []string // besides those of OpenID Connect; none means all

	DetailTypes []string // of authorization_details; none means that there are none

	Metadata []func(map[string]any)
	Disabled []Endpoint
	Policies []Policy

	Interactive       bool
	AllowUnregistered bool
	Registration      bool
	Grace             time.Duration // of refresh tokens
	RefreshTTL        time.Duration // 0 means the default, as below
	CodeTTL           time.Duration
	Audit             io.Writer // nil for none
	State             string    // the path of the state file, "" for none
}

// Server is the authorization server as an http.Handler, safe for concurrent
// use.
type Server struct {
	*Minter

	// Written by New, read ever after.
	config         Config
	issuerHost     string // without a port
	secret         []byte // what refresh tokens are made with
	cookie         pages.Cookie
	oidcDoc, asDoc []byte
	routes         map[string]*route
	urls           map[Endpoint]string
	paths          map[Endpoint]string

	registry *registry
	store    store
	grants   grants
	scripts  scripts
	hooks    hooks
	faults   faults
	journal  *journal
	audit    *persist.Audit
	keeper   keeper
}

// New makes the first key and both discovery documents; the issuer never
// changes after it.
func New(c Config) (*Server, error) {
	if c.Alg == "" {
		c.Alg = "ES256"
	}
	if c.RefreshTTL == 0 {
		c.RefreshTTL = DefaultRefreshTTL
	}
	if c.CodeTTL == 0 {
		c.CodeTTL = DefaultCodeTTL
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, err
	}
	keys, err := NewKeyring(c.Alg, c.Source, c.Keys...)
	if err != nil {
		return nil, err
	}
	known, err := newRegistry(c.Clients, c.Users)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Minter: &Minter{
			Issuer: c.Issuer, Clock: NewClock(c.Now), Source: c.Source, Keys: keys, Defaults: c.Defaults, Attacker: NewAttacker(c.Source),
		},
		config: c, issuerHost: issuer.Hostname(),
		secret:   c.Source.Draw("refresh tokens", 32),
		cookie:   pages.CookieFor(c.Issuer),
		routes:   map[string]*route{},
		urls:     map[Endpoint]string{},
		paths:    map[Endpoint]string{},
		registry: known,
		journal:  newJournal(),
		audit:    persist.NewAudit(c.Audit),
	}
	s.Handles = &s.store
	s.mount(issuer.Scheme+"://"+issuer.Host, strings.TrimSuffix(issuer.Path, "/"))
	if err := s.describe(c.Alg, c.Metadata); err != nil {
		return nil, err
	}
	if c.State != "" {
		if err := s.keep(c.State); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// AddClient registers a client, in place of one with its ID.
func (s *Server) AddClient(c Client) error { return s.registry.addClient(c) }

// AddUser registers a user, in place of one with its subject.
func (s *Server) AddUser(u User) { s.registry.addUser(u) }
