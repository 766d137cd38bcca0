package clientcert

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// Forwarded is a [Source] that reads the certificate from a header field of a
// trusted proxy. [Envoy], [Nginx], [ALB], [Traefik] and [HAProxy] return the
// settings for these proxies. For a proxy that implements RFC 9440, use:
//
//	clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Trusted: trusted}
type Forwarded struct {
	// Header is the name of the header field. The proxy must set or remove it
	// in every request.
	Header string

	// Format is the encoding of the certificate in the field.
	Format Format

	// Trusted lists the addresses of the proxies. Thumbprint compares them with
	// the RemoteAddr that [net/http.Server] sets, which is the address of the
	// connection's peer. If another peer sends the field, Thumbprint returns
	// [ErrUntrusted]. Trusted or Sockets is required.
	//
	// No middleware or listener in front of the API may set RemoteAddr to an
	// address that a client can choose. A RemoteAddr without a port, which some
	// middlewares set, is not trusted. An address with a zone is not trusted
	// either. The slice must not be modified.
	Trusted []netip.Prefix

	// Sockets are the names of Unix sockets on which the API listens. Every
	// peer that can connect to them is trusted.
	Sockets []string

	// Chain allows further certificates after the client's own in a field in
	// the format EscapedPEM. The further certificates are not read.
	Chain bool
}

// Envoy returns the settings for an Envoy that sets X-Forwarded-Client-Cert in
// text or JSON. The value of forward_client_cert_details must be SANITIZE_SET.
// A field with more than one element is refused. Under APPEND_FORWARD, a client
// can choose the beginning of the field. Envoy does not quote the names in
// certificates, so it is impossible to tell which element Envoy added.
func Envoy(trusted []netip.Prefix) Forwarded {
	return Forwarded{Header: "X-Forwarded-Client-Cert", Format: XFCC, Trusted: trusted}
}

// Nginx returns the settings for nginx with a header field of your choice:
//
//	proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
func Nginx(header string, trusted []netip.Prefix) Forwarded {
	return Forwarded{Header: header, Format: EscapedPEM, Trusted: trusted}
}

// ALB returns the settings for the Application Load Balancer of AWS with mutual
// TLS in the mode "verify". For the mode "passthrough", set Header to
// X-Amzn-Mtls-Clientcert, and set Chain.
func ALB(trusted []netip.Prefix) Forwarded {
	return Forwarded{Header: "X-Amzn-Mtls-Clientcert-Leaf", Format: EscapedPEM, Trusted: trusted}
}

// Traefik returns the settings for Traefik 2 and 3 with the middleware
// PassTLSClientCert and its option pem. Set neither forwardedHeaders.insecure
// nor forwardedHeaders.trustedIPs of the entry point. Otherwise, Traefik may
// forward a field that a client has sent.
func Traefik(trusted []netip.Prefix) Forwarded {
	return Forwarded{Header: "X-Forwarded-Tls-Client-Cert", Format: EscapedPEM, Trusted: trusted, Chain: true}
}

// HAProxy returns the settings for HAProxy with a header field of your choice:
//
//	http-request set-header X-SSL-Client-DER %[ssl_c_der,base64]
func HAProxy(header string, trusted []netip.Prefix) Forwarded { return Nginx(header, trusted) }

// ErrUntrusted means that the header field came from a peer that is not a
// trusted proxy. The client is then treated as if it had no certificate.
var ErrUntrusted error = contain.PlainError{Err: errors.New("the certificate was forwarded by a peer that is not a trusted proxy")}

var (
	errTwoFields = fault("the forwarded certificate is in more than one header field")
	errTooLong   = fault("the forwarded certificate is too long")
)

func fault(text string) error { return contain.PlainError{Err: errors.New(text)} }

// maxField is the maximum length of the header field in bytes.
const maxField = 16 << 10

// Thumbprint implements [Source].
func (f Forwarded) Thumbprint(r *http.Request) (string, error) {
	fields := r.Header.Values(f.Header)
	switch {
	case len(fields) == 0:
		return "", nil
	case !f.trusts(r):
		return "", ErrUntrusted
	case len(fields) > 1:
		return "", errTwoFields
	case len(fields[0]) > maxField:
		return "", errTooLong
	}
	return f.read(strings.Trim(fields[0], " \t"))
}

// trusts reports whether the peer of the connection is a trusted proxy.
func (f Forwarded) trusts(r *http.Request) bool {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr); ok {
		return slices.Contains(f.Sockets, local.Name)
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address := peer.Addr().Unmap()
	return slices.ContainsFunc(f.Trusted, func(p netip.Prefix) bool { return unmap(p).Contains(address) })
}

// unmap converts a prefix of IPv4-mapped IPv6 addresses to an IPv4 prefix. It
// returns any other prefix unchanged.
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// Check returns all faults of the settings.
func (f Forwarded) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if !isFieldName(f.Header) {
		fault("Header %q: name the header field in which the proxy forwards the certificate", f.Header)
	}
	if f.Format < RFC9440 || f.Format > EscapedPEM {
		fault("Format %d is unknown: use RFC9440, XFCC or EscapedPEM", f.Format)
	}
	if len(f.Trusted)+len(f.Sockets) == 0 {
		fault("Trusted and Sockets are empty: list the addresses of the proxies, because anyone else could forge the field")
	}
	for _, p := range f.Trusted {
		switch p = unmap(p); {
		case !p.IsValid():
			fault("Trusted: %q is not an address with a prefix length, such as 10.0.0.0/8", p)
		case p.Bits() == 0:
			fault("Trusted: %s means everyone: list only the addresses of the proxies", p)
		}
	}
	if slices.Contains(f.Sockets, "") {
		fault("Sockets contains an empty name: give the path of a Unix socket on which the API listens")
	}
	if f.Chain && f.Format != EscapedPEM {
		fault("Chain can be used only with the format EscapedPEM: leave Chain unset for the other formats")
	}
	return errors.Join(faults...)
}

// isFieldName reports whether a name is a token (RFC 9110 §5.1).
func isFieldName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
	})
}
