package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

// requestFlags holds the flags that describe a request with a bound token.
type requestFlags struct {
	scheme, method, url, proof string // for a token that is bound to a key
	certificate                string // for a token that is bound to a certificate
}

func (f *requestFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "", "for a token that is bound to a key: `URL` that the client requests")
	flags.StringVarP(&f.method, "method", "X", http.MethodGet, "with --url: `method` of the request")
	flags.StringVar(&f.proof, "proof", "", "with --url: `file` with the DPoP proof of the request, such as the output of token proof")
	flags.StringVar(&f.scheme, "scheme", "DPoP", "with --url: `scheme` of the token in the request, DPoP or Bearer")
	flags.StringVar(&f.certificate, "certificate", "", "for a token that is bound to a certificate: `file` with the certificate that the client presents, in PEM")
	cli.Choices(cmd, "scheme", []string{"DPoP", "Bearer"})
	cli.Offer(cmd, "method", methods)
	noFiles(cmd, "url")
}

// configure changes the configuration so that the API accepts the kinds of
// bound tokens that the flags describe.
func (f *requestFlags) configure(c *middleware.Config) error {
	if f.certificate != "" {
		c.ClientCert = clientcert.TLS
	}
	if f.url == "" {
		if f.proof != "" {
			return usage("--proof needs --url, because a proof is for one URL")
		}
		return nil
	}
	u, err := url.Parse(f.url)
	if err != nil || u.Host == "" {
		return usage("--url %q: want the URL that the client requests, such as https://api.example.com/orders", f.url)
	}
	origin := u.Scheme + "://" + u.Host
	c.Origins, c.Resource, c.DPoP = []string{origin}, origin, new(dpop.Policy)
	return nil
}

// credentials returns the token, proofs and certificate of the request.
func (f *requestFlags) credentials(token string) (c middleware.Credentials, err error) {
	c.Token = token
	if f.url != "" {
		c.Scheme, c.Method, c.URL = f.scheme, f.method, f.url
	}
	if f.proof != "" {
		text, err := readFile("--proof", f.proof)
		if err != nil {
			return c, err
		}
		c.Proofs = strings.Fields(string(text)) // one DPoP field per line
	}
	if f.certificate != "" {
		text, err := readFile("--certificate", f.certificate)
		if err != nil {
			return c, err
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return c, usage("--certificate %s: want a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----", f.certificate)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return c, usage("--certificate %s: the certificate is malformed", f.certificate)
		}
		c.CertificateThumbprint = clientcert.Thumbprint(cert)
	}
	return c, nil
}
