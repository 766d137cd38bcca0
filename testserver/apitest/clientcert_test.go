package apitest_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// certificateAPI is an API that accepts tokens that are bound to a certificate.
// It checks the tokens and certificates correctly, except for one deliberate
// vulnerability, the hole. It does not use the verifier of package middleware.
type certificateAPI struct {
	tokens *vulnerableAPI // checks the tokens, but not cnf
	hole   string
	field  string // the header field for the holes that trust a field
}

func newCertificateAPI(as *testserver.Server, hole string) *certificateAPI {
	hole, field, _ := strings.Cut(hole, ": ")
	return &certificateAPI{newVulnerableAPI(as, "cnf is ignored"), hole, field}
}

func (a *certificateAPI) has(hole string) bool { return a.hole == hole }

func (a *certificateAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token, err := a.tokens.credentials(r); err == nil && a.tokens.check(token) == nil && !a.holds(r, token) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="api", error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.tokens.ServeHTTP(w, r)
}

// holds reports whether the client of r has the certificate to which token is
// bound. The token must be valid.
func (a *certificateAPI) holds(r *http.Request, token string) bool {
	text, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims struct {
		Confirmation map[string]any `json:"cnf"`
	}
	_ = json.Unmarshal(text, &claims)
	thumbprint, bound := claims.Confirmation["x5t#S256"]
	chain := r.TLS.PeerCertificates
	switch {
	case a.has("cnf is ignored"), claims.Confirmation == nil:
		return true
	case !bound:
		return a.has("unknown members are ignored") && claims.Confirmation["urn:testserver:unknown"] != nil
	case len(chain) == 0 && a.has("a missing certificate panics"):
		panic(http.ErrAbortHandler)
	case len(chain) == 0 && a.has("a missing certificate is accepted"):
		return true
	case a.has("every certificate is accepted") && len(chain) > 0:
		return true
	}
	var presented []*x509.Certificate
	if len(chain) > 0 {
		presented = append(presented, chain[0])
	}
	if value := r.Header.Get(a.field); a.has("a field is trusted") && value != "" || a.has("a field replaces a missing certificate") && len(chain) == 0 && value != "" {
		presented = []*x509.Certificate{forwarded(value)}
	}
	return slices.ContainsFunc(presented, func(c *x509.Certificate) bool { return a.equal(c, thumbprint) })
}

func (a *certificateAPI) equal(c *x509.Certificate, thumbprint any) bool {
	sum, spki := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	b64 := base64.RawURLEncoding.EncodeToString
	text, _ := thumbprint.(string)
	switch {
	case a.has("the hash of the key is compared"):
		return text == b64(spki[:])
	case a.has("the hash of the key is enough") && text == b64(spki[:]):
		return true
	case a.has("hexadecimal is decoded") && text == hex.EncodeToString(sum[:]):
		return true
	case a.has("padding is removed"):
		text = strings.TrimRight(text, "=")
	}
	return text == b64(sum[:])
}

// forwarded parses a certificate from the value of a header field. It supports
// the formats of all proxies in these tests.
func forwarded(value string) *x509.Certificate {
	if _, cert, ok := strings.Cut(value, `Cert="`); ok {
		value = strings.TrimSuffix(cert, `"`)
	}
	text, err := url.PathUnescape(value)
	if err != nil {
		panic(err)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Trim(text, ":"))
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der, err = block.Bytes, nil
	}
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

var certificateRequirements = []apitest.Option{apitest.RequireScope("orders:read"), apitest.RequireClientCert()}

const everyCertificateDefect = "cert-hex cert-issuer cert-key-hash cert-number cert-other cert-padded cert-same-key cert-sha1"

