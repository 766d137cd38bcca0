package clientcert_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/bearerguard/bearerguard/clientcert"
)

// This API terminates TLS itself and asks clients for a certificate. A verifier
// would compare the thumbprint with the x5t#S256 of the token.
func ExampleTLS() {
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got, err := clientcert.TLS.Thumbprint(r)
		fmt.Println(got == clientcert.Thumbprint(r.TLS.PeerCertificates[0]), err)
	}))
	api.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
	api.StartTLS()
	defer api.Close()

	client := api.Client()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = api.TLS.Certificates // the client reuses the server's certificate, to keep the example short
	if response, err := client.Get(api.URL); err == nil {
		defer response.Body.Close()
	}
	// Output:
	// true <nil>
}

// This API is behind Envoy proxies with addresses in 10.0.0.0/24.
func ExampleEnvoy() {
	source := clientcert.Envoy([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")})

	r := httptest.NewRequest(http.MethodGet, "/orders", http.NoBody)
	r.Header.Set("X-Forwarded-Client-Cert", `Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;Subject="CN=client"`)

	r.RemoteAddr = "10.0.0.7:50000"
	fmt.Println(source.Thumbprint(r)) // compare with x5t#S256 in the cnf of the token

	r.RemoteAddr = "203.0.113.9:50000"
	fmt.Println(source.Thumbprint(r))
	// Output:
	// Ro7TO-dO7mVW2QwBScEwnpumHWQlMDRDwHSKAt2N5og <nil>
	//  the certificate was forwarded by a peer that is not a trusted proxy
}

// A proxy that implements RFC 9440 connects to this API over a Unix socket.
func ExampleForwarded() {
	source := clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Sockets: []string{"/run/api.sock"}}
	fmt.Println(source.Check())

	source.Sockets, source.Chain = nil, true
	fmt.Println(source.Check())
	// Output:
	// <nil>
	// Trusted and Sockets are empty: list the addresses of the proxies, because anyone else could forge the field
	// Chain can be used only with the format EscapedPEM: leave Chain unset for the other formats
}
