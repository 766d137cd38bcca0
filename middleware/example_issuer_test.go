package middleware_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// verifierFor returns a Verifier for the tokens of one issuer. An API creates
// its Verifier in the same way.
func verifierFor(issuer middleware.Issuer) *middleware.Verifier {
	v, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{issuer}})
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// show verifies a token, checks the requirements, and prints the result.
func show(v *middleware.Verifier, token string, need ...scopes.Requirement) *middleware.Token {
	verified, err := v.Verify(context.Background(), middleware.Credentials{Token: token})
	if err == nil {
		err = v.Check(verified, need...)
	}
	if err != nil {
		fmt.Println(err)
		return &middleware.Token{}
	}
	fmt.Println("accepted")
	return verified
}

// startServer returns a server that runs until it is closed.
func startServer() *testserver.Server {
	as, err := testserver.Start(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	return as
}

func ExampleIssuer_mark() {
	as := startServer() // replaces Keycloak, for example
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: as.Issuer(), Mark: "typ=Bearer"})
	show(v, as.Token(testserver.Typ("JWT"), testserver.Claim("typ", "Bearer"), testserver.Claim("nonce", "n")))
	show(v, as.Token())
	// Output:
	// accepted
	// bearerguard: token is not an access token
}

func ExampleIssuer_purpose() {
	as := startServer()
	defer as.Close()
	idToken := as.Token(testserver.Typ("JWT"), testserver.Audience("web"), testserver.Claim("nonce", "n"), testserver.Claim("at_hash", "h"))
	show(verifierFor(middleware.Issuer{URL: as.Issuer(), Audiences: []string{"web"}}), idToken)
	show(verifierFor(middleware.Issuer{URL: as.Issuer(), Audiences: []string{"web"}, Purpose: middleware.IDTokens}), idToken)
	// Output:
	// bearerguard: token is not an access token
	// accepted
}

func ExampleIssuer_types() {
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: as.Issuer(), Types: []string{"okta-internal-at+jwt"}})
	show(v, as.Token(testserver.Typ("application/okta-internal-at+jwt")))
	// Output: accepted
}

func ExampleIssuer_aliases() {
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: "https://accounts.example.com", Aliases: []string{"accounts.example.com"}, MetadataIssuer: as.Issuer()})
	fmt.Println(show(v, as.Token(testserver.Claim("iss", "accounts.example.com"))).Issuer)
	// Output:
	// accepted
	// https://accounts.example.com
}

func ExampleIssuer_tenants() {
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{
		URL:         "https://login.microsoftonline.com/{tenantid}/v2.0",
		Tenants:     []string{"72f988bf-86f1-41af-91ab-2d7cd011db47"},
		MetadataURL: as.Issuer() + "/.well-known/openid-configuration", // for Entra, https://login.microsoftonline.com/common/v2.0/.well-known/…
		// With Entra, omit MetadataIssuer, because the issuer in Entra's
		// metadata is the value of URL above. The metadata of this mock server
		// contains a different issuer.
		MetadataIssuer: as.Issuer(),
	})
	for _, tenant := range []string{"72f988bf-86f1-41af-91ab-2d7cd011db47", "9188040d-6c67-4c5b-b112-36a304b66dad"} {
		show(v, as.Token(testserver.Claim("iss", "https://login.microsoftonline.com/"+tenant+"/v2.0"), testserver.Claim("tid", tenant)))
	}
	// Output:
	// accepted
	// bearerguard: token issuer is not accepted
}

func ExampleIssuer_subjectPrefix() {
	as := startServer()
	defer as.Close()
	keys, err := jwks.NewRemote(as.Endpoint(testserver.EndpointJWKS), jwks.Options{}) // for SPIRE, set Use: []string{"jwt-svid"}
	if err != nil {
		log.Fatal(err)
	}
	v := verifierFor(middleware.Issuer{URL: "spiffe://example.org", SubjectPrefix: "spiffe://example.org/", Keys: keys})
	show(v, as.Token(testserver.Without("iss"), testserver.Subject("spiffe://example.org/payments")))
	show(v, as.Token(testserver.Without("iss"), testserver.Subject("spiffe://example.com/payments")))
	// Output:
	// accepted
	// bearerguard: token issuer is not accepted
}

