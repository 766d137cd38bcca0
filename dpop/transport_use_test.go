package dpop_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/dpop"
)

// With golang.org/x/oauth2, the two lines in the documentation of Transport are
// enough. Token requests and requests to the API then have proofs of the same
// key.
func TestXOAuth2(t *testing.T) {
	api, as := protected(t, dpop.Policy{Nonces: dpop.NewNonces(make([]byte, 32), time.Minute)})
	transport := new(dpop.Transport)
	endpoint := record(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if claims := claimsOf(t, r.Header.Get("DPoP")); claims["nonce"] != "n" {
			w.Header().Set("DPoP-Nonce", "n")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"use_dpop_nonce"}`)
			return
		}
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"DPoP","expires_in":60}`, boundTo(t, as, transport))
	})
	config := clientcredentials.Config{ClientID: "c", ClientSecret: "s", TokenURL: endpoint.URL + "/token", AuthStyle: oauth2.AuthStyleInHeader}
	client := config.Client(context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport}))
	for range 2 {
		if status, answer := request(t, client, http.MethodGet, api.URL, "", ""); status != http.StatusOK {
			t.Errorf("got %d %s, want 200", status, answer)
		}
	}
	if got, want := len(endpoint.seen()), 2; got != want {
		t.Errorf("got %d token requests, want %d", got, want)
	}
}

func TestTransportIsSafeForConcurrentUse(t *testing.T) {
	api, as := protected(t, dpop.Policy{Nonces: dpop.NewNonces(make([]byte, 32), time.Minute)})
	transport := new(dpop.Transport)
	client := &http.Client{Transport: transport}
	token := boundTo(t, as, transport)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if status, answer := request(t, client, http.MethodGet, api.URL, "DPoP "+token, ""); status != http.StatusOK {
				t.Errorf("got %d %s, want 200", status, answer)
			}
		})
	}
	all.Wait()
}

func TestTransportReturnsTheErrorOfItsBase(t *testing.T) {
	refused := errors.New("refused")
	transport := &dpop.Transport{Base: failing{refused}}
	r := httptest.NewRequest(http.MethodGet, "https://api.example.com/", http.NoBody)
	if _, err := transport.RoundTrip(r); !errors.Is(err, refused) {
		t.Errorf("got %v, want the error of Base", err)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestTransportPrintsNoKey(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	transport := &dpop.Transport{Key: key}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got, want := fmt.Sprintf(verb, transport), "dpop.Transport"; got != want {
			t.Errorf("%s: got %q, want %q", verb, got, want)
		}
	}
	if got, err := json.Marshal(transport); string(got) != `"dpop.Transport"` || err != nil {
		t.Errorf("got the JSON %s and %v, want only the name of the type", got, err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("made", "transport", transport)
	if !strings.Contains(logged.String(), `"transport":"dpop.Transport"`) {
		t.Errorf("got the log %s, want only the name of the type", &logged)
	}
}

// A redirect is recognized even if the Base does not set Response.Request.
func TestARedirectOfAnUnusualBase(t *testing.T) {
	var last *http.Request
	base := tripper(func(r *http.Request) *http.Response {
		last = r
		answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
		if r.URL.Host == "api.example.com" {
			answer.StatusCode = http.StatusTemporaryRedirect
			answer.Header.Set("Location", "https://sub.api.example.com/")
		}
		return answer
	})
	client := &http.Client{Transport: &dpop.Transport{Base: base}}
	request(t, client, http.MethodGet, "https://api.example.com/", "DPoP abc", "")
	if last.URL.Host != "sub.api.example.com" || last.Header.Get("DPoP") != "" || last.Header.Get("Authorization") != "" {
		t.Errorf("got a request to %s with %v, want neither proof nor token", last.URL, last.Header)
	}
}

type tripper func(*http.Request) *http.Response

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// A request need not come from http.NewRequest, and its Authorization field may
// have unusual spelling. For such requests, the Transport adds the proof that
// the server expects, or returns an error.
func TestUnusualRequests(t *testing.T) {
	var sent *http.Request
	transport := &dpop.Transport{Base: tripper(func(r *http.Request) *http.Response {
		sent = r
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
	})}
	for name, r := range map[string]*http.Request{
		"without method and header": {URL: &url.URL{Scheme: "https", Host: "api.example.com"}},
		"with another Host":         {URL: &url.URL{Scheme: "https", Host: "192.0.2.1"}, Host: "api.example.com"},
		"with tabs and spaces":      {URL: &url.URL{Scheme: "https", Host: "api.example.com"}, Header: http.Header{"Authorization": {" dpop\t abc "}}},
	} {
		if _, err := transport.RoundTrip(r); err != nil {
			t.Errorf("%s: got %v, want an answer", name, err)
			continue
		}
		claims := claimsOf(t, sent.Header.Get("DPoP"))
		if _, hasHash := claims["ath"]; claims["htm"] != "GET" || claims["htu"] != "https://api.example.com/" || hasHash != (r.Header != nil) {
			t.Errorf("%s: got the claims %v, want those of the request", name, claims)
		}
	}
	body := &closed{Reader: strings.NewReader("")}
	for name, r := range map[string]*http.Request{
		"without URL": {Body: body},
		"opaque":      {URL: &url.URL{Scheme: "https", Host: "api.example.com", Opaque: "//other.example.com/"}, Body: body},
	} {
		body.closed = false
		if _, err := transport.RoundTrip(r); err == nil || !body.closed {
			t.Errorf("%s: got %v, want an error and a closed body", name, err)
		}
	}
}

// If the signatures do not fit the curve of the public key, RoundTrip returns
// an error and does not panic.
func TestAKeyWithUnfitSignatures(t *testing.T) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	larger, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	transport := &dpop.Transport{Key: unfit{larger, own.Public()}}
	r := httptest.NewRequest(http.MethodGet, "https://api.example.com/", http.NoBody)
	if _, err := transport.RoundTrip(r); err == nil || !strings.Contains(err.Error(), "signing a proof") {
		t.Errorf("got %v, want an error about the signature", err)
	}
}

// unfit is a key whose private and public parts do not belong together.
type unfit struct {
	crypto.Signer
	public crypto.PublicKey
}

func (u unfit) Public() crypto.PublicKey { return u.public }