// certificateHoles lists APIs, each with one hole, except the first, which has
// none. found contains the names of the failures that the check must report.
// The text of each failure must contain the strings in words.
var certificateHoles = []struct {
	hole  string
	found string
	words []string
}{
	{"", "", nil},
	{"cnf is ignored", "bound-as-bearer " + everyCertificateDefect + " no-certificate other-certificate unknown-confirmation", []string{"RFC "}},
	{"a missing certificate is accepted", "no-certificate", []string{"RFC 8705 §3", "got 200", `want 401 with error="invalid_token"`}},
	{"every certificate is accepted", strings.Replace(everyCertificateDefect, " cert-sha1", "", 1) + " other-certificate", []string{"RFC "}},
	{"the hash of the key is compared", "good-token", []string{"ask for certificates", "RequireClientCert"}},
	{"the hash of the key is enough", "cert-key-hash", []string{"RFC 8705 §3.1"}},
	{"hexadecimal is decoded", "cert-hex", []string{"RFC 8705 §3.1"}},
	{"padding is removed", "cert-padded", []string{"RFC 7515 §2"}},
	{"unknown members are ignored", "unknown-confirmation", []string{"RFC 7800 §3.1", "require a member"}},
	{"a missing certificate panics", "no-answer", []string{"a bound token without a certificate", "a panic"}},
	{"a field is trusted: X-Client-Cert", "forged-x-client-cert", []string{"RFC 9440 §4", "in the field X-Client-Cert", "from the addresses of the proxy"}},
	{"a field is trusted: Ssl-Client-Cert", "forged-ssl-client-cert", nil},
	{"a field is trusted: X-Forwarded-Client-Cert", "forged-x-forwarded-client-cert", nil},
	{"a field is trusted: Client-Cert", "forged-client-cert", nil},
	{"a field is trusted: X-SSL-Client-DER", "forged-x-ssl-client-der", nil},
	{"a field is trusted: X-Amzn-Mtls-Clientcert-Leaf", "forged-x-amzn-mtls-clientcert-leaf", nil},
	{"a field is trusted: X-Forwarded-Tls-Client-Cert", "forged-x-forwarded-tls-client-cert", nil},
	{"a field replaces a missing certificate: X-Client-Cert", "forged-x-client-cert", []string{"a bound token without its certificate, which is in the field X-Client-Cert"}},
}

func TestCheckFindsHolesOfCertificates(t *testing.T) {
	for _, tt := range certificateHoles {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			as := testserver.New(t)
			found := findings(t, as, newCertificateAPI(as, tt.hole), certificateRequirements...)
			if got := strings.Join(slices.Sorted(maps.Keys(found)), " "); got != tt.found {
				t.Errorf("got %q, want %q", got, tt.found)
			}
			for _, text := range found {
				wantAll(t, text, append(tt.words, "\n\tfix:  ")...)
			}
		})
	}
}

// withCertificates returns an API behind the middleware. The API accepts tokens
// that are bound to a certificate. If policy is not nil, such a token may also
// be bound to a key.
func withCertificates(t *testing.T, as *testserver.Server, policy *dpop.Policy) http.Handler {
	t.Helper()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(),
		Origins: []string{"https://api.example.com"}, Resource: "https://api.example.com",
		ClientCert: clientcert.TLS, RequireBound: true, DPoP: policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return httpauth.Require(v, scopes.All("orders:read"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
}

func TestMiddlewareWithCertificatesPasses(t *testing.T) {
	as := testserver.New(t)
	apitest.Check(t, as, withCertificates(t, as, nil), orders, certificateRequirements...)
	apitest.Check(t, as, withCertificates(t, as, new(dpop.Policy)), orders,
		append(certificateRequirements, apitest.RequireDPoP(), apitest.Origin("https://api.example.com"))...)
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		apitest.Check(t, as, withCertificates(t, as, nil), orders, certificateRequirements...)
	})
}

// An API that verifies certificates may refuse a wrong or missing certificate
// during the TLS handshake. The check must accept this refusal, too.
func TestCheckURLWithCertificates(t *testing.T) {
	as := testserver.New(t)
	own := testserver.ClientCertificate(nil)
	ofServer, ofAPI := x509.NewCertPool(), x509.NewCertPool()
	ofServer.AppendCertsFromPEM(as.ClientCACertPEM())
	ofAPI.AddCert(own.Leaf)
	for name, tt := range map[string]struct {
		config *tls.Config
		opt    apitest.Option
	}{
		"certificates are requested":          {&tls.Config{ClientAuth: tls.RequestClientCert}, apitest.RequireClientCert()},
		"certificates are required":           {&tls.Config{ClientAuth: tls.RequireAnyClientCert}, apitest.RequireClientCert()},
		"the CA of the server is trusted":     {&tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ofServer}, apitest.RequireClientCert()},
		"only one certificate is trusted":     {&tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ofAPI}, apitest.RequireClientCert(own)},
		"other certificates are not verified": {&tls.Config{ClientAuth: tls.RequestClientCert}, apitest.RequireClientCert(own)},
		"TLS 1.2":                             {&tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, apitest.RequireClientCert()},
	} {
		for _, http2 := range []bool{false, true} {
			api := httptest.NewUnstartedServer(withCertificates(t, as, nil))
			api.TLS, api.EnableHTTP2 = tt.config.Clone(), http2
			api.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are expected, so they are not logged
			api.StartTLS()
			tb := &recorder{TB: t}
			apitest.CheckURL(tb, as, api.URL, orders, apitest.RequireScope("orders:read"), tt.opt, apitest.Roots(rootsOf(api)))
			if len(tb.errors) > 0 {
				t.Errorf("%s, HTTP/2 %v: got %q", name, http2, tb.errors)
			}
			api.Close()
		}
	}
}

