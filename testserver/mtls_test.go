package testserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

// noCertificate means that a request presents no certificate.
var noCertificate tls.Certificate

var billing = pkix.Name{CommonName: "billing", Organization: []string{"Example, Inc."}}

const billingDN = `CN=billing,O=Example\, Inc.`

// mtlsTo posts a form with a client certificate to an endpoint for mutual TLS.
// auth contains the values of the Authorization header.
func mtlsTo(t testing.TB, s *testserver.Server, cert tls.Certificate, ep testserver.Endpoint, form url.Values, auth ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.MTLSEndpoint(ep), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	if len(auth) > 0 {
		r.Header["Authorization"] = auth
	}
	c := s.Client()
	if cert.Leaf != nil {
		c = s.MTLSClient(cert)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if ep == testserver.EndpointToken && resp.ProtoMajor != 2 {
		t.Errorf("got %s, want HTTP/2", resp.Proto)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: parse(text)}
}

// boundTo returns the claim cnf, as JSON, of a token that is bound to cert.
func boundTo(cert tls.Certificate) string {
	return fmt.Sprintf(`"cnf":{"x5t#S256":%q}`, s256(string(cert.Leaf.Raw)))
}

// jwksOf returns a JWKS with the key of a certificate. If whole is true, the
// JWKS also contains the certificate.
func jwksOf(t testing.TB, cert tls.Certificate, whole bool) []byte {
	t.Helper()
	key := jose.JSONWebKey{Key: cert.Leaf.PublicKey}
	if whole {
		key.Certificates = []*x509.Certificate{cert.Leaf}
	}
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestClientsAuthenticateWithACertificate(t *testing.T) {
	foreign := testserver.New(t)
	mine, whole := testserver.ClientCertificate(nil), testserver.ClientCertificate(&x509.Certificate{Subject: billing})
	expired := testserver.ClientCertificate(&x509.Certificate{NotAfter: noon.Add(-time.Second)})
	s := testserver.New(t, testserver.TLS(), testserver.Clock(atNoon), testserver.ClientCA(foreign.ClientCACertPEM()), testserver.Clients(
		testserver.Client{ID: "dn", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SubjectDN: billingDN}},
		testserver.Client{ID: "dns", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SANDNS: "billing.example"}},
		testserver.Client{ID: "uri", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SANURI: "spiffe://example.com/billing"}},
		testserver.Client{ID: "ip", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SANIP: "192.0.2.1"}},
		testserver.Client{ID: "email", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SANEmail: "billing@example.com"}},
		testserver.Client{ID: "key", AuthMethod: "self_signed_tls_client_auth", JWKS: jwksOf(t, mine, false)},
		testserver.Client{ID: "x5c", AuthMethod: "self_signed_tls_client_auth", JWKS: jwksOf(t, whole, true)},
		testserver.Client{ID: "old", AuthMethod: "self_signed_tls_client_auth", JWKS: jwksOf(t, expired, true)},
		testserver.Client{ID: "secret", Secret: "s", AuthMethod: "client_secret_post"},
	))
	uri := &url.URL{Scheme: "spiffe", Host: "example.com", Path: "/billing"}
	issued := s.ClientCertificate(&x509.Certificate{
		Subject: billing, DNSNames: []string{"billing.example"}, URIs: []*url.URL{uri}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, EmailAddresses: []string{"billing@example.com"},
	})
	template := func(change func(*x509.Certificate)) tls.Certificate {
		t := &x509.Certificate{Subject: billing}
		change(t)
		return s.ClientCertificate(t)
	}
	past := template(func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) })
	later := template(func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) })
	server := template(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	stranger := testserver.New(t).ClientCertificate(&x509.Certificate{Subject: billing})
	for name, tt := range map[string]struct {
		id   string
		cert tls.Certificate
		want string // part of error_description; "" for success
	}{
		"the subject":                     {"dn", issued, ""},
		"a DNS name":                      {"dns", issued, ""},
		"a URI":                           {"uri", issued, ""},
		"an IP address":                   {"ip", issued, ""},
		"an email address":                {"email", issued, ""},
		"a CA of the option":              {"dn", foreign.ClientCertificate(&x509.Certificate{Subject: billing}), ""},
		"a public key":                    {"key", mine, ""},
		"a whole certificate":             {"x5c", whole, ""},
		"no certificate":                  {"dn", noCertificate, "in mtls_endpoint_aliases"},
		"no certificate to match":         {"x5c", noCertificate, "in mtls_endpoint_aliases"},
		"another subject":                 {"dn", s.ClientCertificate(nil), "does not match the registered tls_client_auth_subject_dn"},
		"no DNS name":                     {"dns", s.ClientCertificate(&x509.Certificate{Subject: pkix.Name{CommonName: "billing.example"}}), "the registered tls_client_auth_san_dns"},
		"another URI":                     {"uri", s.ClientCertificate(nil), "the registered tls_client_auth_san_uri"},
		"another IP address":              {"ip", s.ClientCertificate(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(192, 0, 2, 2)}}), "the registered tls_client_auth_san_ip"},
		"another email address":           {"email", s.ClientCertificate(nil), "the registered tls_client_auth_san_email"},
		"an expired certificate":          {"dn", past, "has expired, or is not valid yet"},
		"a certificate for later":         {"dn", later, "has expired, or is not valid yet"},
		"a certificate of a server":       {"dn", server, "expected the extended key usage clientAuth"},
		"a CA that is not trusted":        {"dn", stranger, "not issued by a CA that the server trusts"},
		"a self-signed certificate":       {"dn", testserver.ClientCertificate(&x509.Certificate{Subject: billing}), "not issued by a CA that the server trusts"},
		"a certificate of another client": {"key", whole, "is not in its jwks"},
		"a renewal of the whole":          {"x5c", testserver.ClientCertificate(&x509.Certificate{Subject: billing}), "is not in its jwks"},
		"a match that has expired":        {"old", expired, "has expired, or is not valid yet"},
		"a client with a secret":          {"secret", issued, "client authentication is missing"},
		"an unknown client":               {"nobody", issued, "client authentication is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, ep := range []testserver.Endpoint{testserver.EndpointToken, testserver.EndpointIntrospect, testserver.EndpointRevoke, testserver.EndpointPAR, testserver.EndpointDeviceAuthorization} {
				form := url.Values{"client_id": {tt.id}, "grant_type": {"client_credentials"}, "token": {"x"}}
				if ep == testserver.EndpointPAR {
					form = authorizationRequest("client_id", tt.id)
				}
				r := mtlsTo(t, s, tt.cert, ep, form)
				if tt.want == "" && r.status/100 != 2 || tt.want != "" && (r.status != 401 || r.text("error") != "invalid_client") {
					t.Errorf("%s: got %d %v, want it accepted: %v", ep, r.status, r.body, tt.want == "")
				}
				wantAll(t, r.text("error_description"), tt.want)
				if _, isBound := r.body["cnf"]; isBound || tt.want == "" && ep == testserver.EndpointToken && strings.Contains(payload(t, r.text("access_token")), "cnf") {
					t.Errorf("got %v, want a token that is not bound, since the client is not registered for bound tokens", r.body)
				}
			}
		})
	}
	for _, e := range s.Events() {
		if e.Kind == "denied" && e.ClientID != "" {
			t.Errorf("got %v, want no client named that has not authenticated", e)
		}
	}
}

