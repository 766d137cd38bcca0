package testserver_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestMetadataListsTheEndpointsForMutualTLS(t *testing.T) {
	endpoints := map[string]testserver.Endpoint{
		"token_endpoint": testserver.EndpointToken, "introspection_endpoint": testserver.EndpointIntrospect, "revocation_endpoint": testserver.EndpointRevoke, "userinfo_endpoint": testserver.EndpointUserInfo,
		"device_authorization_endpoint": testserver.EndpointDeviceAuthorization, "pushed_authorization_request_endpoint": testserver.EndpointPAR,
	}
	for name, tt := range map[string]struct {
		opts     []testserver.Option
		host     string // "": any host
		disabled int
	}{
		"on a socket":      {nil, "127.0.0.1", 0},
		"by name":          {[]testserver.Option{testserver.Addr("localhost:0")}, "localhost", 0},
		"in memory":        {[]testserver.Option{testserver.InMemory()}, "", 0},
		"with an issuer":   {[]testserver.Option{testserver.IssuerURL("https://login.test/tenant")}, "login.test", 0},
		"in memory, 8443":  {[]testserver.Option{testserver.InMemory(), testserver.IssuerURL("https://login.test:8443")}, "login.test", 0},
		"with less":        {[]testserver.Option{testserver.Disable(testserver.EndpointAuthorize, testserver.EndpointUserInfo)}, "", 2},
		"with an address":  {[]testserver.Option{testserver.MTLSAddr("127.0.0.2:0"), testserver.IssuerURL("https://127.0.0.2:8443")}, "127.0.0.2", 0},
		"with other hosts": {[]testserver.Option{testserver.Hosts("", "https://127.0.0.1:1")}, "127.0.0.1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(tt.opts, testserver.TLS(), testserver.Registration())...)
			for _, document := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
				doc := parse(serve(s, "GET", s.Endpoint(document)).Body.Bytes())
				aliases, _ := doc["mtls_endpoint_aliases"].(map[string]any)
				if len(aliases) != len(endpoints)-tt.disabled || doc["tls_client_certificate_bound_access_tokens"] != true {
					t.Errorf("got %v, want %d endpoints and bound tokens", doc, len(endpoints)-tt.disabled)
				}
				for name, u := range aliases {
					got, _ := u.(string)
					parsed, err := url.Parse(got)
					if err != nil || got != s.MTLSEndpoint(endpoints[name]) || parsed.Scheme != "https" || got == doc[name] || tt.host != "" && parsed.Hostname() != tt.host {
						t.Errorf("%s: got %s beside %v, want %s", name, got, doc[name], s.MTLSEndpoint(endpoints[name]))
					}
				}
				for _, endpoint := range []string{"token", "introspection", "revocation"} {
					list, _ := doc[endpoint+"_endpoint_auth_methods_supported"].([]any)
					if !slices.Contains(list, any("tls_client_auth")) || !slices.Contains(list, any("self_signed_tls_client_auth")) {
						t.Errorf("%s: got the methods %v, want those with a certificate", endpoint, list)
					}
				}
			}
			// The listener for mutual TLS serves all endpoints, with the same
			// issuer.
			there := strings.TrimSuffix(s.MTLSEndpoint(testserver.EndpointToken), "/token")
			if got := getJSON(t, s.Client(), there+"/.well-known/openid-configuration")["issuer"]; got != s.Issuer() {
				t.Errorf("got the issuer %v, want %s", got, s.Issuer())
			}
		})
	}
}

func TestAServerWithoutTLSHasNoEndpointsForMutualTLS(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"plain": nil, "in memory": {testserver.InMemory()}, "behind a proxy": {testserver.IssuerURL("https://login.test")},
	} {
		t.Run(name, func(t *testing.T) {
			tb := &recorder{TB: t}
			defer tb.finish()
			s := testserver.New(tb, append(opts, testserver.Registration(), testserver.Clients(
				testserver.Client{ID: "dn", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SubjectDN: billingDN}},
				testserver.Client{ID: "bound", Secret: "s", TLS: testserver.ClientTLS{BoundTokens: true}},
			))...)
			rec := serve(s, "GET", s.Endpoint(testserver.EndpointDiscovery))
			if text := rec.Body.String(); strings.Contains(text, "tls") {
				t.Errorf("got %s, want nothing about mutual TLS", text)
			}
			r := formTo(t, s, testserver.EndpointToken, "client_id=dn&grant_type=client_credentials")
			wantError(t, r, 401, "invalid_client")
			wantAll(t, r.text("error_description"), "start it with TLS")
			wantError(t, formTo(t, s, testserver.EndpointToken, "client_id=bound&client_secret=s&grant_type=client_credentials"), 400, "invalid_request")
			for _, metadata := range []string{
				`{"grant_types":["client_credentials"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"a"}`,
				`{"grant_types":["client_credentials"],"tls_client_certificate_bound_access_tokens":true}`,
			} {
				wantError(t, register(t, s, metadata), 400, "invalid_client_metadata")
			}
			wantAll(t, ended(func() { s.MTLSEndpoint(testserver.EndpointToken) }), "MTLSEndpoint", "add TLS()")
			wantAll(t, ended(func() { s.MTLSClient(testserver.ClientCertificate(nil)) }), "MTLSClient", "add TLS()")
		})
	}
}

