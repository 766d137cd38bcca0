package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/bearerguard/bearerguard/clientcert"
)

// mtls is a listener that asks clients for a certificate.
type mtls struct {
	listen string
	tls    *tls.Config
}

// listenerWithTLS reads MTLS_*. It returns nil without MTLS_LISTEN.
func listenerWithTLS(getenv func(string) string) (*mtls, error) {
	listen, certFile, keyFile := getenv("MTLS_LISTEN"), getenv("MTLS_CERT_FILE"), getenv("MTLS_KEY_FILE")
	switch {
	case listen == "" && certFile == "" && keyFile == "":
		return nil, nil
	case listen == "" || certFile == "" || keyFile == "":
		return nil, errors.New("MTLS_LISTEN, MTLS_CERT_FILE and MTLS_KEY_FILE must be set together: set all three, or none to listen only without TLS")
	}
	var faults []error
	if _, _, err := net.SplitHostPort(listen); err != nil {
		faults = append(faults, fmt.Errorf("MTLS_LISTEN must be host:port, got %q", listen))
	}
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		faults = append(faults, fmt.Errorf("MTLS_CERT_FILE and MTLS_KEY_FILE must be a certificate and its key in PEM: %w", err))
	}
	return &mtls{listen, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequestClientCert, // does not verify the chain: the token contains the certificate's hash
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}}, errors.Join(faults...)
}

// forwarding maps each value of FORWARDED_CERT to the settings for that proxy.
var forwarding = map[string]func(trusted []netip.Prefix) clientcert.Forwarded{
	"alb":   clientcert.ALB,
	"envoy": clientcert.Envoy,
	"haproxy": func(trusted []netip.Prefix) clientcert.Forwarded {
		return clientcert.HAProxy("X-SSL-Client-DER", trusted)
	},
	"nginx": func(trusted []netip.Prefix) clientcert.Forwarded {
		return clientcert.Nginx("X-Client-Cert", trusted)
	},
	"rfc9440": func(trusted []netip.Prefix) clientcert.Forwarded {
		return clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Trusted: trusted}
	},
	"traefik": clientcert.Traefik,
}

// eitherCert uses the client's certificate of a TLS connection. Without TLS, it
// uses the certificate that a proxy forwards. Both listeners can safely share
// this source: only the TLS listener sets Request.TLS, and a client cannot set
// this field.
type eitherCert struct{ clientcert.Forwarded }

func (e eitherCert) Thumbprint(r *http.Request) (string, error) {
	if r.TLS != nil {
		return clientcert.TLS.Thumbprint(r)
	}
	return e.Forwarded.Thumbprint(r)
}

// clientCert returns the source of client certificates that FORWARDED_CERT,
// TRUSTED_PROXIES and MTLS_LISTEN select. It returns nil if the API refuses
// tokens that are bound to a certificate.
func clientCert(getenv func(string) string) (clientcert.Source, error) {
	proxy, trusted := getenv("FORWARDED_CERT"), getenv("TRUSTED_PROXIES")
	switch {
	case (proxy == "") != (trusted == ""):
		return nil, errors.New("FORWARDED_CERT and TRUSTED_PROXIES must be set together: the proxy that forwards certificates, and its addresses, because anyone else could forge the header field")
	case proxy == "" && getenv("MTLS_LISTEN") == "":
		return nil, nil
	case proxy == "":
		return clientcert.TLS, nil
	}
	name, header, named := strings.Cut(proxy, ":")
	settings, known := forwarding[name]
	if !known || named && name != "nginx" && name != "haproxy" {
		return nil, fmt.Errorf("FORWARDED_CERT must be one of %s, got %q. A header field may follow nginx and haproxy, as in nginx:X-Cert", names(forwarding), proxy)
	}
	var prefixes []netip.Prefix
	for _, text := range list(trusted) {
		prefix, err := parsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("TRUSTED_PROXIES must contain addresses or prefixes such as 10.0.0.0/8, separated by commas, got %q", text)
		}
		prefixes = append(prefixes, prefix)
	}
	forwarded := settings(prefixes)
	if named {
		forwarded.Header = header
	}
	return eitherCert{forwarded}, nil
}

// parsePrefix parses a prefix, or an address without a zone.
func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}
