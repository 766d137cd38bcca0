package as

import (
	"net/url"
	"strings"
	"time"
)

// Config is what New needs. Everything in it has been checked by the caller.
type Config struct {
	Issuer   string
	Source   *Source
	Alg      Alg // "" means ES256
	Now      func() time.Time
	Defaults []Edit
	Clients  []Client // besides those of every server
	Metadata []func(map[string]any)
}

// Server is the authorization server as an http.Handler, safe for concurrent
// use.
type Server struct {
	Keys  *Keyring
	Clock *Clock

	issuer         string
	source         *Source
	defaults       []Edit
	oidcDoc, asDoc []byte
	strangers      strangers

	// Written by New, read ever after.
	routes map[string]*route
	urls   map[Endpoint]string

	clients map[string]Client // as above
	store   store

	faults  faults
	journal *journal
}

// New makes the first key and both discovery documents; the issuer never
// changes after it.
func New(c Config) (*Server, error) {
	if c.Alg == "" {
		c.Alg = "ES256"
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, err
	}
	keys, err := NewKeyring(c.Alg, c.Source)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Keys:     keys,
		Clock:    NewClock(c.Now),
		issuer:   c.Issuer,
		source:   c.Source,
		defaults: c.Defaults,
		routes:   map[string]*route{},
		urls:     map[Endpoint]string{},
		clients:  register(c.Clients),
		journal:  newJournal(),
	}
	s.mount(issuer.Scheme+"://"+issuer.Host, strings.TrimSuffix(issuer.Path, "/"))
	if err := s.describe(c.Alg, c.Metadata); err != nil {
		return nil, err
	}
	return s, nil
}

// Issuer is the value of iss and of both discovery documents.
func (s *Server) Issuer() string { return s.issuer }