func TestACertificateIsOneAuthenticationMethod(t *testing.T) {
	s := testserver.New(t, testserver.TLS(), testserver.Clients(
		testserver.Client{ID: "dn", Secret: "s", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SubjectDN: billingDN}},
		testserver.Client{ID: "bound", Secret: "s", TLS: testserver.ClientTLS{BoundTokens: true}},
	))
	cert := s.ClientCertificate(&x509.Certificate{Subject: billing})
	form := func(id string, pairs ...string) url.Values {
		return values(url.Values{"client_id": {id}, "grant_type": {"client_credentials"}}, pairs...)
	}
	wantError(t, mtlsTo(t, s, cert, testserver.EndpointToken, form("dn", "client_secret", "s")), 400, "invalid_request")
	wantError(t, mtlsTo(t, s, cert, testserver.EndpointToken, form("dn", "client_assertion", "x")), 400, "invalid_request")
	wantError(t, mtlsTo(t, s, cert, testserver.EndpointToken, form("dn"), basic("dn:s")), 400, "invalid_request")
	wantError(t, mtlsTo(t, s, noCertificate, testserver.EndpointToken, form("dn", "client_secret", "s")), 401, "invalid_client")
	wantTokens(t, mtlsTo(t, s, cert, testserver.EndpointToken, form("bound", "client_secret", "s"))) // the certificate only binds the token
	wantTokens(t, mtlsTo(t, s, cert, testserver.EndpointToken, form("-", "client_id", "-"), testClient))
}

