package testserver_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// serve sends a request to the handler directly.
func serve(s *testserver.Server, method, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest(method, target, nil))
	return rec
}

func TestDiscoveryUnderTheIssuersPath(t *testing.T) {
	const oidc, oauth = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	for name, tt := range map[string]struct {
		issuer            string
		oidc, oauth, jwks []string // paths that work; Endpoint returns the first
		introspect        string
		absent            []string
	}{
		"an issuer without a path": {
			"https://as.example",
			[]string{oidc}, []string{oauth}, []string{"/jwks"}, "/introspect",
			[]string{"/", oidc + "/", "/x" + oidc, "//jwks"},
		},
		"an issuer that ends in a slash": {
			"https://as.example/",
			[]string{oidc}, []string{oauth}, []string{"/jwks"}, "/introspect",
			[]string{oidc + "/", "//jwks"},
		},
		"an issuer with a path": {
			"https://as.example/a/b",
			[]string{"/a/b" + oidc, oidc + "/a/b"}, []string{oauth + "/a/b", "/a/b" + oauth}, []string{"/a/b/jwks"}, "/a/b/introspect",
			[]string{oidc, oauth, "/jwks", "/a/b", "/A/B/jwks"},
		},
		"an issuer with a path that ends in a slash": {
			"https://as.example/a/",
			[]string{"/a" + oidc, oidc + "/a"}, []string{oauth + "/a", "/a" + oauth}, []string{"/a/jwks"}, "/a/introspect",
			[]string{oidc + "/a/", oauth + "/a/", "/a//jwks"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := testserver.NewUnstarted(testserver.IssuerURL(tt.issuer))
			if err != nil {
				t.Fatal(err)
			}
			for ep, paths := range map[testserver.Endpoint][]string{
				testserver.EndpointDiscovery: tt.oidc, testserver.EndpointASMetadata: tt.oauth, testserver.EndpointJWKS: tt.jwks,
			} {
				if got, want := s.Endpoint(ep), "https://as.example"+paths[0]; got != want {
					t.Errorf("Endpoint(%s): got %s, want %s", ep, got, want)
				}
				for _, p := range paths {
					if rec := serve(s, "GET", p); rec.Code != http.StatusOK {
						t.Errorf("GET %s: got %d, want 200", p, rec.Code)
					}
				}
				if got, want := s.Count(ep), len(paths); got != want {
					t.Errorf("Count(%s): got %d, want %d", ep, got, want)
				}
			}
			if got, want := s.Endpoint(testserver.EndpointIntrospect), "https://as.example"+tt.introspect; got != want {
				t.Errorf("Endpoint(introspect): got %s, want %s", got, want)
			}
			if rec := serve(s, "POST", tt.introspect); rec.Code != http.StatusBadRequest {
				t.Errorf("POST %s: got %d, want 400 for no form", tt.introspect, rec.Code)
			}
			for _, p := range tt.absent {
				if rec := serve(s, "GET", p); rec.Code != http.StatusNotFound {
					t.Errorf("GET %s: got %d, want 404", p, rec.Code)
				}
			}
		})
	}
}

func TestDiscoveryListsExactlyWhatIsSupported(t *testing.T) {
	s := testserver.New(t, testserver.SigningAlg("EdDSA"))
	common := map[string]string{
		"issuer": s.Issuer(), "jwks_uri": s.Endpoint(testserver.EndpointJWKS), "introspection_endpoint": s.Endpoint(testserver.EndpointIntrospect),
		"authorization_endpoint": s.Endpoint(testserver.EndpointAuthorize), "token_endpoint": s.Endpoint(testserver.EndpointToken),
		"revocation_endpoint": s.Endpoint(testserver.EndpointRevoke), "userinfo_endpoint": s.Endpoint(testserver.EndpointUserInfo),
		"end_session_endpoint": s.Endpoint(testserver.EndpointEndSession), "device_authorization_endpoint": s.Endpoint(testserver.EndpointDeviceAuthorization),
		"pushed_authorization_request_endpoint": s.Endpoint(testserver.EndpointPAR),
	}
	oauth := []string{
		"authorization_response_iss_parameter_supported", "backchannel_logout_session_supported", "backchannel_logout_supported", "code_challenge_methods_supported", "dpop_signing_alg_values_supported", "grant_types_supported", "id_token_signing_alg_values_supported",
		"introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
		"introspection_signing_alg_values_supported", "require_pushed_authorization_requests", "response_modes_supported", "response_types_supported",
		"revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported", "scopes_supported",
		"token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
	}
	oauth = slices.Sorted(slices.Values(slices.AppendSeq(oauth, maps.Keys(common))))
	oidc := slices.Sorted(slices.Values(append([]string{
		"claim_types_supported", "claims_parameter_supported", "claims_supported", "prompt_values_supported",
		"request_uri_parameter_supported", "subject_types_supported", "userinfo_signing_alg_values_supported",
	}, oauth...)))
	for ep, members := range map[testserver.Endpoint][]string{testserver.EndpointASMetadata: oauth, testserver.EndpointDiscovery: oidc} {
		doc := getJSON(t, s.Client(), s.Endpoint(ep))
		if got := slices.Sorted(maps.Keys(doc)); !slices.Equal(got, members) {
			t.Errorf("%s: got members %q, want %q", ep, got, members)
		}
		for name, want := range common {
			if doc[name] != want {
				t.Errorf("%s: got %s %v, want %s", ep, name, doc[name], want)
			}
		}
		for name, want := range map[string]string{
			"response_types_supported": "[code]",
			"response_modes_supported": "[query fragment form_post]",
			"grant_types_supported": "[authorization_code client_credentials refresh_token urn:ietf:params:oauth:grant-type:device_code " +
				"urn:ietf:params:oauth:grant-type:token-exchange urn:ietf:params:oauth:grant-type:jwt-bearer]",
			"code_challenge_methods_supported":                 "[S256]",
			"scopes_supported":                                 "[openid profile email address phone offline_access]",
			"token_endpoint_auth_methods_supported":            "[client_secret_basic client_secret_post private_key_jwt none]",
			"introspection_endpoint_auth_methods_supported":    "[client_secret_basic client_secret_post private_key_jwt]",
			"id_token_signing_alg_values_supported":            "[EdDSA ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512]",
			"introspection_signing_alg_values_supported":       "[ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA]",
			"token_endpoint_auth_signing_alg_values_supported": "[ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519]",
			"authorization_response_iss_parameter_supported":   "true",
			"backchannel_logout_session_supported":             "true",
			"backchannel_logout_supported":                     "true",
		} {
			if got := fmt.Sprint(doc[name]); got != want {
				t.Errorf("%s: got %s %s, want %s", ep, name, got, want)
			}
		}
	}
}

