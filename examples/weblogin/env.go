package main

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

type config struct {
	listen  string
	baseURL string // without a trailing slash; "" means the address of the listener
	apiURL  string

	oidc                   bool
	issuer                 string // may be "" if OIDC is off and all endpoints except revocation are set
	clientID, clientSecret string
	scopes                 []string
	resource               string
	endpoints              metadata // set by the environment, only with OIDC=off
	subject                string   // the member of the userinfo answer that identifies a user
	postLogoutURL          string
	dpop                   bool // if true, new bearer tokens are refused

	sessionDir string
	sessionKey []byte

	insecureHTTP bool
	transport    http.RoundTripper // nil means the default transport
}

// fromEnv reads the whole environment before it returns an error, so that the
// error lists every fault. No error contains a secret.
func fromEnv(getenv func(string) string) (config, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	insecure := getenv("INSECURE_HTTP")
	if insecure != "" && insecure != "1" {
		fault("INSECURE_HTTP must be empty or 1, got %q", insecure)
	}
	address := func(name, fallback string) string {
		text := cmp.Or(getenv(name), fallback)
		if text != "" && !isURL(text, insecure == "1") { // text may contain a password, so the fault does not show it
			fault("%s must be an https URL, and must not contain user information or a fragment (http is allowed only for loopback addresses, or with INSECURE_HTTP=1)", name)
		}
		return text
	}
	site := func(name, fallback string) string { // paths will be added to this URL
		text := address(name, fallback)
		if strings.Contains(text, "?") {
			fault("%s must not have a query", name)
		}
		return strings.TrimSuffix(text, "/")
	}

	cfg := config{
		listen:        cmp.Or(getenv("LISTEN"), "127.0.0.1:8081"),
		baseURL:       site("BASE_URL", ""),
		apiURL:        site("API_URL", "http://127.0.0.1:8080"),
		oidc:          getenv("OIDC") != "off",
		issuer:        address("OAUTH_ISSUER", ""), // compared byte by byte, so a trailing slash is kept
		clientID:      getenv("OAUTH_CLIENT_ID"),
		clientSecret:  getenv("OAUTH_CLIENT_SECRET"),
		scopes:        strings.Fields(cmp.Or(getenv("OAUTH_SCOPE"), "openid profile email offline_access items:read")),
		resource:      getenv("OAUTH_RESOURCE"),
		subject:       cmp.Or(getenv("OAUTH_SUBJECT"), "sub"),
		postLogoutURL: getenv("POST_LOGOUT_URL"),
		sessionDir:    getenv("SESSION_DIR"),
		insecureHTTP:  insecure == "1",
	}
	if _, _, err := net.SplitHostPort(cfg.listen); err != nil {
		fault("LISTEN must be host:port, got %q", cfg.listen)
	}
	if u, err := url.Parse(cfg.baseURL); err == nil && u.Path != "" {
		fault("BASE_URL must not have a path")
	}
	if mode := getenv("OIDC"); mode != "" && mode != "off" {
		fault("OIDC must be empty or off, got %q", mode)
	}
	if cfg.clientID == "" {
		fault("OAUTH_CLIENT_ID is required: the ID of a client that is registered at the authorization server")
	}
	if !cfg.oidc {
		cfg.endpoints = metadata{
			Authorization: address("OAUTH_AUTHORIZATION_ENDPOINT", ""),
			Token:         address("OAUTH_TOKEN_ENDPOINT", ""),
			UserInfo:      address("OAUTH_USERINFO_ENDPOINT", ""),
			Revocation:    address("OAUTH_REVOCATION_ENDPOINT", ""),
		}
	}
	if cfg.issuer == "" && !cfg.endpoints.complete() {
		fault("OAUTH_ISSUER is required: the URL of the authorization server; with OIDC=off you may set its endpoints instead")
	}
	proofs := getenv("DPOP")
	if cfg.dpop = proofs == "1"; proofs != "" && proofs != "1" {
		fault("DPOP must be empty or 1, got %q", proofs)
	}
	var err error
	if cfg.sessionKey, err = sessionKey(getenv("SESSION_KEY")); err != nil {
		faults = append(faults, err)
	}
	if cfg.sessionDir != "" && getenv("SESSION_KEY") == "" {
		fault("SESSION_DIR needs SESSION_KEY: with a random key, sessions could not be read after a restart")
	}
	return cfg, errors.Join(faults...)
}

// isURL reports whether text is a URL to which tokens may be sent. The URL may
// have a query, because RFC 6749 §3.1 allows a query in an endpoint.
func isURL(text string, insecure bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && (loopback || insecure)
}

func sessionKey(text string) ([]byte, error) {
	if text == "" {
		key := make([]byte, keyBytes)
		_, _ = rand.Read(key) // never fails
		return key, nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("SESSION_KEY must be %d bytes in base64", keyBytes)
	}
	return key, nil
}
