package introspect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// selfSigned returns a self-signed client certificate.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "api"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestMutualTLSOverARealConnection(t *testing.T) {
	known, unknown := selfSigned(t), selfSigned(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 || !r.TLS.PeerCertificates[0].Equal(known.Leaf) {
			t.Error("got a request without the client's certificate")
		}
		if id := r.FormValue("client_id"); id != "api" || r.FormValue("token") != token || r.Header.Get("Authorization") != "" {
			t.Errorf("got client_id %q in the form %v, want client_id, the token and no Authorization", id, r.Form)
		}
		_, _ = io.WriteString(w, `{"active":true}`)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(known.Leaf)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)

	with := func(certificates ...tls.Certificate) *introspect.Client {
		transport := server.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = certificates
		t.Cleanup(transport.CloseIdleConnections)
		c, err := introspect.New(introspect.Config{
			Endpoint: server.URL, Auth: introspect.MutualTLS("api"), Client: &http.Client{Transport: transport}, Logger: discardLogger,
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	assertActive(t, with(known), token)
	assertUnavailable(t, with(), token, introspect.ErrUnavailable)
	assertUnavailable(t, with(unknown), token, introspect.ErrUnavailable)
}