func TestContentTypes(t *testing.T) {
	s := testserver.New(t)
	for ep, want := range map[testserver.Endpoint]string{
		testserver.EndpointDiscovery:  "application/json",
		testserver.EndpointASMetadata: "application/json",
		testserver.EndpointJWKS:       "application/jwk-set+json",
	} {
		resp, _ := get(t, s.Client(), s.Endpoint(ep))
		if got := resp.Header.Get("Content-Type"); got != want {
			t.Errorf("%s: got content type %q, want %q", ep, got, want)
		}
	}
}

func TestDocumentsAllowOnlyGETAndHEAD(t *testing.T) {
	s, err := testserver.NewUnstarted(testserver.IssuerURL("https://as.example"))
	if err != nil {
		t.Fatal(err)
	}
	for _, ep := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata, testserver.EndpointJWKS} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "get"} {
			rec := serve(s, method, s.Endpoint(ep))
			if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: got %d, Allow %q, want 405, GET and HEAD", method, ep, rec.Code, rec.Header().Get("Allow"))
			}
		}
		full, head := serve(s, "GET", s.Endpoint(ep)), serve(s, "HEAD", s.Endpoint(ep))
		if head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("HEAD %s: got %d and %d bytes, want 200 and none", ep, head.Code, head.Body.Len())
		}
		if got, want := head.Header().Get("Content-Length"), full.Header().Get("Content-Length"); got != want || want == "" {
			t.Errorf("HEAD %s: got Content-Length %q, GET says %q", ep, got, want)
		}
	}
}

func TestRequestsDoNotChangeTheIssuer(t *testing.T) {
	s := testserver.New(t)
	_, want := get(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))
	r := httptest.NewRequest("GET", s.Endpoint(testserver.EndpointDiscovery), nil)
	r.Host = "evil.example"
	for _, h := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Original-Url", "Forwarded"} {
		r.Header.Set(h, "host=evil.example;proto=https")
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	if got := rec.Body.String(); got != string(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	r = httptest.NewRequest("GET", "/elsewhere", nil)
	r.Host = "evil.example"
	rec = httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	if rec.Code != http.StatusNotFound || strings.Contains(rec.Body.String(), "evil") {
		t.Errorf("got %d %q, want 404 without the claimed host", rec.Code, rec.Body)
	}
}

func TestMetadataChangesBothDocuments(t *testing.T) {
	s := testserver.New(t,
		testserver.Metadata(func(doc map[string]any) { doc["issuer"] = "https://other.example" }),
		testserver.Metadata(func(doc map[string]any) {
			doc["issuer"] = doc["issuer"].(string) + "/x"
			delete(doc, "jwks_uri")
		}),
	)
	for _, ep := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
		doc := getJSON(t, s.Client(), s.Endpoint(ep))
		if _, there := doc["jwks_uri"]; there || doc["issuer"] != "https://other.example/x" {
			t.Errorf("%s: got %v, want what the functions left", ep, doc)
		}
	}
	if _, claims := verified(t, s, s.Token()); claims["iss"] != s.Issuer() || s.Issuer() == "https://other.example/x" {
		t.Errorf("got iss %v, issuer %s: Metadata must not change what the server does", claims["iss"], s.Issuer())
	}
}

func TestCountsPerEndpoint(t *testing.T) {
	s := testserver.New(t)
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	get(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))
	get(t, s.Client(), s.Issuer()+"/nowhere")
	for ep, want := range map[testserver.Endpoint]int{
		testserver.EndpointJWKS: 2, testserver.EndpointDiscovery: 1, testserver.EndpointASMetadata: 0, testserver.EndpointAny: 4,
	} {
		if got := s.Count(ep); got != want {
			t.Errorf("Count(%s): got %d, want %d", ep, got, want)
		}
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Count("jkws") }), `Count("jkws")`, "use EndpointDiscovery")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Endpoint(testserver.EndpointAny) }), `Endpoint("any")`, "use EndpointDiscovery")
}
