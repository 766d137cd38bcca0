package snippets

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func TestStolenTokensNeedTheCertificate(t *testing.T) {
	other := testserver.ClientCertificate(nil)

	as := testserver.New(t)
	own := testserver.ClientCertificate(nil)
	token := as.Token(testserver.BoundToCertificate(own.Leaf))

	server, err := newTLSServer(as.Issuer(), http.HandlerFunc(whoami))
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewUnstartedServer(server.Handler)
	api.TLS = server.TLSConfig // StartTLS adds a certificate for the server
	api.StartTLS()
	defer api.Close()
	for name, test := range map[string]struct {
		certificates []tls.Certificate
		want         int
	}{
		"the right certificate": {[]tls.Certificate{own}, 200},
		"another certificate":   {[]tls.Certificate{other}, 401},
		"no certificate":        {nil, 401},
	} {
		transport := api.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = test.certificates
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		transport.CloseIdleConnections()
		if response.StatusCode != test.want {
			t.Errorf("%s: got %d, want %d", name, response.StatusCode, test.want)
		}
	}
}

func TestBoundTokensWithoutTheCertificate(t *testing.T) {
	as := testserver.New(t)
	server, err := newTLSServer(as.Issuer(), http.HandlerFunc(whoami))
	if err != nil {
		t.Fatal(err)
	}
	apitest.Check(t, as, server.Handler, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireClientCert())
}

func TestCertificatesWithoutARequest(t *testing.T) {
	as, own, other := testserver.New(t), testserver.ClientCertificate(nil), testserver.ClientCertificate(nil)
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), ClientCert: clientcert.TLS,
	})
	if err != nil {
		t.Fatal(err)
	}
	token := as.Token(testserver.BoundToCertificate(own.Leaf))
	presenting := func(chain ...*x509.Certificate) error {
		_, err := verifyConnection(t.Context(), v, token, &tls.ConnectionState{PeerCertificates: chain})
		return err
	}
	if err := presenting(own.Leaf, other.Leaf); err != nil {
		t.Errorf("the right certificate: got %v, want the token", err)
	}
	for _, chain := range [][]*x509.Certificate{nil, {other.Leaf}, {other.Leaf, own.Leaf}} {
		if err := presenting(chain...); !errors.Is(err, middleware.ErrCertificate) {
			t.Errorf("%d certificates: got %v, want ErrCertificate", len(chain), err)
		}
	}

	found := "" // name of the step that refuses the token, and the value that the step found
	for _, step := range explainCertificate(t.Context(), v, token, clientcert.Thumbprint(other.Leaf)) {
		if step.Outcome == middleware.Refused {
			found = step.Name + " " + step.Found
		}
	}
	if want := `certificate "` + clientcert.Thumbprint(other.Leaf) + `"`; found != want {
		t.Errorf("got %s, want %s", found, want)
	}
}

func TestTheConfigurationBehindAProxyIsValid(t *testing.T) {
	if _, err := behindNginx(); err != nil {
		t.Error(err)
	}
}
