package issuers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/issuers"
)

// loadBalancer signs tokens as AWS does, with padded base64url, and serves its
// public keys in PEM.
type loadBalancer struct{ own, foreign *ecdsa.PrivateKey }

var balancer = loadBalancer{newKey(), newKey()}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// signers returns a client that verifies the tokens of the load balancer.
func (b loadBalancer) signers() *introspect.Client {
	const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"
	return must(introspect.ALB(introspect.Config{Issuer: "https://idp.example.com", Client: &http.Client{Transport: b}}, arn, "c1"))
}

// RoundTrip serves the public key.
func (b loadBalancer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.String() != "https://public-keys.auth.elb.eu-west-1.amazonaws.com/12345678-1234-4234-8234-123456789012" {
		return answer(http.StatusNotFound, nil)
	}
	der, err := x509.MarshalPKIXPublicKey(&b.own.PublicKey)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func (b loadBalancer) mint(t *testing.T, s shapes.Shape, row shapes.Row) string {
	t.Helper()
	segment := func(members ...shapes.Member) string {
		object := map[string]any{}
		filling(s).Put(object, members...)
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return base64.URLEncoding.EncodeToString(text)
	}
	header := append([]shapes.Member{{Name: "alg", Value: "ES256"}}, slices.Concat(s.Header, row.Header)...)
	input := segment(header...) + "." + segment(slices.Concat(s.Claims, row.Claims)...)
	key := b.own
	if row.AnotherKey {
		key = b.foreign
	}
	hash := sha256.Sum256([]byte(input))
	x, y, err := ecdsa.Sign(rand.Reader, key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.URLEncoding.EncodeToString(append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...))
}

// The base64url in the load balancer's tokens has padding. A token without this
// padding must be refused.
func TestALoadBalancerTokenWithoutPaddingIsRefused(t *testing.T) {
	i := slices.IndexFunc(clouds, func(p preset) bool { return p.shape == "alb" })
	made := newProvider(t, clouds[i])
	v := made.verifier(t)
	good := made.mint(t, shapes.Row{})
	if !strings.Contains(good, "=") {
		t.Fatal("the sample has no padding")
	}
	for token, want := range map[string]int{good: http.StatusOK, strings.ReplaceAll(good, "=", ""): http.StatusUnauthorized} {
		if got := call(v, http.Header{issuers.ALBHeader: {token}}); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}
