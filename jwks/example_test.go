package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

func ExampleParse() {
	keys, err := jwks.Parse([]byte(`{"keys":[
		{"kty":"OKP","crv":"Ed25519","kid":"2026-01","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty":"oct","kid":"oops","k":"c2VjcmV0"}
	]}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(keys.Stats().Keys, keys.Algorithms())
	for _, reason := range keys.Stats().Skipped {
		fmt.Println(reason)
	}

	_, err = keys.Key(context.Background(), "2026-01", "ES256")
	fmt.Println(err)
	// Output:
	// 1 [EdDSA]
	// key 2: private or symmetric key material is published: anyone can sign with it
	// jwks: no key, or more than one key, matches this key ID and algorithm
}

func ExampleSecret() {
	keys := jwks.Secret("shared-1", []byte("forty-eight bytes are enough for HS256 and HS384"))
	fmt.Println(keys.Algorithms())

	tooShort := jwks.Secret("shared-2", []byte("too short"))
	fmt.Println(tooShort.Stats().Keys)
	// Output:
	// [HS256 HS384]
	// 0
}

func ExamplePEM() {
	keys, err := jwks.PEM(map[string]string{"2026-01": `
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`})
	fmt.Println(keys.Algorithms(), err)

	_, err = jwks.PEM(map[string]string{"2026-01": "key.pem", "": "-----BEGIN PUBLIC KEY-----"})
	fmt.Println(err)
	// Output:
	// [EdDSA] <nil>
	// jwks: configuration: key 1: key ID is not printable ASCII of at most 256 bytes
	// jwks: configuration: key 2: must be a single PEM block of type PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE and nothing else
}

func ExampleNewRemote() {
	// This server publishes its keys. In production, its URL must be https.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026-01","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	}))
	defer server.Close()

	keys, err := jwks.NewRemote(server.URL, jwks.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println("fetches after construction:", keys.Stats().Fetches)

	key, err := keys.Key(context.Background(), "2026-01", "EdDSA")
	fmt.Printf("%T %v\n", key, err)
	fmt.Println("fetches after the first use:", keys.Stats().Fetches)
	// Output:
	// fetches after construction: 0
	// ed25519.PublicKey <nil>
	// fetches after the first use: 1
}

func ExampleDiscover() {
	as, err := testserver.Start(context.Background())
	if err != nil {
		panic(err)
	}
	defer as.Close()

	keys, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client()})
	if err != nil {
		panic(err)
	}
	if err := keys.Warm(context.Background()); err != nil { // optional, at start-up
		panic(err)
	}
	fmt.Println(keys.Stats().Keys, "keys")
	// Output: 2 keys
}

func ExampleRemote_Keyfunc() {
	as, err := testserver.Start(context.Background())
	if err != nil {
		panic(err)
	}
	defer as.Close()

	keys, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client()})
	if err != nil {
		panic(err)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithIssuer(as.Issuer()),
		jwt.WithAudience("api"),
		jwt.WithExpirationRequired(),
	)
	ctx := context.Background() // in a handler, use r.Context() instead
	token, err := parser.Parse(as.Token(testserver.Subject("alice")), keys.Keyfunc(ctx))
	if err != nil {
		panic(err)
	}
	fmt.Println(token.Claims.GetSubject())

	attackerKey := testserver.GenerateKey("ES256", "attacker")
	_, err = parser.Parse(as.Token(testserver.SignedWith(attackerKey)), keys.Keyfunc(ctx))
	fmt.Println(errors.Is(err, jwks.ErrUnknownKey))
	// Output:
	// alice <nil>
	// true
}

func ExampleSet_KeyFor() {
	keys, err := jwks.Parse([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
		"issuer":"https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}]}`))
	if err != nil {
		panic(err)
	}
	for _, tenant := range []string{"9188040d-6c67-4c5b-b112-36a304b66dad", "72f988bf-86f1-41af-91ab-2d7cd011db47"} {
		_, err := keys.KeyFor(context.Background(), "https://login.example/"+tenant+"/v2.0", "1", "EdDSA")
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// jwks: no key, or more than one key, matches this key ID and algorithm
}

// The bundle of a SPIFFE trust domain has keys for certificates and keys for
// tokens. The option Use selects the keys for tokens.
func ExampleOptions_use() {
	bundle := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"jwt-svid"},
			{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"x509-svid"}]}`)
	}))
	defer bundle.Close()
	keys, err := jwks.NewRemote(bundle.URL, jwks.Options{Use: []string{"jwt-svid"}})
	if err != nil {
		panic(err)
	}
	if err := keys.Warm(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(keys.Stats().Keys)
	// Output: 1
}
