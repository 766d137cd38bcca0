package apicheck

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// holder contains the client certificates of a run, and the targets for
// requests with the wrong certificate or without one.
type holder struct {
	certificate, foreign *x509.Certificate // of the client; of another client
	none, other          *Target           // none: sends no certificate; other: sends foreign
}

// certificateFaults returns errors about ClientCert and Certificate.
func (c *Check) certificateFaults() error {
	var errs []error
	if c.Certificate != nil && (len(c.Certificate.Certificate) == 0 || c.Certificate.PrivateKey == nil) {
		errs = append(errs, errors.New("RequireClientCert: the certificate has no private key or is empty: load both with tls.LoadX509KeyPair"))
	}
	for _, name := range slices.Concat(c.Skip, c.Also) {
		if name.IsCertificateDefect() && !c.ClientCert {
			errs = append(errs, fmt.Errorf("%s is a defect of tokens that are bound to a certificate, which are sent only with RequireClientCert", name))
		}
	}
	return errors.Join(errs...)
}

// newHolder sets r.holder. It also changes r.target so that the client presents
// its own certificate. If the field from of a probe is set, the probe does not
// use r.target. The returned function stop closes the idle connections.
func (r *run) newHolder() (stop func(), err error) {
	if r.target.url.Scheme != "https" {
		return nil, errors.New("RequireClientCert: certificates need TLS: give the https URL of the API")
	}
	own := r.Certificate
	if own == nil {
		made, err := r.Issuer.Certificate(new(x509.Certificate))
		if err != nil {
			return nil, err
		}
		own = &made
	}
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		return nil, errors.New("RequireClientCert: the certificate is malformed")
	}
	// The other certificate has the same subject. An API that compares only
	// names would accept it.
	other, err := r.Issuer.Certificate(&x509.Certificate{RawSubject: leaf.RawSubject})
	if err != nil {
		return nil, err
	}
	r.holder = &holder{certificate: leaf, foreign: other.Leaf, none: r.target, other: r.target.presenting(&other)}
	r.target = r.target.presenting(own)
	return func() {
		r.target.closeIdle()
		r.holder.other.closeIdle()
	}, nil
}

// presenting returns a copy of t whose client presents cert to every server
// that asks for a certificate.
func (t *Target) presenting(cert *tls.Certificate) *Target {
	changed := *t
	changed.via = nil
	for _, via := range t.via {
		via = via.Clone()
		// With the field Certificates instead, the client would send no
		// certificate to a server that requests certificates from other CAs.
		via.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
		changed.via = append(changed.via, via)
	}
	return &changed
}

// certificateRefused reports whether the API sends a TLS alert because the
// certificate of the transport is wrong or missing. It sends no request: in TLS
// 1.3, the alert follows the handshake, and an error in writing a request to
// the closed connection could hide the alert.
func (r *run) certificateRefused(ctx context.Context, via *http.Transport) bool {
	ctx, cancel := context.WithTimeout(ctx, tooLong)
	defer cancel()
	host := r.target.url.Host
	if r.target.url.Port() == "" {
		host = net.JoinHostPort(r.target.url.Hostname(), "443")
	}
	dial := via.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	plain, err := dial(ctx, "tcp", host)
	if err != nil {
		return false
	}
	defer plain.Close()
	config := via.TLSClientConfig.Clone()
	config.ServerName = cmp.Or(config.ServerName, r.target.url.Hostname())
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return isAlert(err)
	}
	// After CloseWrite, a server that accepts the certificate also closes the
	// connection, but without an alert. CloseWrite fails if the server has
	// already closed the connection.
	deadline, _ := ctx.Deadline()
	if err := conn.SetReadDeadline(deadline); err != nil {
		return false
	}
	_ = conn.CloseWrite()
	_, err = conn.Read(make([]byte, 1))
	return isAlert(err)
}

// unknownConfirmation changes a token so that cnf has only a member that no API
// knows.
func unknownConfirmation(d *token.Draft) {
	d.Bound, d.Certificate = nil, nil
	d.Set("cnf", map[string]string{"urn:testserver:unknown": "x"})
}

// certificates returns the probes that test the binding to a certificate.
// r.battery adds the probes for the defects in the catalogue.
func (r *run) certificates(good func(...token.Edit) string) (probes []probe) {
	add := func(name, sent, text string, from *Target, why, fix string) *probe {
		probes = append(probes, probe{
			name: name, sent: sent, authorization: []string{bearerScheme + " " + text}, tokens: []string{text},
			want: []reply{badToken}, from: from, why: why, fix: fix,
		})
		return &probes[len(probes)-1]
	}
	add(noCertificate, "a bound token without a certificate", good(), r.holder.none,
		"A token that is bound to a certificate and sent without the certificate may be stolen (RFC 8705 §3).",
		"Refuse a token with cnf if the client has presented no certificate.")
	add(otherCertificate, "a bound token with another certificate, which has the same subject", good(), r.holder.other,
		"A token must be refused unless the client presents the certificate to which the token is bound (RFC 8705 §3).",
		"Compare x5t#S256 with the base64url of the SHA-256 of the DER of the client's certificate. Do not compare names.")
	add("unknown-confirmation", "a token whose cnf has only an unknown member", good(unknownConfirmation), nil,
		"The token is bound to something that the API cannot check, so any client may have stolen it (RFC 7800 §3.1, RFC 8705 §3).",
		"If cnf is present, require a member in it that the API can check, such as x5t#S256.")
	foreign := func(d *token.Draft) { d.BindToCertificate(r.holder.foreign) }
	for _, attack := range []struct {
		sent  string
		edits []token.Edit
		cert  *x509.Certificate // the header field has it; the token is bound to it
		from  *Target
		known string // a failure; the probe is skipped if the check has already found it
	}{
		{"a bound token without its certificate, which is", nil, r.holder.certificate, r.holder.none, noCertificate},
		{"the token of another client, whose certificate is", []token.Edit{foreign}, r.holder.foreign, nil, "cert-other"},
	} {
		for _, f := range forgeries(attack.cert) {
			p := add("forged-"+strings.ToLower(f.field), attack.sent+" in the field "+f.field, good(attack.edits...), attack.from,
				"Every client can send the field and knows the certificate, which is not secret. Only TLS proves that the client has its private key (RFC 8705 §6.5, RFC 9440 §4).",
				"Take the certificate from the TLS connection. Behind a proxy, accept the field only from the addresses of the proxy, which must replace or remove it in every request.")
			p.edit = f.send
			p.when = func() bool { return !r.has(attack.known) }
		}
	}
	return probes
}

const (
	noCertificate    = "no-certificate"
	otherCertificate = "other-certificate"
)

// has reports whether there is a finding of the given kind.
func (r *run) has(kind string) bool {
	return slices.ContainsFunc(r.findings, func(f finding) bool { return f.kind == kind })
}
