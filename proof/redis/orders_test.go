package redis_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// Two processes of the program in docs/scale.md share nonces and used proofs.
func TestOrders(t *testing.T) {
	t.Parallel()
	file, err := program.Build(t.Context(), ".", "./orders", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	redis, as := startServer(t), testserver.New(t, testserver.Audience("https://api.example.com"))
	random := base64.StdEncoding.EncodeToString(secret)
	var machines []string
	for range 2 {
		machines = append(machines, program.Start(t, file, "REDIS_URL=redis://"+redis.addr, "REDIS_SECRET="+random, "NONCE_SECRET="+random,
			"ISSUER="+as.Issuer(), "CLIENT_ID="+as.DefaultClient().ID, "CLIENT_SECRET="+as.DefaultClient().Secret))
	}
	for _, machine := range machines {
		eventually(t, "the machine is ready", func() bool {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, machine+"/readyz", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			return response.StatusCode == http.StatusOK
		})
	}
	key := testserver.GenerateKey("ES256", "")
	token := as.Token(testserver.BoundTo(key), testserver.Scope("orders:read"))
	proof := testserver.Proof(key, "GET", "https://api.example.com/orders", token)
	for i, want := range []struct{ machine, status int }{{0, 401}, {1, 200}, {0, 401}} { // a nonce is needed; a nonce of the other machine; a proof that was used
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, machines[want.machine]+"/orders", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Authorization": {"DPoP " + token}, "Dpop": proof}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want.status {
			t.Errorf("request %d: got %d %v, want %d", i, response.StatusCode, response.Header, want.status)
		}
		if nonce := response.Header.Get("DPoP-Nonce"); i == 0 {
			proof = testserver.Proof(key, "GET", "https://api.example.com/orders", token, testserver.Claim("nonce", nonce))
		}
	}
}
