package dpop_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/dpop"
)

// The two lines of the documentation are enough for golang.org/x/oauth2: the
// token is requested and used with proofs of one key.
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
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got, want := fmt.Sprintf(verb, &dpop.Transport{Key: key}), "dpop.Transport"; got != want {
			t.Errorf("%s: got %q, want %q", verb, got, want)
		}
	}
}
