package cases

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
)

// certificates contains the certificates of two clients and of the API.
type certificates struct {
	own      *tls.Certificate // the client's certificate, followed by the issuer's
	reissued *tls.Certificate // another certificate for the client's key
	other    *tls.Certificate // another client's certificate, with the same names
	appended *tls.Certificate // the leaf of other, followed by all of own
	server   *tls.Certificate
	issuer   *x509.Certificate // the issuer of all certificates
}

func newCertificates(t *testing.T) *certificates {
	t.Helper()
	key := newKey(t)
	issuer := issue(t, pkix.Name{CommonName: canary + " CA"}, key, nil)
	client := newKey(t)
	name := pkix.Name{CommonName: canary}
	own, other := issue(t, name, client, issuer), issue(t, name, newKey(t), issuer)
	return &certificates{
		own: own, reissued: issue(t, name, client, issuer), other: other,
		appended: &tls.Certificate{Certificate: slices.Concat(other.Certificate[:1], own.Certificate), PrivateKey: other.PrivateKey},
		server:   issue(t, pkix.Name{CommonName: "example.com"}, newKey(t), issuer), issuer: issuer.Leaf,
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	return key
}

// issue returns a certificate for a key, followed by the issuer's certificate.
// If issuer is nil, the certificate is self-signed.
func issue(t *testing.T, name pkix.Name, key *ecdsa.PrivateKey, issuer *tls.Certificate) *tls.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: name, DNSNames: []string{"example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: issuer == nil, BasicConstraintsValid: true,
	}
	made := &tls.Certificate{PrivateKey: key}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey.(*ecdsa.PrivateKey)
		made.Certificate = issuer.Certificate
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	check(t, err)
	made.Leaf, err = x509.ParseCertificate(der)
	check(t, err)
	made.Certificate = append([][]byte{der}, made.Certificate...)
	return made
}

// wrongCertificate is the error_description if the client does not present the
// certificate to which the token is bound (RFC 8705).
const wrongCertificate = "token is bound to a certificate that the client did not present"

// x5t returns the value of the cnf claim that binds a token to a certificate.
// pairs contains names of additional members, each followed by its JSON value.
func x5t(c *x509.Certificate, pairs ...string) string {
	return jsonMembers(append([]string{"x5t#S256", `"` + clientcert.Thumbprint(c) + `"`}, pairs...))
}

// certified returns a value for Authorization. It consists of the scheme Bearer
// and a token that is bound to the client's certificate.
func (l *proofLab) certified(pairs ...string) string {
	return "Bearer " + l.bound(append([]string{"cnf", x5t(l.certificates.own.Leaf)}, pairs...)...)
}

// badBearer returns the verdict for a bearer token that is not valid.
func (m proofMode) badBearer(description string) verdict {
	return m.refuses(401, "invalid_token", description, bearerScheme)
}

// certifiedWire sends each request over a connection on which the client
// presents the certificate of the request. HTTP/2 connections are reused.
type certifiedWire struct {
	protocol, address string
	config            *tls.Config
	open              func(address string, config *tls.Config) wire
	wires             map[*tls.Certificate]wire
}

func (w *certifiedWire) send(t *testing.T, method string, r request) answer {
	t.Helper()
	if w.wires[r.certificate] == nil {
		w.wires[r.certificate] = w.open(w.address, w.with(r.certificate))
	}
	return w.wires[r.certificate].send(t, method, r)
}

// with returns the TLS configuration of a client with the certificate c, or
// without a certificate if c is nil.
func (w *certifiedWire) with(c *tls.Certificate) *tls.Config {
	config := w.config.Clone()
	if c != nil {
		config.Certificates = []tls.Certificate{*c}
	}
	return config
}

// serveCertified serves the API only under TLS, and asks clients for
// certificates.
func (l *lab) serveCertified(t *testing.T, handler http.Handler) []*certifiedWire {
	t.Helper()
	server := l.unstarted(handler)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetHTTP2(true)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*l.certificates.server}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	with := func(protocol, next string, open func(string, *tls.Config) wire) *certifiedWire {
		config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com", NextProtos: []string{next}, MinVersion: tls.VersionTLS12}
		config.RootCAs.AddCert(l.certificates.issuer)
		return &certifiedWire{protocol, server.Listener.Addr().String(), config, open, make(map[*tls.Certificate]wire)}
	}
	var opened []*http2wire
	t.Cleanup(func() {
		for _, w := range opened {
			w.close()
		}
	})
	return []*certifiedWire{
		with("HTTP/1.1", "http/1.1", func(address string, config *tls.Config) wire { return http1{address, config} }),
		with("HTTP/2", "h2", func(address string, config *tls.Config) wire {
			opened = append(opened, &http2wire{address: address, config: config})
			return opened[len(opened)-1]
		}),
	}
}
