package middleware_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Whatever the key server responds, tokens with invented key IDs must not
// affect users whose tokens are signed with a cached key.
func TestInventedKeysOfALoadBalancer(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var fetches atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fetches.Add(1); r.URL.Path == "/"+signerKeyID {
			_ = pem.Encode(w, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
			return
		}
		http.NotFound(w, r)
	}))
	client, err := introspect.ALB(introspect.Config{Issuer: "https://idp.example", Endpoint: server.URL, Logger: quiet}, loadBalancer, "app")
	if err != nil {
		t.Fatal(err)
	}
	verify := func(keyID, user string) (bool, error) {
		header := fmt.Sprintf(`{"kid":%q,"alg":"ES256","iss":"https://idp.example","client":"app","signer":%q,"exp":%d}`, keyID, loadBalancer, time.Now().Add(time.Minute).Unix())
		answer, err := client.Introspect(t.Context(), signedByALB(t, key, header, fmt.Sprintf(`{"sub":%q}`, user)))
		return err == nil && answer.Active, err
	}
	for i := range 20 {
		if active, err := verify("00000000-0000-4000-8000-000000000001", fmt.Sprint("eve", i)); active || err != nil {
			t.Fatalf("got active %t and error %v for a key that does not exist, want false and nil", active, err)
		}
	}
	if n := fetches.Load(); n != 1 {
		t.Errorf("got %d fetches of one key that does not exist, want 1", n)
	}
	if active, err := verify(signerKeyID, "alice"); !active {
		t.Fatalf("got %v, want an active token", err)
	}
	server.Close()
	for i := range 20 {
		_, _ = verify(fmt.Sprintf("00000000-0000-4000-8000-0000000001%02d", i), "eve")
	}
	if active, err := verify(signerKeyID, "carol"); !active {
		t.Errorf("got %v, want an active token, because its key is cached", err)
	}
}

// signedByALB returns a token in the format of an AWS Application Load
// Balancer.
func signedByALB(t *testing.T, key *ecdsa.PrivateKey, header, payload string) string {
	t.Helper()
	input := base64.URLEncoding.EncodeToString([]byte(header)) + "." + base64.URLEncoding.EncodeToString([]byte(payload))
	hash := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return input + "." + base64.URLEncoding.EncodeToString(signature)
}

const (
	loadBalancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"
	signerKeyID  = "12345678-1234-1234-1234-123456789012"
)

// A token of an Application Load Balancer is accepted only if it names the
// configured load balancer, client and identity provider.
func TestUsersOfALoadBalancer(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var fetches atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch fetches.Add(1); r.URL.Path {
		case "/" + signerKeyID:
			_ = pem.Encode(w, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
		case "/00000000-0000-0000-0000-000000000503":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	sign := func(header, payload string) string { return signedByALB(t, key, header, payload) }
	header := func(pairs ...string) string {
		text := fmt.Sprintf(`{"typ":"JWT","kid":%q,"alg":"ES256","iss":"https://idp.example","client":"app","signer":%q,"exp":%d}`,
			signerKeyID, loadBalancer, time.Now().Add(2*time.Minute).Unix())
		return strings.NewReplacer(pairs...).Replace(text)
	}
	const user = `{"sub":"u1","email":"u@example.com","scope":"read","aud":"other","exp":1}`
	good := sign(header(), user)
	for _, tt := range []struct {
		name, token string
		want        int
		fetches     int64
	}{
		{"P99/a user of the load balancer", good, 200, 1},
		{"N19/one of another load balancer", sign(header("orders/50", "orders/51"), user), 401, 0},
		{"N19/one of another client", sign(header(`"app"`, `"other"`), user), 401, 0},
		{"N19/one of another identity provider", sign(header("idp.example", "evil.example"), user), 401, 0},
		{"N19/a key ID that leaves the place of the keys", sign(header(signerKeyID, "../../x"), user), 401, 0},
		{"N19/a key ID in capitals", sign(header(signerKeyID, "ABCDEF78-1234-1234-1234-123456789012"), user), 401, 0},
		{"N19/an unknown key", sign(header(signerKeyID, "00000000-0000-0000-0000-000000000404"), user), 401, 1},
		{"N19/a key that the server cannot give", sign(header(signerKeyID, "00000000-0000-0000-0000-000000000503"), user), 503, 1},
		{"N19/an end in the past", sign(header(`"exp":`, `"exp":1,"was":`), user), 401, 0},
		{"N19/no end", sign(header(`"exp":`, `"was":`), user), 401, 0},
		{"N19/no signature", sign(header("ES256", "none"), user), 401, 0},
		{"N19/an extension", sign(header(`"typ"`, `"crit":["x"],"typ"`), user), 401, 0},
		{"N19/a member twice", sign(header(`"typ"`, `"client":"app","typ"`), user), 401, 0},
		{"N19/the same without padding", strings.ReplaceAll(good, "=", ""), 401, 0},
		{"N19/claims that were changed", good[:strings.IndexByte(good, '.')+1] + base64.URLEncoding.EncodeToString([]byte(`{"sub":"u2"}`)) + good[strings.LastIndexByte(good, '.'):], 401, 1},
		{"N19/claims that are not an object", sign(header(), `[]`), 401, 1},
		{"N19/text", "u1", 401, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, err := introspect.ALB(introspect.Config{Issuer: "https://idp.example", Endpoint: server.URL, Logger: quiet}, loadBalancer, "app")
			if err != nil {
				t.Fatal(err)
			}
			v := newVerifier(t, middleware.Config{Logger: quiet, TokenHeader: "x-amzn-oidc-data", Issuers: []middleware.Issuer{{
				URL: "https://idp.example", Audiences: []string{"app"},
				Introspection: client, IntrospectionMode: middleware.IntrospectAll, OpaqueSyntax: middleware.VSCHAR,
			}}})
			before := fetches.Load()
			for range 2 {
				request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
				request.Header.Set("X-Amzn-Oidc-Data", tt.token)
				_, err = v.Authorize(http.Header{}, request)
				got := http.StatusOK
				if err != nil {
					got = middleware.Refusal(err).StatusCode()
				}
				if got != tt.want {
					t.Errorf("got %d (%v), want %d", got, err, tt.want)
				}
			}
			if n := fetches.Load() - before; n != tt.fetches && tt.want != 503 {
				t.Errorf("got %d fetches of keys, want %d", n, tt.fetches)
			}
			if tt.want != http.StatusOK {
				return
			}
			token, err := v.Verify(t.Context(), middleware.Credentials{Token: tt.token})
			if err != nil {
				t.Fatal(err)
			}
			if token.Subject != "u1" || token.Issuer != "https://idp.example" || token.ClientID != "app" || token.Scopes.Len() != 0 {
				t.Errorf("got %s of %s, client %s and scopes %q", token.Subject, token.Issuer, token.ClientID, token.Scopes)
			}
			if err := v.Check(token, scopes.All("read")); err == nil {
				t.Error("a claim about the user became a scope")
			}
		})
	}
}