// ended calls f and returns the message of the recorder's Fatalf call that ends
// f, or "" if f returns normally.
func ended(f func()) (text string) {
	defer func() {
		message, _ := recover().(fatal)
		text = string(message)
	}()
	f()
	return ""
}

func TestOptionsForMutualTLSRefuse(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []testserver.Option
		want string
	}{
		"no address":            {[]testserver.Option{testserver.TLS(), testserver.MTLSAddr("")}, "leave the option out"},
		"no port":               {[]testserver.Option{testserver.TLS(), testserver.MTLSAddr("127.0.0.1")}, `MTLSAddr("127.0.0.1"): want a host and a port number`},
		"an address beyond":     {[]testserver.Option{testserver.TLS(), testserver.MTLSAddr("192.0.2.1:0")}, `MTLSAddr("192.0.2.1:0") is reachable from other machines`},
		"an address in memory":  {[]testserver.Option{testserver.TLS(), testserver.InMemory(), testserver.MTLSAddr("127.0.0.1:0")}, `MTLSAddr("127.0.0.1:0") requires a socket, but InMemory() does not use one: remove MTLSAddr or InMemory()`},
		"another host":          {[]testserver.Option{testserver.TLS(), testserver.MTLSAddr("127.0.0.2:0")}, `MTLSAddr("127.0.0.2:0") has another host than the issuer`},
		"no TLS":                {[]testserver.Option{testserver.MTLSAddr("127.0.0.1:0")}, `requires TLS()`},
		"a CA that is not PEM":  {[]testserver.Option{testserver.ClientCA([]byte("x"))}, "ClientCA: want a certificate in PEM"},
		"a client without name": {[]testserver.Option{testserver.Clients(testserver.Client{ID: "a", AuthMethod: "tls_client_auth"})}, "requires exactly one of TLS.SubjectDN"},
		"a client without JWKS": {[]testserver.Option{testserver.Clients(testserver.Client{ID: "a", Secret: "s", AuthMethod: "self_signed_tls_client_auth"})}, "set JWKS"},
		"a name without method": {[]testserver.Option{testserver.Clients(testserver.Client{ID: "a", Secret: "s", TLS: testserver.ClientTLS{SANDNS: "a"}})}, "TLS.SANDNS is only for tls_client_auth"},
	} {
		wantAll(t, name+": "+fatalText(t, func(tb *recorder) { testserver.New(tb, tt.opts...) }), tt.want)
	}
	if _, err := testserver.NewUnstarted(testserver.IssuerURL("https://login.test"), testserver.MTLSAddr("127.0.0.1:0")); err == nil {
		t.Error("got no error from NewUnstarted with MTLSAddr, want one")
	}
}

// A client that resumes a TLS session does not present its certificate again,
// so the server must take the certificate from the session.
func TestAResumedSessionHasTheCertificate(t *testing.T) {
	s := testserver.New(t, testserver.TLS())
	cert := testserver.ClientCertificate(nil)
	s.AddClient(testserver.Client{ID: "key", AuthMethod: "self_signed_tls_client_auth", JWKS: jwksOf(t, cert, true), TLS: testserver.ClientTLS{BoundTokens: true}})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := s.MTLSClient(cert)
		transport, _ := c.Transport.(*http.Transport)
		transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		transport.TLSClientConfig.MaxVersion = version
		for i := range 3 {
			resp, err := c.PostForm(s.MTLSEndpoint(testserver.EndpointToken), url.Values{"client_id": {"key"}, "grant_type": {"client_credentials"}})
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.TLS.DidResume != (i > 0) || resp.TLS.Version != version {
				t.Errorf("got %v, resumed %v, version %x, want the first session resumed", err, resp.TLS.DidResume, resp.TLS.Version)
			}
			access, _ := parse(text)["access_token"].(string)
			wantAll(t, payload(t, access), boundTo(cert))
			transport.CloseIdleConnections()
		}
	}
}

// Other listeners must not request a certificate, because browsers would then
// ask the user to select a certificate.
func TestOnlyTheListenerForMutualTLSAsksForACertificate(t *testing.T) {
	s := testserver.New(t, testserver.TLS())
	for u, want := range map[string]bool{s.Endpoint(testserver.EndpointJWKS): false, s.MTLSEndpoint(testserver.EndpointToken): true} {
		asked := false
		c := s.MTLSClient(noCertificate)
		transport, _ := c.Transport.(*http.Transport)
		transport.TLSClientConfig.Certificates = nil
		transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return &tls.Certificate{}, nil
		}
		get(t, c, u)
		if asked != want {
			t.Errorf("%s: got a certificate asked for: %v, want %v", u, asked, want)
		}
	}
}

func TestASeedRepeatsClientCertificates(t *testing.T) {
	certificates := func(first bool) (list []string) {
		s := testserver.New(t, testserver.Seed("certificates"))
		if first {
			list = append(list, string(s.ClientCACertPEM()))
		}
		list = append(list, string(s.ClientCertificate(nil).Leaf.Raw), string(s.ClientCertificate(nil).Leaf.Raw))
		if !first {
			list = append([]string{string(s.ClientCACertPEM())}, list...)
		}
		return append(list, s.SigningKey().ID)
	}
	if one, two := certificates(true), certificates(false); !slices.Equal(one, two) || one[1] == one[2] {
		t.Error("want the same different certificates from one seed")
	}
}
