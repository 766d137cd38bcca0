package mtls

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// CheckNames returns an error if the authentication method does not allow the
// number or the syntax of the names in c. tls_client_auth requires exactly one
// name, in a form that can be compared with the names in a certificate. Other
// methods allow no name. For the error, nameOf returns the name of a field.
func CheckNames(c catalogue.ClientTLS, method catalogue.AuthMethod, nameOf func(catalogue.CertificateName) string) error {
	var set, all []string
	for _, n := range c.Names() {
		all = append(all, nameOf(n))
		if *n.Value != "" {
			set = append(set, nameOf(n))
		}
	}
	switch {
	case method != catalogue.TLSClientAuth && len(set) > 0:
		return fmt.Errorf("%s is only for tls_client_auth", set[0])
	case method != catalogue.TLSClientAuth:
		return nil
	case len(set) != 1:
		return fmt.Errorf("tls_client_auth requires exactly one of %s (RFC 8705 §2.1.2)", strings.Join(all, ", "))
	}
	if err := check(c); err != nil {
		return fmt.Errorf("%s: %w", set[0], err)
	}
	return nil
}

// check returns an error if the name in c cannot be compared.
func check(c catalogue.ClientTLS) error {
	switch {
	case c.SubjectDN != "":
		_, err := parseDN(c.SubjectDN)
		return err
	case c.SANIP != "":
		if _, err := netip.ParseAddr(c.SANIP); err != nil {
			return errors.New("want an IP address such as 192.0.2.1 or 2001:db8::1")
		}
	case c.SANURI != "":
		if u, err := url.Parse(c.SANURI); err != nil || u.Scheme == "" {
			return errors.New("want an absolute URI such as spiffe://example.com/billing")
		}
	case c.SANEmail != "":
		if _, host, ok := strings.Cut(c.SANEmail, "@"); !ok || host == "" {
			return errors.New("want an address such as billing@example.com")
		}
	}
	return nil
}

// IsNamed reports whether the certificate has the name that c registers (RFC
// 8705 §2.1). The subject must match as a whole. In subjectAltName, one of the
// names must match. A wildcard is not expanded.
func IsNamed(cert *x509.Certificate, c catalogue.ClientTLS) bool {
	switch {
	case c.SubjectDN != "":
		want, err := parseDN(c.SubjectDN)
		if err != nil {
			return false
		}
		got, err := parseSubject(cert.RawSubject)
		return err == nil && got.equal(want)
	case c.SANDNS != "":
		return slices.ContainsFunc(cert.DNSNames, func(dns string) bool { return strings.EqualFold(dns, c.SANDNS) })
	case c.SANURI != "":
		return slices.ContainsFunc(cert.URIs, func(u *url.URL) bool { return u.String() == c.SANURI })
	case c.SANIP != "":
		want, err := netip.ParseAddr(c.SANIP)
		if err != nil {
			return false
		}
		for _, ip := range cert.IPAddresses {
			if got, ok := netip.AddrFromSlice(ip); ok && got.Unmap() == want.Unmap() {
				return true
			}
		}
	case c.SANEmail != "":
		return slices.ContainsFunc(cert.EmailAddresses, func(email string) bool { return sameEmail(email, c.SANEmail) })
	}
	return false
}

// sameEmail compares two addresses. It ignores case only in the host (RFC 5280
// §7.5).
func sameEmail(a, b string) bool {
	i, j := strings.LastIndexByte(a, '@'), strings.LastIndexByte(b, '@')
	return i >= 0 && j >= 0 && a[:i] == b[:j] && strings.EqualFold(a[i:], b[j:])
}
