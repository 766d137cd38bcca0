package interop_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/go-jose/go-jose/v4"
)

// startTLSAPI runs the API with a second listener. This listener uses TLS and
// the given address.
func startTLSAPI(t *testing.T, built, address string, server tls.Certificate, env ...string) *api {
	t.Helper()
	certFile, keyFile := pair(t, server)
	return startAPI(t, built, append(env, "MTLS_LISTEN="+address, "MTLS_CERT_FILE="+certFile, "MTLS_KEY_FILE="+keyFile)...)
}

// TestOIDCProviderBindsTokensToCertificates tests RFC 8705. oidc-provider binds
// tokens to client certificates. examples/service gets such tokens and calls
// the API with them.
func TestOIDCProviderBindsTokensToCertificates(t *testing.T) {
	authority, key := newCertificate(t, newECKey(t), "authority", nil), newECKey(t)
	own, renewed := newCertificate(t, key, "service", &authority), newCertificate(t, key, "service", &authority)
	other, selfSigned := newCertificate(t, newECKey(t), "other", &authority), newCertificate(t, newECKey(t), "service", nil)
	asServer := newCertificate(t, newECKey(t), "server", nil, "127.0.0.1:0")
	settings, err := json.Marshal(map[string]string{
		"cert": string(toPEM(asServer)), "key": string(toKeyPEM(t, asServer)), "ca": string(toPEM(authority)), "self_signed": string(toPEM(selfSigned)),
	})
	if err != nil {
		t.Fatal(err)
	}
	as := startAuthServer(t, "MTLS="+string(settings))
	as.client = newTLSClients(t, asServer, own)[0].Client
	tokens := map[string]string{"a JWT": as.token(t, audience, "ES256", "items:read"), "an opaque token": as.opaque(t, audience, "items:read", "")}
	var claims struct{ Cnf map[string]string }
	decode(t, tokens["a JWT"], 1, &claims)
	if want := map[string]string{"x5t#S256": clientcert.Thumbprint(own.Leaf)}; !maps.Equal(claims.Cnf, want) {
		t.Fatalf("got cnf %v, want %v", claims.Cnf, want)
	}

	const refused = `the token endpoint answered 401, error "invalid_client"`
	nginx, built := certProxies[0], buildAPI(t)
	service, err := program.Build(t.Context(), filepath.Join("..", ".."), "./examples/service", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			address := program.Address(t)
			server := newCertificate(t, newECKey(t), "server", nil, address)
			plain := startTLSAPI(t, built, address, server, "FRAMEWORK="+framework, "ISSUER="+as.Issuer, "AUDIENCE="+audience,
				"INTROSPECTION_CLIENT_ID="+as.APIID, "INTROSPECTION_CLIENT_SECRET="+as.APISecret, "SSL_CERT_FILE="+write(t, toPEM(asServer)),
				"FORWARDED_CERT="+nginx.settings, "TRUSTED_PROXIES="+proxyIP)
			overTLS := "https://" + address
			for where, url := range map[string]string{"over TLS": overTLS, "behind nginx": nginx.start(t, server, plain.url, plain.url)} {
				for kind, token := range tokens {
					for what, c := range map[string]struct {
						presented tls.Certificate
						call
					}{
						"the right certificate":   {own, call{status: 200, body: items}},
						"another certificate":     {other, call{status: 401, err: "invalid_token"}},
						"the renewed certificate": {renewed, call{status: 401, err: "invalid_token"}},
						"no certificate":          {tls.Certificate{}, call{status: 401, err: "invalid_token"}},
					} {
						c.route, c.token = "GET /items", token
						api := &api{url: url, clients: newTLSClients(t, server, c.presented)}
						if fault := api.fault(t, c.call); fault != "" {
							t.Errorf("%s, %s, %s: %s", where, kind, what, fault)
						}
					}
				}
			}

			roots := write(t, slices.Concat(toPEM(asServer), toPEM(server)))
			for kind, resource := range map[string]string{"a JWT": "?alg=ES256", "an opaque token": "?opaque"} {
				for what, test := range map[string]struct {
					id, secret  string
					certificate tls.Certificate
					want        string
				}{
					"tls_client_auth":                      {as.NamedID, "", own, "GET /items: 200"},
					"self_signed_tls_client_auth":          {as.SelfSignedID, "", selfSigned, "GET /items: 200"},
					"client_secret_basic":                  {as.ClientID, as.ClientSecret, other, "GET /items: 200"},
					"another name":                         {as.NamedID, "", other, refused},
					"the name, of an unknown authority":    {as.NamedID, "", selfSigned, refused},
					"another certificate than in the jwks": {as.SelfSignedID, "", own, refused},
				} {
					certFile, keyFile := pair(t, test.certificate)
					cmd := exec.CommandContext(t.Context(), service)
					cmd.Env = []string{
						"API_URL=" + overTLS, "OAUTH_TOKEN_ENDPOINT=" + as.TokenEndpoint, "OAUTH_RESOURCE=" + audience + resource,
						"OAUTH_CLIENT_ID=" + test.id, "OAUTH_CLIENT_SECRET=" + test.secret, "CLIENT_CERT_FILE=" + certFile, "CLIENT_KEY_FILE=" + keyFile, "SSL_CERT_FILE=" + roots,
					}
					printed, err := cmd.CombinedOutput()
					if (err != nil) != (test.want == refused) || !strings.Contains(string(printed), test.want) {
						t.Errorf("the service, %s, %s: got %v, want %q\n%s", kind, what, err, test.want, printed)
					}
				}
			}
		})
	}
}