func TestForgedFieldsContainTheCertificate(t *testing.T) {
	as := testserver.New(t)
	fields := map[string]int{}
	api := newCertificateAPI(as, "")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			if !strings.Contains(name, "Client") {
				continue
			}
			r.TLS.PeerCertificates = []*x509.Certificate{forwarded(values[0])}
			if _, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); api.holds(r, token) {
				fields[name]++
			}
			r.TLS.PeerCertificates = nil
		}
		api.ServeHTTP(w, r)
	})
	apitest.Check(t, as, handler, orders, certificateRequirements...)
	for _, name := range []string{"X-Client-Cert", "Ssl-Client-Cert", "X-Forwarded-Client-Cert", "Client-Cert", "X-Ssl-Client-Der", "X-Amzn-Mtls-Clientcert-Leaf", "X-Forwarded-Tls-Client-Cert"} {
		if fields[name] != 4 { // two requests (no certificate, another certificate) over each of HTTP/1.1 and HTTP/2
			t.Errorf("%s: got %d requests with the certificate, want 4", name, fields[name])
		}
	}
}

// An API that verifies certificates may still trust a header field that
// contains one. An attacker with any certificate that the API accepts can then
// use the token of another client.
func TestForgedFieldsReachAnAPIThatVerifiesCertificates(t *testing.T) {
	as := testserver.New(t)
	own := testserver.ClientCertificate(nil)
	api := httptest.NewUnstartedServer(newCertificateAPI(as, "a field is trusted: X-Client-Cert"))
	api.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()}
	api.TLS.ClientCAs.AddCert(own.Leaf)
	api.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are expected, so they are not logged
	api.StartTLS()
	defer api.Close()
	tb := &recorder{TB: t}
	apitest.CheckURL(tb, as, api.URL, orders, apitest.RequireScope("orders:read"), apitest.RequireClientCert(own), apitest.Roots(rootsOf(api)))
	if text := strings.Join(tb.errors, "\n"); len(tb.errors) != 1 || !strings.Contains(text, "forged-x-client-cert") || !strings.Contains(text, "the token of another client") {
		t.Errorf("got %q, want only forged-x-client-cert", text)
	}
}

func TestInvalidOptionsOfCertificatesEndTheTest(t *testing.T) {
	as := testserver.New(t)
	own := testserver.ClientCertificate(nil)
	check := func(opts ...apitest.Option) func(*recorder) {
		return func(tb *recorder) { apitest.Check(tb, as, newCertificateAPI(as, ""), orders, opts...) }
	}
	for name, tt := range map[string]struct {
		run  func(*recorder)
		want string
	}{
		"an empty certificate":        {check(apitest.RequireClientCert(tls.Certificate{})), "has no private key or is empty"},
		"a certificate without a key": {check(apitest.RequireClientCert(tls.Certificate{Certificate: own.Certificate})), "has no private key or is empty"},
		"a malformed certificate":     {check(apitest.RequireClientCert(tls.Certificate{Certificate: [][]byte{{1}}, PrivateKey: own.PrivateKey})), "the certificate is malformed"},
		"two certificates":            {check(apitest.RequireClientCert(own, own)), "give at most one certificate"},
		"a defect of the binding":     {check(apitest.SkipDefect("cert-hex")), "only with RequireClientCert"},
		"an unknown defect":           {check(apitest.RequireClientCert(), apitest.SkipDefect("cert-nine")), "cert-padded"},
		"roots for a handler":         {check(apitest.Roots(x509.NewCertPool())), "Roots has no effect in Check"},
		"an http URL": {func(tb *recorder) {
			apitest.CheckURL(tb, as, "http://127.0.0.1:1", orders, apitest.RequireClientCert())
		}, "give the https URL"},
	} {
		t.Run(name, func(t *testing.T) { wantAll(t, fatalText(t, tt.run), tt.want) })
	}
}

func TestSkippedDefectsOfCertificates(t *testing.T) {
	as := testserver.New(t)
	api := newCertificateAPI(as, "padding is removed")
	for kind, text := range findings(t, as, api, append(certificateRequirements, apitest.SkipDefect("cert-padded"))...) {
		t.Errorf("got %s: %s", kind, text)
	}
}
