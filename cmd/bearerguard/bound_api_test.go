package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// boundAPI returns an API for bound tokens that may have a security hole: it
// accepts requests that one middleware step refuses. hole is the name of this
// step. "binding" stands for all steps that check the binding. With "", the API
// ignores no refusal.
func boundAPI(issuer, origin, hole string) (http.Handler, error) {
	var policy dpop.Policy
	if hole == "replay" {
		policy.Replay = dpop.Off
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: issuer}}, RequireBound: true,
		Origins: []string{origin}, Resource: origin, DPoP: &policy, ClientCert: clientcert.TLS,
	})
	if err != nil {
		return nil, err
	}
	answer := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	right := httpauth.Require(v)(answer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		known := strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "DPoP")
		presented := middleware.Credentials{Token: token, Scheme: scheme, Method: r.Method, URL: r.URL.EscapedPath(), Proofs: r.Header["Dpop"]}
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			presented.CertificateThumbprint = clientcert.Thumbprint(r.TLS.PeerCertificates[0])
		}
		steps, err := v.Explain(r.Context(), presented)
		for _, step := range steps {
			left := step.Name == hole || hole == "binding" && (step.Name == "confirmation" || step.Name == "certificate" || strings.HasPrefix(step.Name, "proof"))
			if known && err != nil && step.Outcome == middleware.Refused && left {
				return // 200
			}
		}
		right.ServeHTTP(w, r)
	}), nil
}

// serveBoundAPI serves boundAPI on the address in the environment variable
// LISTEN. The environment variable HOLE selects the check that the API omits.
// With the argument "tls", the server uses the certificate in server.pem, and
// asks clients for a certificate. With the argument "verify", it also requires
// the client certificate in client.pem. With the argument "certificates",
// serveBoundAPI only creates these two files.
func serveBoundAPI() {
	how := strings.Join(os.Args[1:], " ")
	if how == "certificates" {
		host, _, _ := net.SplitHostPort(os.Getenv("LISTEN"))
		writePEM("client.pem", nil)
		writePEM("server.pem", &x509.Certificate{
			IPAddresses: []net.IP{net.ParseIP(host)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		})
		return
	}
	origin := "http://" + os.Getenv("LISTEN")
	listener, err := net.Listen("tcp", os.Getenv("LISTEN"))
	if err == nil && how != "" {
		origin = "https://" + os.Getenv("LISTEN")
		listener, err = overTLS(listener, how == "verify")
	}
	if err != nil {
		log.Fatal(err)
	}
	api, err := boundAPI(os.Getenv("OAUTH_ISSUER"), cmp.Or(os.Getenv("ORIGIN"), origin), os.Getenv("HOLE"))
	if err == nil {
		err = http.Serve(listener, api)
	}
	log.Fatal(err)
}

func overTLS(l net.Listener, verify bool) (net.Listener, error) {
	own, err := tls.LoadX509KeyPair("server.pem", "server.pem")
	config := &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequestClientCert}
	if verify && err == nil {
		var text []byte
		text, err = os.ReadFile("client.pem")
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(text)
	}
	return tls.NewListener(l, config), err
}

// writePEM makes a certificate, and writes it to a file with its private key.
func writePEM(name string, template *x509.Certificate) {
	cert := testserver.ClientCertificate(template)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		log.Fatal(err)
	}
	var text bytes.Buffer
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, {Type: "PRIVATE KEY", Bytes: key}} {
		if err := pem.Encode(&text, block); err != nil {
			log.Fatal(err)
		}
	}
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		log.Fatal(err)
	}
}