func TestTheTokensOfEveryGrantAreBound(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"JWTs": nil, "opaque tokens": {testserver.OpaqueTokens()}, "in memory": {testserver.InMemory()}} {
		t.Run(name, func(t *testing.T) {
			robot := newRobot(t, "ES256")
			bound := testserver.ClientTLS{BoundTokens: true}
			s := testserver.New(t, append(opts, testserver.TLS(), testserver.Users(testserver.User{Sub: "alice", AccessClaims: map[string]any{"role": "x"}}), testserver.Clients(
				testserver.Client{ID: "test-public", Public: true, TLS: bound},
				testserver.Client{ID: "test-client", Secret: "test-secret", TLS: bound},
				testserver.Client{ID: "gateway", Secret: "gateway-secret", Grants: []testserver.Grant{testserver.TokenExchange}, TLS: bound},
				testserver.Client{ID: "robot", JWKS: robot.jwks, Grants: []testserver.Grant{testserver.JWTBearer}, TLS: bound},
			))...)
			cert := testserver.ClientCertificate(nil)
			post := func(ep testserver.Endpoint, form url.Values) reply { return mtlsTo(t, s, cert, ep, form) }
			for _, request := range everyGrant(t, s, robot, post) {
				r := wantTokens(t, mtlsTo(t, s, cert, testserver.EndpointToken, request.form(), request.auth...))
				if strings.Count(r.text("access_token"), ".") == 2 {
					wantAll(t, payload(t, r.text("access_token")), boundTo(cert), `"iss":"`+s.Issuer()+`"`)
				}
				_, text := introspectionResponse(t, s, r.text("access_token"))
				wantAll(t, text, `"active":true`, boundTo(cert), `"token_type":"Bearer"`)
				_, signed := introspectionResponse(t, s, r.text("access_token"), signedType)
				wantAll(t, payload(t, signed), boundTo(cert))

				refused := mtlsTo(t, s, noCertificate, testserver.EndpointToken, request.form(), request.auth...)
				wantError(t, refused, 400, "invalid_request")
				wantAll(t, refused.text("error_description"), "mtls_endpoint_aliases")
			}
		})
	}
}

func TestRefreshTokensOfPublicClientsAreBound(t *testing.T) {
	path := statePath(t)
	start := func(seed string) *testserver.Server {
		s, err := testserver.Start(t.Context(), testserver.TLS(), testserver.Persist(path), testserver.IssuerURL("https://login.test"), testserver.Seed(seed))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	one := start("one")
	bound := testserver.ClientTLS{BoundTokens: true}
	one.AddClient(testserver.Client{ID: "test-public", Public: true, TLS: bound})
	one.AddClient(testserver.Client{ID: "dn", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SubjectDN: billingDN, BoundTokens: true}})
	cert, other := testserver.ClientCertificate(nil), testserver.ClientCertificate(nil)
	first := wantTokens(t, mtlsTo(t, one, cert, testserver.EndpointToken, codeRequest(codeFor(t, one))))
	old := one.ClientCertificate(&x509.Certificate{Subject: billing})
	ofClient := wantTokens(t, mtlsTo(t, one, old, testserver.EndpointToken, codeRequest(codeFor(t, one, "client_id", "dn"), "client_id", "dn")))
	minted, err := one.Mint(testserver.ForClient("test-public"), testserver.Scope("orders"), testserver.BoundToCertificate(cert.Leaf))
	if err != nil {
		t.Fatal(err)
	}
	closeServer(t, one)

	two := start("one")
	for name, refresh := range map[string]string{"of the token endpoint": first.text("refresh_token"), "of Mint": minted.Refresh} {
		two.AddClient(testserver.Client{ID: "test-public", Public: true, TLS: bound})
		wantError(t, mtlsTo(t, two, other, testserver.EndpointToken, refreshRequest(refresh)), 400, "invalid_grant")
		wantError(t, mtlsTo(t, two, noCertificate, testserver.EndpointToken, refreshRequest(refresh)), 400, "invalid_request")
		next := wantTokens(t, mtlsTo(t, two, cert, testserver.EndpointToken, refreshRequest(refresh)))
		wantAll(t, payload(t, next.text("access_token")), boundTo(cert))
		two.AddClient(testserver.Client{ID: "test-public", Public: true}) // the refresh token stays bound
		wantError(t, mtlsTo(t, two, other, testserver.EndpointToken, refreshRequest(next.text("refresh_token"))), 400, "invalid_grant")
		next = wantTokens(t, mtlsTo(t, two, cert, testserver.EndpointToken, refreshRequest(next.text("refresh_token"))))
		wantAll(t, payload(t, next.text("access_token")), boundTo(cert))
		if t.Failed() {
			t.Fatalf("the refresh token %s failed", name)
		}
	}
	// If a client authenticates, its refresh tokens stay valid after its
	// certificate is renewed. Because of the seed, both servers have the same
	// CA.
	renewed := two.ClientCertificate(&x509.Certificate{Subject: billing})
	form := refreshRequest(ofClient.text("refresh_token"), "client_id", "dn")
	next := wantTokens(t, mtlsTo(t, two, renewed, testserver.EndpointToken, form))
	wantAll(t, payload(t, next.text("access_token")), boundTo(renewed))
	wantTokens(t, mtlsTo(t, two, old, testserver.EndpointToken, refreshRequest(next.text("refresh_token"), "client_id", "dn")))
}

