package interop_test

import (
	"crypto/tls"
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/proof/program"
)

// startBoundAPI runs the API with a TLS listener at address, behind nginx too.
// It returns the URLs of both.
func startBoundAPI(t *testing.T, built, address string, server tls.Certificate, env ...string) map[string]string {
	t.Helper()
	certFile, keyFile := pair(t, server)
	nginx := certProxies[0]
	plain := startAPI(t, built, append(env, "MTLS_LISTEN="+address, "MTLS_CERT_FILE="+certFile, "MTLS_KEY_FILE="+keyFile,
		"FORWARDED_CERT="+nginx.settings, "TRUSTED_PROXIES="+proxyIP)...)
	return map[string]string{"over TLS": "https://" + address, "behind nginx": nginx.start(t, server, plain.url, plain.url)}
}

// TestOIDCProviderBindsTokensToCertificates tests RFC 8705 with oidc-provider,
// which binds tokens to certificates, and with examples/service, which gets
// such tokens and uses them.
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

	built := buildAPI(t)
	service, err := program.Build(t.Context(), filepath.Join("..", ".."), "./examples/service", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			address := program.Address(t)
			server := newCertificate(t, newECKey(t), "server", nil, address)
			urls := startBoundAPI(t, built, address, server, "FRAMEWORK="+framework, "ISSUER="+as.Issuer, "AUDIENCE="+audience,
				"INTROSPECTION_CLIENT_ID="+as.APIID, "INTROSPECTION_CLIENT_SECRET="+as.APISecret, "SSL_CERT_FILE="+write(t, toPEM(asServer)))
			for where, url := range urls {
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
					"another name":                         {as.NamedID, "", other, `the token endpoint answered 401, error "invalid_client"`},
					"the name, of an unknown authority":    {as.NamedID, "", selfSigned, `the token endpoint answered 401, error "invalid_client"`},
					"another certificate than in the jwks": {as.SelfSignedID, "", own, `the token endpoint answered 401, error "invalid_client"`},
				} {
					certFile, keyFile := pair(t, test.certificate)
					cmd := exec.CommandContext(t.Context(), service)
					cmd.Env = []string{
						"API_URL=" + urls["over TLS"], "OAUTH_TOKEN_ENDPOINT=" + as.TokenEndpoint, "OAUTH_RESOURCE=" + audience + resource,
						"OAUTH_CLIENT_ID=" + test.id, "OAUTH_CLIENT_SECRET=" + test.secret, "CLIENT_CERT_FILE=" + certFile, "CLIENT_KEY_FILE=" + keyFile, "SSL_CERT_FILE=" + roots,
					}
					printed, err := cmd.CombinedOutput()
					if (err == nil) != strings.Contains(test.want, "200") || !strings.Contains(string(printed), test.want) {
						t.Errorf("the service, %s, %s: got %v, want %q\n%s", kind, what, err, test.want, printed)
					}
				}
			}
		})
	}
}
