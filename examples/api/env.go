package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// frameworks maps each value of FRAMEWORK to a function that returns the
// routes.
var frameworks = map[string]func(*middleware.Verifier) http.Handler{
	"echo":  newEcho,
	"echo5": newEcho5,
	"gin":   newGin,
	"http":  newHTTP,
}

const defaultListen = "127.0.0.1:8080"

type config struct {
	listen   string
	mtls     *mtls // nil without MTLS_LISTEN
	build    func(*middleware.Verifier) http.Handler
	verifier middleware.Config
	proofs   *dpop.Policy // nil without DPoP
	shared   *shared      // nil without Redis
	signals  *revocation  // nil without REVOCATION_LISTEN
}

// newVerifier returns the verifier of the API. The first address is that of the
// listener without TLS. The second is that of the TLS listener, or nil if
// MTLS_LISTEN is empty.
func (c config) newVerifier(address, secure net.Addr) (*middleware.Verifier, error) {
	if c.verifier.Origins == nil && onLoopback(c.listen) {
		origins := originsOf("http://", c.listen, address)
		if secure != nil && onLoopback(c.mtls.listen) {
			origins = append(origins, originsOf("https://", c.mtls.listen, secure)...)
		}
		c.setOrigins(origins...)
	}
	switch {
	case c.verifier.Origins != nil:
		c.verifier.DPoP = c.proofs
	case c.proofs != nil:
		c.verifier.Logger.Warn("tokens that are bound to a key are refused, because ORIGIN is not set")
	}
	return middleware.NewVerifier(c.verifier)
}

// onLoopback reports whether an address can be reached only from this machine.
// If so, clients use this address as the origin.
func onLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// originsOf returns the base URLs of an API on loopback.
func originsOf(scheme, listen string, address net.Addr) []string {
	host, _, _ := net.SplitHostPort(listen)
	_, port, _ := net.SplitHostPort(address.String()) // not the port in listen, which may be 0
	origins := []string{scheme + net.JoinHostPort(host, port)}
	if host == "localhost" {
		origins = append(origins, scheme+address.String()) // the URL that the program prints
	}
	return origins
}

// setOrigins sets the base URLs of the API. It also sets Resource to the first
// origin, because NewVerifier requires Resource if AUDIENCE differs from that
// origin.
func (c *config) setOrigins(origins ...string) {
	c.verifier.Origins, c.verifier.Resource = origins, origins[0]
}

// fromEnv reads the whole environment before it returns an error, so that the
// error can list several faults.
func fromEnv(getenv func(string) string, log *slog.Logger) (config, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	listen := cmp.Or(getenv("LISTEN"), defaultListen)
	if _, _, err := net.SplitHostPort(listen); err != nil {
		fault("LISTEN must be host:port, got %q", listen)
	}

	framework := cmp.Or(getenv("FRAMEWORK"), "http")
	build, ok := frameworks[framework]
	if !ok {
		fault("FRAMEWORK must be one of %s, got %q", names(frameworks), framework)
	}

	var profile middleware.Profile
	switch name := getenv("PROFILE"); name {
	case "":
	case "rfc9068":
		profile = middleware.RFC9068
	default:
		fault("PROFILE must be empty or rfc9068, got %q", name)
	}

	insecureHTTP := getenv("INSECURE_HTTP")
	if insecureHTTP != "" && insecureHTTP != "1" {
		fault("INSECURE_HTTP must be empty or 1, got %q", insecureHTTP)
	}

	audience := getenv("AUDIENCE")
	if audience == "" {
		fault("AUDIENCE is required: the aud of access tokens for this API")
		audience = "missing" // a placeholder, so that NewVerifier below also checks the issuers
	}
	issuerURLs := getenv("ISSUER")
	if issuerURLs == "" {
		fault("ISSUER is required: the URL of the authorization server, or several separated by commas")
		issuerURLs = "https://missing.example.com" // a placeholder, as for the audience
	}
	var issuers []middleware.Issuer
	for _, url := range list(issuerURLs) {
		issuers = append(issuers, middleware.Issuer{URL: url, InsecureHTTP: insecureHTTP == "1", Profile: profile})
	}
	// An opaque token does not contain its issuer, so opaque tokens are
	// introspected only at the first issuer.
	first := &issuers[0]
	redis, err := newShared(getenv, log)
	if err != nil {
		faults = append(faults, err)
	}
	var cache introspect.Cache
	if redis != nil {
		cache = redis.store
	}
	if first.Introspection, err = introspection(getenv, first.URL, first.InsecureHTTP, cache, log); err != nil {
		faults = append(faults, err)
	}
	cfg := config{listen: listen, build: build, shared: redis, verifier: middleware.Config{Audience: audience, Issuers: issuers, Logger: log}}
	if cfg.proofs, err = proofs(getenv); err != nil {
		faults = append(faults, err)
	}
	if cfg.mtls, err = listenerWithTLS(getenv); err != nil {
		faults = append(faults, err)
	}
	if cfg.verifier.ClientCert, err = clientCert(getenv); err != nil {
		faults = append(faults, err)
	}
	if cfg.signals, err = newRevocation(getenv, redis, log); err != nil {
		faults = append(faults, err)
	}
	if cfg.signals != nil {
		cfg.verifier.Revocations = cfg.signals.config.List
	}
	if redis != nil {
		cfg.verifier.Revocations = redis.list
		if cfg.proofs != nil {
			cfg.proofs.Replay = redis.store
		}
	}
	if origin := getenv("ORIGIN"); origin != "" {
		cfg.setOrigins(list(origin)...)
	}
	v, err := middleware.NewVerifier(cfg.verifier)
	if err != nil {
		faults = append(faults, errors.New(variables.Replace(err.Error())))
	} else if cfg.signals != nil {
		if _, err := cfg.signals.handler(v); err != nil {
			faults = append(faults, errors.New(variables.Replace(err.Error())))
		}
	}
	return cfg, errors.Join(faults...)
}

// variables replaces the names of configuration fields in error messages. The
// new names are those of the environment variables that set these fields.
var variables = strings.NewReplacer("Origins[", "ORIGIN[", "Issuers[", "ISSUER[",
	"signals: ", "", "Audiences must", "REVOCATION_AUDIENCE must", "TokenLifetime must", "REVOCATION_TOKEN_LIFETIME must", "Authorization must", "REVOCATION_AUTHORIZATION must",
	"ClientCert: Header", "FORWARDED_CERT: header field", "ClientCert: Trusted", "TRUSTED_PROXIES")

// list splits a list at commas and returns its elements.
func list(text string) []string {
	elements := strings.Split(text, ",")
	for i, element := range elements {
		elements[i] = strings.TrimSpace(element)
	}
	return elements
}

func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