func TestUserInfoRequiresTheCertificateOfABoundToken(t *testing.T) {
	s := testserver.New(t, testserver.TLS())
	cert, other := testserver.ClientCertificate(nil), testserver.ClientCertificate(nil)
	number := testserver.With("cert-number")
	for name, tt := range map[string]struct {
		token  string
		cert   tls.Certificate
		status int
	}{
		"the certificate":               {s.Token(testserver.Scope("openid"), testserver.BoundToCertificate(cert.Leaf)), cert, 200},
		"the certificate, opaque":       {s.Token(testserver.Scope("openid"), testserver.BoundToCertificate(cert.Leaf), testserver.OpaqueTokens()), cert, 200},
		"another certificate":           {s.Token(testserver.Scope("openid"), testserver.BoundToCertificate(cert.Leaf)), other, 401},
		"no certificate":                {s.Token(testserver.Scope("openid"), testserver.BoundToCertificate(cert.Leaf)), noCertificate, 401},
		"a malformed binding":           {s.Token(testserver.Scope("openid"), testserver.BoundToCertificate(cert.Leaf), number), cert, 401},
		"a malformed binding, no cert.": {s.Token(testserver.Scope("openid"), number), noCertificate, 401},
		"a thumbprint of SHA-1":         {s.Token(testserver.Scope("openid"), testserver.Claim("cnf", map[string]any{"x5t": "x"})), cert, 401},
		"a cnf that is not an object":   {s.Token(testserver.Scope("openid"), testserver.Claim("cnf", "x")), cert, 401},
		"a bearer token":                {s.Token(testserver.Scope("openid")), cert, 200},
	} {
		r := mtlsTo(t, s, tt.cert, testserver.EndpointUserInfo, url.Values{"access_token": {tt.token}})
		if r.status != tt.status || (r.status == 401) != strings.Contains(r.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: got %d %v, want %d", name, r.status, r.header, tt.status)
		}
	}
}

// A client that authenticates with a certificate must also present the
// certificate for the grant jwt-bearer. The aud of a client assertion can be
// the URL of the endpoint for mutual TLS.
func TestAssertionsAndCertificates(t *testing.T) {
	signer, cert := newRobot(t, "ES256"), testserver.ClientCertificate(nil)
	both := keySet(t, signer.jwks)
	both.Keys = append(both.Keys, keySet(t, jwksOf(t, cert, true)).Keys...)
	jwks, err := json.Marshal(both)
	if err != nil {
		t.Fatal(err)
	}
	s := testserver.New(t, testserver.TLS(), testserver.Users(testserver.User{Sub: "alice"}), testserver.Clients(
		testserver.Client{ID: "robot", AuthMethod: "self_signed_tls_client_auth", JWKS: jwks, Grants: []testserver.Grant{testserver.JWTBearer}},
		testserver.Client{ID: "signer", JWKS: signer.jwks, TLS: testserver.ClientTLS{BoundTokens: true}},
	))
	wantTokens(t, mtlsTo(t, s, cert, testserver.EndpointToken, jwtBearerRequest(t, s, signer, nil, "client_id", "robot")))
	wantError(t, mtlsTo(t, s, noCertificate, testserver.EndpointToken, jwtBearerRequest(t, s, signer, nil, "client_id", "robot")), 401, "invalid_client")
	wantError(t, mtlsTo(t, s, cert, testserver.EndpointToken, jwtBearerRequest(t, s, signer, nil)), 400, "invalid_grant")

	claims := map[string]any{"iss": "signer", "sub": "signer", "aud": s.MTLSEndpoint(testserver.EndpointToken), "jti": "1", "exp": s.Now().Unix() + 60}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {signer.assert(t, claims, signer.key)}}
	wantAll(t, payload(t, wantTokens(t, mtlsTo(t, s, cert, testserver.EndpointToken, form)).text("access_token")), boundTo(cert))
}
