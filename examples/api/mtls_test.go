package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// newCertificate returns a self-signed certificate for api.example.com. The
// server and the clients use such certificates.
func newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"api.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
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

// files writes a certificate and its key into files. It returns the environment
// variables for a TLS listener that uses these files.
func files(t *testing.T, certificate tls.Certificate, listen string) map[string]string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := map[string]string{"MTLS_LISTEN": listen, "MTLS_CERT_FILE": filepath.Join(dir, "cert.pem"), "MTLS_KEY_FILE": filepath.Join(dir, "key.pem")}
	for name, block := range map[string]*pem.Block{
		env["MTLS_CERT_FILE"]: {Type: "CERTIFICATE", Bytes: certificate.Leaf.Raw}, env["MTLS_KEY_FILE"]: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

// newTLSClients returns a client for HTTP/1.1 and a client for HTTP/2. Both
// trust the server's certificate, and present the given client certificate, if
// any.
func newTLSClients(t *testing.T, server tls.Certificate, own ...tls.Certificate) map[string]*http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Leaf)
	var http1, http2 http.Protocols
	http1.SetHTTP1(true)
	http2.SetHTTP2(true)
	clients := map[string]*http.Client{}
	for name, protocols := range map[string]*http.Protocols{"HTTP/1.1": &http1, "HTTP/2.0": &http2} {
		transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "api.example.com", Certificates: own}}
		t.Cleanup(transport.CloseIdleConnections)
		clients[name] = &http.Client{Transport: transport}
	}
	return clients
}

// boundTo binds a token to a certificate (RFC 8705 §3.1).
func boundTo(certificate tls.Certificate) testserver.TokenOption {
	return testserver.Claim("cnf", map[string]any{"x5t#S256": clientcert.Thumbprint(certificate.Leaf)})
}

// escaped returns a certificate as URL-encoded PEM. nginx also escapes "+" and
// "=".
func escaped(certificate tls.Certificate) string {
	return url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Leaf.Raw})))
}

// request sends a GET request to a URL and returns the response. The body of
// the response is already closed.
func request(t *testing.T, client *http.Client, url, authorization string, fields http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, fields)
	r.Header.Set("Authorization", authorization)
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response
}

// wantStatus sends a GET request to a URL and checks the status. A response
// with the status 401 must have the error invalid_token. A response with any
// other status must not have this error.
func wantStatus(t *testing.T, what string, client *http.Client, url, authorization string, fields http.Header, want int) *http.Response {
	t.Helper()
	response := request(t, client, url, authorization, fields)
	challenges := strings.Join(response.Header.Values("WWW-Authenticate"), "\n")
	if response.StatusCode != want || strings.Contains(challenges, `error="invalid_token"`) != (want == http.StatusUnauthorized) {
		t.Errorf("%s: got %d with the challenges %q, want %d", what, response.StatusCode, challenges, want)
	}
	return response
}

func TestTokensThatAreBoundToACertificate(t *testing.T) {
	server, own, other := newCertificate(t), newCertificate(t), newCertificate(t)
	forwarded := func(certificates ...tls.Certificate) http.Header {
		fields := http.Header{}
		for _, certificate := range certificates {
			fields.Add("X-Client-Cert", escaped(certificate))
		}
		return fields
	}
	eachFramework(t, func(t *testing.T, framework string, as *testserver.Server) {
		address := program.Address(t)
		env := files(t, server, address)
		maps.Copy(env, map[string]string{"ISSUER": as.Issuer(), "FRAMEWORK": framework, "FORWARDED_CERT": "nginx", "TRUSTED_PROXIES": "127.0.0.1"})
		plain, overTLS := start(t, env)+"/items", "https://"+address+"/items"
		bound := "Bearer " + as.Token(boundTo(own), testserver.Scope("items:read"))
		unbound := "Bearer " + as.Token(testserver.Scope("items:read"))

		for name, test := range map[string]struct {
			certificates []tls.Certificate
			token        string
			fields       http.Header
			want         int
		}{
			"the right certificate":                         {[]tls.Certificate{own}, bound, nil, 200},
			"another certificate":                           {[]tls.Certificate{other}, bound, nil, 401},
			"no certificate":                                {nil, bound, nil, 401},
			"no certificate, and a forged field":            {nil, bound, forwarded(own), 401},
			"another certificate, and a forged field":       {[]tls.Certificate{other}, bound, forwarded(own), 401},
			"the right certificate, and another in a field": {[]tls.Certificate{own}, bound, forwarded(other), 200},
			"a bearer token without a certificate":          {nil, unbound, nil, 200},
			"a bearer token with a certificate":             {[]tls.Certificate{own}, unbound, nil, 200},
		} {
			for protocol, client := range newTLSClients(t, server, test.certificates...) {
				if used := wantStatus(t, "over TLS, "+name, client, overTLS, test.token, test.fields, test.want).Proto; used != protocol {
					t.Errorf("over TLS, %s: got %s, want %s", name, used, protocol)
				}
			}
		}
		for name, test := range map[string]struct {
			token  string
			fields http.Header
			want   int
		}{
			"the right certificate": {bound, forwarded(own), 200},
			"another certificate":   {bound, forwarded(other), 401},
			"no certificate":        {bound, nil, 401},
			"an empty field":        {bound, http.Header{"X-Client-Cert": {""}}, 401},
			"two fields":            {bound, forwarded(own, own), 401},
			"a field in which the certificate is cut short": {bound, http.Header{"X-Client-Cert": {escaped(own)[:200]}}, 401},
			"a bearer token": {unbound, nil, 200},
		} {
			wantStatus(t, "behind a proxy, "+name, http.DefaultClient, plain, test.token, test.fields, test.want)
		}
	})
}

