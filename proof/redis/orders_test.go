package redis_test

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// Two processes of the program in docs/scale.md accept each other's nonces, and
// share used proofs and revocations.
func TestOrders(t *testing.T) {
	t.Parallel()
	file, err := program.Build(t.Context(), ".", "./orders", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	redis, as := startServer(t), testserver.New(t, testserver.Audience("https://api.example.com"))
	random := base64.StdEncoding.EncodeToString(secret)
	env := []string{
		"REDIS_URL=redis://" + redis.addr, "REDIS_SECRET=" + random, "NONCE_SECRET=" + random,
		"ISSUER=" + as.Issuer(), "CLIENT_ID=" + as.DefaultClient().ID, "CLIENT_SECRET=" + as.DefaultClient().Secret,
	}
	start := func(t *testing.T) string {
		machine := program.Start(t, file, env...)
		eventually(t, "the machine is ready", func() bool {
			return send(t, http.DefaultTransport, http.MethodGet, machine+"/readyz", http.Header{}, nil).StatusCode == http.StatusOK
		})
		return machine
	}
	machines := []string{start(t), start(t)}

	key := testserver.GenerateKey("ES256", "")
	token := as.Token(testserver.BoundTo(key), testserver.Scope("orders:read"))
	proof := testserver.Proof(key, "GET", "https://api.example.com/orders", token)
	for i, want := range []struct{ machine, status int }{{0, 401}, {1, 200}, {0, 401}} { // no nonce; a nonce from the other machine; the same proof again
		response := send(t, http.DefaultTransport, http.MethodGet, machines[want.machine]+"/orders", http.Header{"Authorization": {"DPoP " + token}, "Dpop": proof}, nil)
		if response.StatusCode != want.status {
			t.Errorf("request %d: got %d %v, want %d", i, response.StatusCode, response.Header, want.status)
		}
		if nonce := response.Header.Get("DPoP-Nonce"); i == 0 {
			proof = testserver.Proof(key, "GET", "https://api.example.com/orders", token, testserver.Claim("nonce", nonce))
		}
	}

	admin := bearer(as.Token(testserver.Scope("sessions:end")))
	alice := bearer(as.Token(testserver.Subject("alice"), testserver.Scope("orders:read")))
	orders := func(machine int) int {
		return send(t, http.DefaultTransport, http.MethodGet, machines[machine]+"/orders", alice, nil).StatusCode
	}
	for i, want := range []struct {
		user   string
		header http.Header
		status int
	}{{"alice", alice, 403}, {"", admin, 400}, {"alice", admin, 202}} {
		if got := orders(1); got != 200 {
			t.Errorf("before logout %d: got %d, want 200", i, got)
		}
		form := strings.NewReader(url.Values{"user": {want.user}}.Encode())
		if got := send(t, http.DefaultTransport, http.MethodPost, machines[0]+"/logouts", want.header, form).StatusCode; got != want.status {
			t.Errorf("logout %d: got %d, want %d", i, got, want.status)
		}
	}
	eventually(t, "the other machine refuses the token", func() bool { return orders(1) == 401 })

	t.Run("a request that is in flight ends before the program", func(t *testing.T) {
		machine := start(t)
		body, rest := io.Pipe()
		done := make(chan int, 1)
		patient := &http.Transport{ExpectContinueTimeout: time.Minute}
		header := admin.Clone()
		header.Set("Expect", "100-continue")
		go func() { done <- send(t, patient, http.MethodPost, machine+"/logouts", header, body).StatusCode }()
		if _, err := rest.Write([]byte("user=bob")); err != nil { // returns after the handler has begun to read
			t.Fatal(err)
		}
		t.Cleanup(func() { // runs after the program was interrupted
			address := strings.TrimPrefix(machine, "http://")
			eventually(t, "the program accepts no connection", func() bool {
				connection, err := new(net.Dialer).Dial("tcp", address)
				if err == nil {
					_ = connection.Close()
				}
				return err != nil
			})
			_ = rest.Close()
			if got := <-done; got != http.StatusAccepted {
				t.Errorf("got %d, want 202", got)
			}
		})
	})
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// send sends a request. form is the body; nil means no body.
func send(t *testing.T, transport http.RoundTripper, method, address string, header http.Header, form io.Reader) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, form)
	if err != nil {
		t.Error(err)
		return &http.Response{}
	}
	r.Header = header.Clone()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return &http.Response{}
	}
	_ = response.Body.Close()
	return response
}