// TestClientsBindTheirTokensToCertificates tests RFC 8705 with oauth4webapi and
// openid-client. Both authenticate with certificates at the mock server, and
// call an API with the certificate-bound tokens.
func TestClientsBindTheirTokensToCertificates(t *testing.T) {
	authority := newCertificate(t, newECKey(t), "authority", nil)
	certificates := map[string]tls.Certificate{
		"own": newCertificate(t, newECKey(t), "service", &authority), "other": newCertificate(t, newECKey(t), "other", &authority),
		"self-signed": newCertificate(t, newECKey(t), "service", nil), "unknown": newCertificate(t, newECKey(t), "service", nil),
	}
	selfSigned := certificates["self-signed"].Leaf
	config, err := json.Marshal(map[string]any{"clients": []any{map[string]any{
		"id": "self-signed", "auth_method": "self_signed_tls_client_auth", "tls_client_certificate_bound_access_tokens": true,
		"jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: selfSigned.PublicKey, Certificates: []*x509.Certificate{selfSigned}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	as := startMock(t, "--tls", "--mtls-addr", "127.0.0.1:0", "--client-ca", write(t, toPEM(authority)), "--config", write(t, config))
	as.addClient(t, "named", "--auth-method", "tls_client_auth", "--tls-subject-dn", "CN=service,O=service", "--bound-tokens")
	as.addClient(t, "public", "--public", "--bound-tokens")

	address := program.Address(t)
	server := newCertificate(t, newECKey(t), "server", nil, address)
	startTLSAPI(t, buildAPI(t), address, server, "ISSUER="+as.Issuer, "AUDIENCE=api", "SSL_CERT_FILE="+write(t, []byte(as.CAPEM)))

	presented := map[string]map[string]string{"none": {}}
	for name, certificate := range certificates {
		presented[name] = map[string]string{"cert": string(toPEM(certificate)), "key": string(toKeyPEM(t, certificate))}
	}
	roots := write(t, slices.Concat([]byte(as.CAPEM), toPEM(server)))
	for _, library := range []string{"oauth4webapi", "openid-client"} {
		got := runClient(t, "mtls.mjs", map[string]any{
			"library": library, "issuer": as.Issuer, "api": "https://" + address, "certificates": presented,
		}, "NODE_EXTRA_CA_CERTS="+roots)
		want := wantOfBoundClients(clientcert.Thumbprint(certificates["own"].Leaf), clientcert.Thumbprint(selfSigned))
		for _, name := range slices.Sorted(maps.Keys(want)) {
			t.Run(library+", "+name, func(t *testing.T) { same(t, got[name], want[name]) })
		}
		if len(got) != len(want) {
			t.Errorf("%s: got %d flows, want %d", library, len(got), len(want))
		}
	}
}

// wantOfBoundClients returns what clients/mtls.mjs prints for each flow.
func wantOfBoundClients(named, selfSigned string) map[string]string {
	const (
		api          = `"own":200,"other":"401 invalid_token","none":"401 invalid_token"`
		unauthorized = "response_body_error 401 invalid_client"
	)
	login := func(client string) string {
		return fmt.Sprintf(`{"token":{"type":"bearer","expires":900,"scope":"openid items:read","refresh":true,"sub":"test-user","aud":%q},%s}`, client, api)
	}
	want := map[string]string{
		"public, code":    login("public"),
		"public, refresh": `{"other":"response_body_error 400 invalid_grant","none":"response_body_error 400 invalid_request","own":"accepted"}`,
	}
	for client, thumbprint := range map[string]string{"named": named, "self-signed": selfSigned} {
		want[client+", client credentials"] = fmt.Sprintf(`{"token":{"type":"bearer","expires":900,"scope":"items:read","refresh":false},%s}`, api)
		want[client+", code"], want[client+", refresh"] = login(client), login(client)
		want[client+", introspection"] = fmt.Sprintf(`{"active":true,"token_type":"Bearer","cnf":{"x5t#S256":%q}}`, thumbprint)
		for _, wrong := range []string{"another certificate", "unknown", "none"} {
			want[client+", refused: "+wrong] = fmt.Sprintf(`[%q,%[1]q,%[1]q,%[1]q]`, unauthorized)
		}
	}
	return want
}