func TestTheSourcesOfCertificates(t *testing.T) {
	server, own := newCertificate(t), newCertificate(t)
	as := testserver.New(t, testserver.Audience(audience))
	bound := "Bearer " + as.Token(boundTo(own), testserver.Scope("items:read"))
	hash := sha256.Sum256(own.Leaf.Raw)
	encoded := base64.StdEncoding.EncodeToString(own.Leaf.Raw)
	field := func(name, value string) http.Header { return http.Header{name: {value}} }
	for name, test := range map[string]struct {
		env           map[string]string
		fields        http.Header
		plain, secure int // secure is 0 without a TLS listener
	}{
		"none":                    {nil, field("X-Client-Cert", escaped(own)), 401, 0},
		"TLS":                     {files(t, server, program.Address(t)), field("X-Client-Cert", escaped(own)), 401, 200},
		"a proxy with another IP": {map[string]string{"FORWARDED_CERT": "nginx", "TRUSTED_PROXIES": "192.0.2.1, 2001:db8::/32"}, field("X-Client-Cert", escaped(own)), 401, 0},
		"Envoy":                   {map[string]string{"FORWARDED_CERT": "envoy"}, field("X-Forwarded-Client-Cert", "Hash="+hex.EncodeToString(hash[:])), 200, 0},
		"nginx":                   {map[string]string{"FORWARDED_CERT": "nginx"}, field("X-Client-Cert", escaped(own)), 200, 0},
		"nginx, another field":    {map[string]string{"FORWARDED_CERT": "nginx:X-Cert"}, field("X-Cert", escaped(own)), 200, 0},
		"nginx, the wrong field":  {map[string]string{"FORWARDED_CERT": "nginx:X-Cert"}, field("X-Client-Cert", escaped(own)), 401, 0},
		"ALB":                     {map[string]string{"FORWARDED_CERT": "alb"}, field("X-Amzn-Mtls-Clientcert-Leaf", escaped(own)), 200, 0},
		"Traefik":                 {map[string]string{"FORWARDED_CERT": "traefik"}, field("X-Forwarded-Tls-Client-Cert", encoded), 200, 0},
		"HAProxy":                 {map[string]string{"FORWARDED_CERT": "haproxy"}, field("X-Ssl-Client-Der", encoded), 200, 0},
		"HAProxy, another field":  {map[string]string{"FORWARDED_CERT": "haproxy:X-Cert"}, field("X-Cert", encoded), 200, 0},
		"RFC 9440":                {map[string]string{"FORWARDED_CERT": "rfc9440"}, field("Client-Cert", ":"+encoded+":"), 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"ISSUER": as.Issuer()}
			if test.env["FORWARDED_CERT"] != "" {
				env["TRUSTED_PROXIES"] = "127.0.0.0/8"
			}
			maps.Copy(env, test.env)
			wantStatus(t, "on LISTEN", http.DefaultClient, start(t, env)+"/items", bound, test.fields, test.plain)
			if test.secure != 0 {
				wantStatus(t, "over TLS", newTLSClients(t, server, own)["HTTP/2.0"], "https://"+env["MTLS_LISTEN"]+"/items", bound, nil, test.secure)
			}
		})
	}
}

