package snippets

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/middleware"
)

// newTLSServer returns the server of an API that terminates TLS itself.
func newTLSServer(issuer string, orders http.Handler) (*http.Server, error) {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience:   "api",
		Issuers:    []middleware.Issuer{{URL: issuer}},
		ClientCert: clientcert.TLS,
	})
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           httpauth.Require(v)(orders),
		TLSConfig:         &tls.Config{ClientAuth: tls.RequestClientCert},
		ReadHeaderTimeout: 5 * time.Second,
	}, nil
}

// behindNginx configures an API behind a proxy that terminates TLS.
func behindNginx() (*middleware.Verifier, error) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.7.0/28")} // only the proxies can have these addresses
	return middleware.NewVerifier(middleware.Config{
		Audience:     "https://api.example.com",
		Issuers:      []middleware.Issuer{{URL: "https://login.example.com"}},
		ClientCert:   clientcert.Nginx("X-Client-Cert", proxies),
		RequireBound: true, // refuse bearer tokens that are not bound
	})
}

// verifyConnection verifies a token in a program that has no http.Request. In
// gRPC, for example, pass the State field of a credentials.TLSInfo as the
// connection.
func verifyConnection(ctx context.Context, v *middleware.Verifier, token string, connection *tls.ConnectionState) (*middleware.Token, error) {
	presented := middleware.Credentials{Token: token}
	if chain := connection.PeerCertificates; len(chain) > 0 {
		presented.CertificateThumbprint = clientcert.Thumbprint(chain[0])
	}
	return v.Verify(ctx, presented)
}

// explainCertificate prints each step of the verification. The output shows the
// thumbprint in the token and the thumbprint of the presented certificate.
func explainCertificate(ctx context.Context, v *middleware.Verifier, token, thumbprint string) []middleware.Step {
	steps, err := v.Explain(ctx, middleware.Credentials{Token: token, CertificateThumbprint: thumbprint})
	for _, step := range steps {
		fmt.Println(step.Outcome, step.Name, step.Expected, step.Found)
	}
	fmt.Println(err) // the verdict
	return steps
}
