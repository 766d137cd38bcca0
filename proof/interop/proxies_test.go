package interop_test

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// proxyIP is the address from which the proxies connect to the API. Other
// clients connect from 127.0.0.1.
const proxyIP = "127.0.0.2"

// certProxy is a proxy that forwards the certificates of its clients in a
// header field.
type certProxy struct {
	name     string
	settings string // FORWARDED_CERT of the API
	source   clientcert.Forwarded
	program  string                       // a key of proxyPrograms
	config   string                       // the line that sets the header field
	encode   func(pem, der string) string // the value of the field for a certificate
}

var trustedProxies = []netip.Prefix{netip.MustParsePrefix(proxyIP + "/32")}

var certProxies = []certProxy{
	{
		"nginx", "nginx", clientcert.Nginx("X-Client-Cert", trustedProxies),
		"nginx", `proxy_set_header X-Client-Cert $ssl_client_escaped_cert;`,
		func(pem, _ string) string { return strings.ReplaceAll(url.QueryEscape(pem), "+", "%20") },
	},
	{
		"HAProxy", "haproxy", clientcert.HAProxy("X-SSL-Client-DER", trustedProxies),
		"haproxy", `http-request set-header X-SSL-Client-DER %[ssl_c_der,base64]`,
		func(_, der string) string { return der },
	},
	{
		"HAProxy with +Q, which adds no quotes to header fields", "haproxy:X-Cert", clientcert.HAProxy("X-Cert", trustedProxies),
		"haproxy", `http-request set-header X-Cert %{+Q}[ssl_c_der,base64]`,
		func(_, der string) string { return der },
	},
	{
		"HAProxy, RFC 9440", "rfc9440", clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Trusted: trustedProxies},
		"haproxy", `http-request set-header Client-Cert :%[ssl_c_der,base64]:`,
		func(_, der string) string { return ":" + der + ":" },
	},
}

// fields returns the header field that the proxy sends for a certificate.
func (p certProxy) fields(certificate tls.Certificate) http.Header {
	return http.Header{http.CanonicalHeaderKey(p.source.Header): {p.encode(string(toPEM(certificate)), base64.StdEncoding.EncodeToString(certificate.Leaf.Raw))}}
}

// proxyProgram defines how to run a proxy in the foreground as a single
// process. config is the content of proxy.conf.
type proxyProgram struct {
	arguments []string
	stop      os.Signal // ends the program with status 0
	config    string
}

var proxyPrograms = map[string]proxyProgram{
	"nginx":   {[]string{"-p", "./", "-e", "stderr", "-c", "proxy.conf"}, syscall.SIGTERM, nginxConfig},
	"haproxy": {[]string{"-db", "-f", "proxy.conf"}, syscall.SIGUSR1, haproxyConfig},
}

// These are the configurations of the proxies. A proxy sends requests for
// /recorded to the recorder, and all other requests to the API.
const (
	nginxConfig = `
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	server {
		listen ADDRESS ssl http2;
		ssl_certificate server.pem;
		ssl_certificate_key server.pem;
		ssl_verify_client optional_no_ca;
		FIELD
		proxy_bind PROXYIP;
		location / { proxy_pass http://API; }
		location = /recorded { proxy_pass http://RECORDER; }
	}
}
`
	haproxyConfig = `
global
	hard-stop-after 1s
defaults
	mode http
	timeout connect 5s
	timeout client 10s
	timeout server 10s
	source PROXYIP
frontend tls
	bind ADDRESS ssl crt server.pem alpn h2,http/1.1 verify optional ca-file server.pem ca-ignore-err all crt-ignore-err all
	FIELD
	use_backend recorder if { path /recorded }
	default_backend api
backend api
	server api API
backend recorder
	server recorder RECORDER
`
)

// start starts the proxy in front of the API and the recorder, and returns the
// proxy's URL. HAProxy requires a CA for client certificates, even though it is
// configured to ignore unknown issuers. The proxy's own certificate serves as
// this CA.
func (p certProxy) start(t *testing.T, server tls.Certificate, api, recorder string) string {
	t.Helper()
	address, dir := program.Address(t), t.TempDir()
	host := func(url string) string { return strings.TrimPrefix(url, "http://") }
	run := proxyPrograms[p.program]
	config := strings.NewReplacer("ADDRESS", address, "FIELD", p.config, "PROXYIP", proxyIP, "API", host(api), "RECORDER", host(recorder)).Replace(run.config)
	for name, content := range map[string][]byte{"server.pem": append(toPEM(server), toKeyPEM(t, server)...), "proxy.conf": []byte(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := exec.LookPath(p.program)
	if err != nil {
		path = "/usr/sbin/" + p.program // the PATH of users other than root may lack /usr/sbin
	}
	cmd := exec.CommandContext(t.Context(), path, run.arguments...)
	cmd.Dir = dir
	process := launch(t, cmd, func() error { return cmd.Process.Signal(run.stop) })
	process.ready(t, accepting(t, address))
	return "https://" + address
}

// accepting returns a channel that receives the address as soon as a server
// accepts connections there.
func accepting(t *testing.T, address string) <-chan string {
	accepts := make(chan string, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for t.Context().Err() == nil {
			if connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address); err == nil {
				_ = connection.Close()
				accepts <- address
				return
			}
			<-tick.C
		}
	}()
	return accepts
}

// newProxyClient returns clients for the API at the given URL. The clients
// connect to the API directly. Their address is proxyIP, so the API treats them
// as proxies.
func newProxyClient(t *testing.T, url string) *api {
	direct := newAPI(t, url)
	for _, c := range direct.clients {
		c.Transport.(*http.Transport).DialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(proxyIP)}}).DialContext
	}
	return direct
}