// TestTheTLSListenerIsAnOrigin sends proofs for URLs of the TLS listener.
func TestTheTLSListenerIsAnOrigin(t *testing.T) {
	server := newCertificate(t)
	as := testserver.New(t, testserver.Audience(audience))
	for name, test := range map[string]struct {
		listen, host string
		origin       bool // set ORIGIN to the URL of the TLS listener
		want         int
	}{
		"both on loopback":                   {"127.0.0.1:0", "", false, 200},
		"at localhost":                       {"127.0.0.1:0", "localhost", false, 200},
		"LISTEN beyond loopback":             {":0", "", false, 401},
		"LISTEN beyond loopback, and ORIGIN": {":0", "", true, 200},
	} {
		t.Run(name, func(t *testing.T) {
			host, port, _ := net.SplitHostPort(program.Address(t))
			address := net.JoinHostPort(cmp.Or(test.host, host), port)
			env := files(t, server, address)
			maps.Copy(env, map[string]string{"ISSUER": as.Issuer(), "LISTEN": test.listen})
			if test.origin {
				env["ORIGIN"] = "https://" + address
			}
			start(t, env)
			url, caller := "https://"+address+"/items", newCaller(t, as)
			proof := testserver.Proof(caller.key, http.MethodGet, url, caller.token)
			if got := request(t, newTLSClients(t, server)["HTTP/1.1"], url, "DPoP "+caller.token, http.Header{"Dpop": proof}).StatusCode; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestTheLogShowsTheAddressOfTheTLSListener also tests that the listener
// refuses plain http.
func TestTheLogShowsTheAddressOfTheTLSListener(t *testing.T) {
	server := newCertificate(t)
	ctx, stop := context.WithCancel(t.Context())
	stderr, write := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, lookup(files(t, server, "127.0.0.1:0")), io.Discard, write)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(stderr)
	lines.Scan()
	_, address, found := strings.Cut(lines.Text(), `msg="listening with TLS" addr=`)
	if !found {
		t.Errorf("got the log line %q, want the address", lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	if got := request(t, newTLSClients(t, server)["HTTP/1.1"], "https://"+address+"/public", "", nil).StatusCode; got != http.StatusOK {
		t.Errorf("got %d, want 200", got)
	}
	if got := request(t, http.DefaultClient, "http://"+address+"/public", "", nil).StatusCode; got != http.StatusBadRequest {
		t.Errorf("without TLS: got %d, want 400", got)
	}
	stop()
	if got := <-status; got != 0 {
		t.Errorf("got status %d, want 0", got)
	}
}

func TestATLSAddressInUseIsStatus1(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), lookup(files(t, newCertificate(t), taken.Addr().String())), &stdout, &stderr); status != 1 {
		t.Errorf("got status %d, want 1", status)
	}
	if stdout.Len() != 0 {
		t.Errorf("got %q on standard output, want nothing", &stdout)
	}
}

func TestFaultsOfTheSourcesOfCertificates(t *testing.T) {
	pair := files(t, newCertificate(t), "127.0.0.1:0")
	with := func(changes map[string]string) map[string]string {
		env := maps.Clone(pair)
		maps.Copy(env, changes)
		return env
	}
	const (
		together = "MTLS_LISTEN, MTLS_CERT_FILE and MTLS_KEY_FILE must be set together"
		notPair  = "MTLS_CERT_FILE and MTLS_KEY_FILE must be a certificate and its key in PEM"
		both     = "FORWARDED_CERT and TRUSTED_PROXIES must be set together"
		unknown  = "FORWARDED_CERT must be one of alb, envoy, haproxy, nginx, rfc9440, traefik"
		trusted  = "TRUSTED_PROXIES must contain addresses or prefixes"
	)
	for name, test := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"a TLS listener without files":       {map[string]string{"MTLS_LISTEN": ":8443"}, together},
		"a TLS listener without a key":       {with(map[string]string{"MTLS_KEY_FILE": ""}), together},
		"files without a TLS listener":       {with(map[string]string{"MTLS_LISTEN": ""}), together},
		"a TLS address without a port":       {with(map[string]string{"MTLS_LISTEN": "localhost"}), `MTLS_LISTEN must be host:port, got "localhost"`},
		"a certificate file that is missing": {with(map[string]string{"MTLS_CERT_FILE": "missing.pem"}), notPair},
		"a certificate as the key":           {with(map[string]string{"MTLS_KEY_FILE": pair["MTLS_CERT_FILE"]}), notPair},
		"the key of another certificate":     {with(map[string]string{"MTLS_KEY_FILE": files(t, newCertificate(t), "")["MTLS_KEY_FILE"]}), notPair},
		"a proxy without addresses":          {map[string]string{"FORWARDED_CERT": "nginx"}, both},
		"addresses without a proxy":          {map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8"}, both},
		"an unknown proxy":                   {map[string]string{"FORWARDED_CERT": "apache", "TRUSTED_PROXIES": "10.0.0.0/8"}, unknown},
		"a field of Envoy":                   {map[string]string{"FORWARDED_CERT": "envoy:X-Cert", "TRUSTED_PROXIES": "10.0.0.0/8"}, unknown},
		"a field without a name":             {map[string]string{"FORWARDED_CERT": "nginx:", "TRUSTED_PROXIES": "10.0.0.0/8"}, `FORWARDED_CERT: header field ""`},
		"a field with a space":               {map[string]string{"FORWARDED_CERT": "haproxy:X Cert", "TRUSTED_PROXIES": "10.0.0.0/8"}, `FORWARDED_CERT: header field "X Cert"`},
		"a proxy by its name":                {map[string]string{"FORWARDED_CERT": "nginx", "TRUSTED_PROXIES": "proxy.internal"}, trusted},
		"an empty place among the addresses": {map[string]string{"FORWARDED_CERT": "nginx", "TRUSTED_PROXIES": "10.0.0.1,"}, trusted},
		"an address with a zone":             {map[string]string{"FORWARDED_CERT": "nginx", "TRUSTED_PROXIES": "fe80::1%eth0"}, trusted},
		"everyone":                           {map[string]string{"FORWARDED_CERT": "nginx", "TRUSTED_PROXIES": "10.0.0.1, ::/0"}, "TRUSTED_PROXIES: ::/0 means everyone"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fromEnv(lookup(test.changes), slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("got several faults, want one:\n%v", err)
			}
		})
	}
}
