package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/dpop"
)

type config struct {
	apiURL string // without a trailing slash
	calls  int
	every  time.Duration
	oauth  clientcredentials.Config

	certificate *tls.Certificate // nil without CLIENT_CERT_FILE
	dpop        bool
}

// bind wraps a transport. If c has a certificate, the new transport presents
// the certificate. If c.dpop is true, the new transport sends DPoP proofs.
func (c config) bind(transport http.RoundTripper) http.RoundTripper {
	if c.certificate != nil {
		own := transport.(*http.Transport).Clone()
		if own.TLSClientConfig == nil {
			own.TLSClientConfig = new(tls.Config)
		}
		// The field Certificates is not enough. With this field, a server that
		// lists acceptable issuers would not receive a self-signed certificate.
		own.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.certificate, nil }
		transport = own
	}
	if c.dpop {
		transport = &dpop.Transport{Base: transport}
	}
	return transport
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
	cfg := config{
		apiURL: strings.TrimSuffix(cmp.Or(getenv("API_URL"), "http://127.0.0.1:8080"), "/"),
		oauth: clientcredentials.Config{
			TokenURL:     getenv("OAUTH_TOKEN_ENDPOINT"),
			ClientID:     getenv("OAUTH_CLIENT_ID"),
			ClientSecret: getenv("OAUTH_CLIENT_SECRET"),
			Scopes:       strings.Fields(cmp.Or(getenv("OAUTH_SCOPE"), "items:read")),
			AuthStyle:    oauth2.AuthStyleInHeader, // every server must support it (RFC 6749 §2.3.1); by default, oauth2 would send each failed request a second time until a request has succeeded
		},
	}
	cfg.oauth.EndpointParams = url.Values{}
	for name, variable := range map[string]string{"resource": "OAUTH_RESOURCE", "audience": "OAUTH_AUDIENCE"} {
		if value := getenv(variable); value != "" {
			cfg.oauth.EndpointParams.Set(name, value)
		}
	}
	for _, variable := range []struct{ name, value string }{{"OAUTH_TOKEN_ENDPOINT", cfg.oauth.TokenURL}, {"API_URL", cfg.apiURL}} {
		if !isURL(variable.value, insecure == "1") {
			// The value may contain a password, so it is not shown.
			fault("%s must be an https URL, and must not contain user information or a fragment (http is allowed only for loopback addresses, or with INSECURE_HTTP=1)", variable.name)
		}
	}
	var err error
	if cfg.certificate, err = certificate(getenv("CLIENT_CERT_FILE"), getenv("CLIENT_KEY_FILE")); err != nil {
		faults = append(faults, err)
	}
	if cfg.oauth.ClientID == "" || cfg.oauth.ClientSecret == "" && getenv("CLIENT_CERT_FILE") == "" {
		fault("OAUTH_CLIENT_ID is required, and so is OAUTH_CLIENT_SECRET or CLIENT_CERT_FILE: the client credentials grant needs a confidential client")
	}
	if cfg.oauth.ClientSecret == "" {
		cfg.oauth.AuthStyle = oauth2.AuthStyleInParams // this style sends only client_id (RFC 8705 §2)
	}
	proofs := getenv("DPOP")
	if cfg.dpop = proofs == "1"; proofs != "" && proofs != "1" {
		fault("DPOP must be empty or 1, got %q", proofs)
	}
	if cfg.calls, err = strconv.Atoi(cmp.Or(getenv("CALLS"), "1")); err != nil || cfg.calls < 1 {
		fault("CALLS must be a number of at least 1, got %q", getenv("CALLS"))
	}
	if cfg.every, err = time.ParseDuration(cmp.Or(getenv("EVERY"), "5s")); err != nil || cfg.every < 0 {
		fault("EVERY must be a duration such as 5s, got %q", getenv("EVERY"))
	}
	return cfg, errors.Join(faults...)
}

// certificate reads the certificate of the service. It returns nil if both
// paths are empty.
func certificate(certFile, keyFile string) (*tls.Certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case certFile == "" || keyFile == "":
		return nil, errors.New("CLIENT_CERT_FILE and CLIENT_KEY_FILE must be set together")
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("CLIENT_CERT_FILE and CLIENT_KEY_FILE: %w", err)
	}
	return &pair, nil
}

// isURL reports whether secrets and tokens may be sent to a URL. The URL must
// use https. It may use http if the host is on loopback or insecure is true.
func isURL(text string, insecure bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && (loopback || insecure)
}