// TestProxiesForwardTheCertificateOfATokensClient tests RFC 8705 §3 behind
// proxies that terminate TLS.
func TestProxiesForwardTheCertificateOfATokensClient(t *testing.T) {
	as, built := testserver.New(t, testserver.Audience(audience)), buildAPI(t)
	key := newECKey(t)
	server, own, again := newCertificate(t, newECKey(t), "server", nil), newCertificate(t, key, "own", nil), newCertificate(t, key, "own", nil)
	other := newCertificate(t, newECKey(t), "other", nil)
	none := tls.Certificate{}
	bound := testserver.Claim("cnf", map[string]any{"x5t#S256": clientcert.Thumbprint(own.Leaf)})

	for i, p := range certProxies {
		t.Run(p.name, func(t *testing.T) {
			direct := startAPI(t, built, "FRAMEWORK="+frameworks[i%len(frameworks)], "ISSUER="+as.Issuer(), "AUDIENCE="+audience,
				"FORWARDED_CERT="+p.settings, "TRUSTED_PROXIES="+proxyIP,
				"INTROSPECTION_CLIENT_ID="+as.DefaultClient().ID, "INTROSPECTION_CLIENT_SECRET="+as.DefaultClient().Secret)
			address := p.start(t, server, direct.url, direct.url)
			behind := func(own tls.Certificate) *api { return &api{url: address, clients: newTLSClients(t, server, own)} }
			hopByHop := func(fields http.Header) http.Header {
				fields = fields.Clone()
				fields.Set("Connection", p.source.Header)
				return fields
			}
			onlyHTTP1 := func(a *api) *api { a.clients = a.clients[:1]; return a } // HTTP/2 forbids the field Connection

			for kind, options := range map[string][]testserver.TokenOption{"a JWT": nil, "an opaque token": {testserver.OpaqueTokens()}} {
				token := as.Token(append(options, bound, testserver.Scope("items:read"))...)
				for _, test := range []struct {
					what   string
					api    *api
					header http.Header
					status int
				}{
					{"the right certificate", behind(own), nil, 200},
					{"another certificate", behind(other), nil, 401},
					{"another certificate for the same key", behind(again), nil, 401},
					{"no certificate", behind(none), nil, 401},
					{"no certificate, and a forged field", behind(none), p.fields(own), 401},
					{"another certificate, and a forged field", behind(other), p.fields(own), 401},
					{"the right certificate, and a forged field", behind(own), p.fields(other), 200},
					{"the right certificate, and Connection names the field", onlyHTTP1(behind(own)), hopByHop(http.Header{}), 200},
					{"no certificate, a forged field, and Connection names it", onlyHTTP1(behind(none)), hopByHop(p.fields(own)), 401},
					{"a field from the address of the proxy", newProxyClient(t, direct.url), p.fields(own), 200},
					{"a field from another address", direct, p.fields(own), 401},
				} {
					c := call{route: "GET /items", token: token, header: test.header, status: test.status, body: items}
					if c.status == http.StatusUnauthorized {
						c.err = "invalid_token"
					}
					if fault := test.api.fault(t, c); fault != "" {
						t.Errorf("%s, %s: %s", kind, test.what, fault)
					}
				}
			}
		})
	}
}

// TestFieldsOfProxiesAreRead tests that clientcert reads the field that a
// running proxy sends.
func TestFieldsOfProxiesAreRead(t *testing.T) {
	server, authority := newCertificate(t, newECKey(t), "server", nil), newCertificate(t, newECKey(t), "authority", nil)
	certificates := map[string]tls.Certificate{
		"no certificate":     {},
		"an EC key":          newCertificate(t, newECKey(t), "client", nil),
		"a long RSA key":     newCertificate(t, newRSAKey(t, 4096), "client", nil),
		"a subject in UTF-8": newCertificate(t, newECKey(t), `Zürich 東京 🔑, "a"; b+c=%20`, nil),
		"a chain":            newCertificate(t, newECKey(t), "client", &authority),
	}
	for _, p := range certProxies {
		t.Run(p.name, func(t *testing.T) {
			type record struct {
				Fields     []string
				Thumbprint string
				Fault      string
			}
			recorder := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen := record{Fields: r.Header.Values(p.source.Header)}
				var err error
				if seen.Thumbprint, err = p.source.Thumbprint(r); err != nil {
					seen.Fault = err.Error()
				}
				_ = json.NewEncoder(w).Encode(seen) // on failure, the client gets incomplete JSON
			}))
			t.Cleanup(recorder.Close)
			address := p.start(t, server, recorder.URL, recorder.URL)

			for name, certificate := range certificates {
				want := record{}
				if certificate.Leaf != nil {
					want = record{p.fields(certificate)[http.CanonicalHeaderKey(p.source.Header)], clientcert.Thumbprint(certificate.Leaf), ""}
				}
				for _, c := range newTLSClients(t, server, certificate) {
					response, err := c.Get(address + "/recorded")
					if err != nil {
						t.Fatal(err)
					}
					var got record
					err = json.NewDecoder(response.Body).Decode(&got)
					response.Body.Close()
					if err != nil || response.Proto != c.protocol {
						t.Fatalf("%s: got %s, %v", name, response.Proto, err)
					}
					if got.Thumbprint != want.Thumbprint || got.Fault != "" || want.Fields != nil && !slices.Equal(got.Fields, want.Fields) {
						t.Errorf("%s, %s: got %+v, want %+v", c.protocol, name, got, want)
					}
				}
			}
		})
	}
}