func ExampleIssuer_scopeUnion() {
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: as.Issuer(), ScopeClaims: []string{"scp", "roles", "keys:projects"}, ScopeUnion: true})
	token := as.Token(testserver.Without("scope"), testserver.Claim("scp", "read"), testserver.Claim("roles", []string{"Tasks.Read"}),
		testserver.Claim("projects", map[string]any{"shop": map[string]string{"1": "example.com"}}))
	show(v, token, scopes.All("read", "Tasks.Read", "shop"))
	// Output: accepted
}

func ExampleIssuer_clientIDClaims() {
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: as.Issuer(), ClientIDClaims: []string{"cid", "appid"}})
	fmt.Println(show(v, as.Token(testserver.Claim("cid", "0oa1"))).ClientID)
	// Output:
	// accepted
	// 0oa1
}

func ExampleIssuer_secrets() {
	old := testserver.GenerateKey("HS256", "old")
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: as.Issuer(), Secrets: jwks.Secret("old", old.Secret)})
	show(v, as.Token())
	show(v, as.Token(testserver.SignedWith(old)))
	// Output:
	// accepted
	// accepted
}

func ExampleIssuer_client() {
	as := startServer()
	defer as.Close()
	v := verifierFor(middleware.Issuer{URL: as.Issuer(), Client: &http.Client{ /* that uses the CA and the token of the cluster */ }})
	show(v, as.Token())
	// Output: accepted
}

func ExampleConfig_tokenHeader() {
	as := startServer()
	defer as.Close()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", TokenHeader: "X-Goog-Iap-Jwt-Assertion", Issuers: []middleware.Issuer{{URL: as.Issuer()}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, field := range []string{"X-Goog-Iap-Jwt-Assertion", "Authorization"} {
		request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		request.Header.Set(field, as.Token())
		_, err := v.Authorize(http.Header{}, request)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// bearerguard: an access token is required
}

func ExampleConfig_issuerFor() {
	as := startServer()
	defer as.Close()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience:       "api",
		IssuerPatterns: []string{"https://id.example.com/realms/*"},
		IssuerFor: func(_ context.Context, iss string) (*middleware.Issuer, error) {
			realm := strings.TrimPrefix(iss, "https://id.example.com/realms/")
			if realm != "acme" { // a real program queries its database here
				return nil, nil
			}
			return &middleware.Issuer{URL: iss, MetadataIssuer: as.Issuer()}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, realm := range []string{"acme", "invented"} {
		show(v, as.Token(testserver.Claim("iss", "https://id.example.com/realms/"+realm)))
	}
	// Output:
	// accepted
	// bearerguard: token issuer is not accepted
}

func ExampleIssuer_opaqueSyntax() {
	// This server imitates the introspection endpoint of Salesforce.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"active":%t,"aud":"api","scope":"web"}`, r.FormValue("token") == "00D1!AQx.y_z")
	}))
	defer server.Close()
	client, err := introspect.New(introspect.Config{Endpoint: server.URL, Auth: introspect.Basic("api", "secret")})
	if err != nil {
		log.Fatal(err)
	}
	v := verifierFor(middleware.Issuer{URL: "https://my.salesforce.example", Introspection: client, IntrospectionMode: middleware.IntrospectAll, OpaqueSyntax: middleware.VSCHAR})
	request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	request.Header.Set("Authorization", "Bearer 00D1!AQx.y_z")
	_, err = v.Authorize(http.Header{}, request)
	fmt.Println(err)
	// Output: <nil>
}
