package testserver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestBoundToCertificate(t *testing.T) {
	s := testserver.New(t)
	cert, key := testserver.ClientCertificate(nil), testserver.GenerateKey("ES256", "")
	for name, tt := range map[string]struct {
		opts []testserver.TokenOption
		want []string
	}{
		"a JWT":           {nil, []string{boundTo(cert), `"token_type":"Bearer"`}},
		"an opaque token": {[]testserver.TokenOption{testserver.OpaqueTokens()}, []string{boundTo(cert), `"token_type":"Bearer"`}},
		"a DPoP key, too": {[]testserver.TokenOption{testserver.BoundTo(key)}, []string{strings.TrimSuffix(boundTo(cert), "}"), fmt.Sprintf(`"jkt":%q`, thumbprintOf(t, key)), `"token_type":"DPoP"`}},
	} {
		token := s.Token(append([]testserver.TokenOption{testserver.BoundToCertificate(cert.Leaf)}, tt.opts...)...)
		_, body := introspectionResponse(t, s, token)
		wantAll(t, name+": "+body, tt.want...)
		for d := range testserver.CertificateDefects() {
			bad := s.Token(append([]testserver.TokenOption{testserver.BoundToCertificate(cert.Leaf), testserver.With(d)}, tt.opts...)...)
			if _, body := introspectionResponse(t, s, bad); strings.Contains(body, fmt.Sprintf(`:%q`, s256(string(cert.Leaf.Raw)))) || !strings.Contains(body, `"cnf":{`) {
				t.Errorf("%s of %s: got %s, want another cnf", d, name, body)
			}
		}
	}
	for d := range testserver.Defects() {
		if d.IsCertificateDefect() {
			t.Errorf("got %s in Defects, want it only in CertificateDefects", d)
		}
	}
}

func TestClientCertificatePanicsOnAnInvalidTemplate(t *testing.T) {
	defer func() {
		wantAll(t, fmt.Sprint(recover()), "testserver.ClientCertificate: making a client certificate")
	}()
	testserver.ClientCertificate(&x509.Certificate{DNSNames: []string{"ü"}})
}

func TestRegistrationForMutualTLS(t *testing.T) {
	s := testserver.New(t, testserver.TLS(), testserver.Registration())
	cert := s.ClientCertificate(&x509.Certificate{DNSNames: []string{"billing.example"}})
	mine := testserver.ClientCertificate(nil)
	const grant = `{"grant_types":["client_credentials"],"tls_client_certificate_bound_access_tokens":true,`
	for name, tt := range map[string]struct {
		metadata string
		cert     tls.Certificate
		member   string
	}{
		"a name":  {grant + `"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"billing.example"}`, cert, "tls_client_auth_san_dns"},
		"a match": {grant + `"token_endpoint_auth_method":"self_signed_tls_client_auth","jwks":` + string(jwksOf(t, mine, true)) + `}`, mine, "jwks"},
	} {
		t.Run(name, func(t *testing.T) {
			r := registerClient(t, s, tt.metadata)
			if r.body["client_secret"] != nil || r.body[tt.member] == nil || r.body["tls_client_certificate_bound_access_tokens"] != true {
				t.Errorf("got %v, want %s, bound tokens and no secret", r.body, tt.member)
			}
			use := func() reply {
				return mtlsTo(t, s, tt.cert, testserver.EndpointToken, values(nil, "client_id", r.text("client_id"), "grant_type", "client_credentials"))
			}
			wantAll(t, payload(t, wantTokens(t, use()).text("access_token")), boundTo(tt.cert))
			update := `{"client_id":"` + r.text("client_id") + `","grant_types":["client_credentials"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"other.example"}`
			if next := manage(t, s, "PUT", r, update); next.text("tls_client_auth_san_dns") != "other.example" || next.body["tls_client_certificate_bound_access_tokens"] != nil {
				t.Errorf("got %v, want the metadata replaced", next.body)
			}
			wantError(t, use(), 401, "invalid_client")
		})
	}
	for name, metadata := range map[string]string{
		"no name":               `"token_endpoint_auth_method":"tls_client_auth"}`,
		"two names":             `"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"a","tls_client_auth_san_ip":"::1"}`,
		"a name that is wrong":  `"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_ip":"a"}`,
		"a name without method": `"tls_client_auth_san_dns":"a"}`,
		"a number as a name":    `"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":1}`,
		"no jwks":               `"token_endpoint_auth_method":"self_signed_tls_client_auth"}`,
	} {
		r := register(t, s, grant+metadata)
		wantError(t, r, 400, "invalid_client_metadata")
		if r.text("error_description") == "" {
			t.Errorf("%s: got no description", name)
		}
	}
}

func TestTheControlAPIRegistersAndBindsCertificates(t *testing.T) {
	c := newControlAPI(t, testserver.TLS())
	cert := c.ClientCertificate(&x509.Certificate{Subject: billing})
	const client = `{"id":"billing","auth_method":"tls_client_auth","tls_client_auth_subject_dn":"cn=billing,o=Example\\, Inc.","tls_client_certificate_bound_access_tokens":true}`
	for _, w := range []string{c.send("POST", "/v1/clients", client).Body.String(), c.send("GET", "/v1/clients/billing", "").Body.String()} {
		wantAll(t, w, `"tls_client_auth_subject_dn":"cn=billing,o=Example\\, Inc."`, `"tls_client_certificate_bound_access_tokens":true`)
		if strings.Contains(w, "secret") {
			t.Errorf("got %s, want no secret", w)
		}
	}
	r := mtlsTo(t, c.Server, cert, testserver.EndpointToken, values(nil, "client_id", "billing", "grant_type", "client_credentials"))
	wantAll(t, payload(t, wantTokens(t, r).text("access_token")), boundTo(cert))
	if w := c.send("POST", "/v1/clients", `{"auth_method":"tls_client_auth"}`); w.Code != http.StatusBadRequest {
		t.Errorf("got %d, want a client without a name refused", w.Code)
	}

	text, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Leaf.Raw})))
	if err != nil {
		t.Fatal(err)
	}
	mint := func(more string) string {
		return c.send("POST", "/v1/tokens", `{"certificate":`+string(text)+more+`}`).Body.String()
	}
	wantAll(t, mint(""), boundTo(cert), `"token_type":"Bearer"`)
	wantAll(t, mint(`,"opaque":true,"defect":"cert-number"`), `"cnf":{"x5t#S256":7}`)
	wantAll(t, c.send("POST", "/v1/tokens", `{"certificate":"x"}`).Body.String(), "certificate: want a certificate in PEM")
	wantAll(t, c.send("POST", "/v1/check", `{"url":"http://127.0.0.1:1","also":["cert-hex"]}`).Body.String(), "cert-hex is a defect of tokens that are bound to a certificate")
	var bad control.BadTokens
	if err := json.Unmarshal(c.send("POST", "/v1/bad-tokens", `{"certificate":`+string(text)+`}`).Body.Bytes(), &bad); err != nil || len(bad.Tokens) < 30 {
		t.Errorf("got %d tokens and %v, want one for each defect", len(bad.Tokens), err)
	}
}

// A program configures golang.org/x/oauth2 with the token endpoint for mutual
// TLS and with an http.Client that presents the program's certificate.
func TestOAuth2LibraryWithACertificate(t *testing.T) {
	s := testserver.New(t, testserver.TLS())
	cert := s.ClientCertificate(&x509.Certificate{Subject: billing})
	s.AddClient(testserver.Client{ID: "billing", AuthMethod: "tls_client_auth", TLS: testserver.ClientTLS{SubjectDN: billingDN, BoundTokens: true}})
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, s.MTLSClient(cert))
	program := clientcredentials.Config{ClientID: "billing", TokenURL: s.MTLSEndpoint(testserver.EndpointToken), AuthStyle: oauth2.AuthStyleInParams}
	token, err := program.Token(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantAll(t, payload(t, token.AccessToken), boundTo(cert))

	web := oauth2.Config{
		ClientID: "billing", RedirectURL: callback,
		Endpoint: oauth2.Endpoint{AuthURL: s.Endpoint(testserver.EndpointAuthorize), TokenURL: program.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
	code := s.Login(t, web.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))).Query().Get("code")
	first, err := web.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	next, err := web.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	wantAll(t, payload(t, next.AccessToken), boundTo(cert))
}
