package recipes_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// startRedis starts a redis-server for this test on a free port.
func startRedis(t *testing.T) (addr string, stop func()) {
	t.Helper()
	for range 5 { // another program may take the port before the server does
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := free.Addr().String()
		_, port, _ := net.SplitHostPort(addr)
		_ = free.Close()

		server := exec.CommandContext(t.Context(), "redis-server", "--port", port, "--save", "", "--bind", "127.0.0.1") // runs until the test ends
		server.Dir = t.TempDir()
		out, err := server.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		stop := func() {
			_ = server.Process.Kill() // fails if the server has already exited
			_ = server.Wait()
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), "Ready to accept connections") {
				t.Cleanup(stop)
				return addr, stop
			}
		}
		stop()
	}
	t.Fatal("redis-server did not start")
	return "", nil
}

func newDenylistAPI(t *testing.T, as *testserver.Server, options *redis.Options) http.Handler {
	t.Helper()
	list := recipes.NewDenylist(options)
	t.Cleanup(func() { _ = list.Close() })
	v := newVerifier(t, as, func(c *middleware.Config) { c.Revoked = list.Revoked })
	return recipes.DenylistHTTP(v, list)
}

func TestDenylist(t *testing.T) {
	addr, stopRedis := startRedis(t)
	as := testserver.New(t)
	api := newDenylistAPI(t, as, &redis.Options{Addr: addr})
	with := func(method, path, token string) *http.Request {
		r := request(method, path)
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	token, other := as.Token(read, alice), as.Token(read, alice)
	challenge := `Bearer realm="api", error="invalid_token", error_description="token is revoked"`
	for _, e := range []exchange{
		{"a good token", with("GET", "/orders", token), 200, "orders of alice", ""},
		{"its logout", with("POST", "/logout", token), 204, "", ""},
		{"it, after its logout", with("GET", "/orders", token), 401, bodyRevoked, challenge},
		{"another of the same user", with("GET", "/orders", other), 200, "orders of alice", ""},
		{"an expired token", with("GET", "/orders", as.Token(read, expired)), 401, bodyExpired, challengeExpired},
		{"a token without jti", with("GET", "/orders", as.Token(read, testserver.Without("jti"))), 401, bodyRevoked, challenge},
	} {
		e.check(t, api)
	}
	checkExpiry(t, addr)

	stopRedis()
	checkUnavailable(t, "stopped", api, with("GET", "/orders", other))
}

// checkExpiry checks that the list has exactly one entry. Its token, which is
// new and lives for five minutes, must expire first. The entry must expire at
// most five minutes later.
func checkExpiry(t *testing.T, addr string) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer func() { _ = client.Close() }()
	found, err := client.Keys(t.Context(), "revoked:*").Result()
	if err != nil || len(found) != 1 {
		t.Fatalf("got the entries %q, %v, want one", found, err)
	}
	ttl, err := client.TTL(t.Context(), found[0]).Result()
	if err != nil || ttl <= 5*time.Minute || ttl > 10*time.Minute {
		t.Errorf("got %v, %v until the entry expires, want more than the token's five minutes and at most ten", ttl, err)
	}
}

// checkUnavailable checks that the API answers 503 without a challenge. A
// challenge would make the client discard a token that may be valid.
func checkUnavailable(t *testing.T, redisIs string, api http.Handler, r *http.Request) {
	t.Helper()
	w := serve(api, r)
	want := `{"error":"temporarily_unavailable","error_description":"token cannot be checked at the moment"}`
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != want || w.Header().Get("Retry-After") == "" || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("Redis is %s: got %d %s, %v, want 503 %s with Retry-After", redisIs, w.Code, w.Body, w.Header(), want)
	}
}

func TestARedisThatDoesNotAnswerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		api := newDenylistAPI(t, as, &redis.Options{Addr: "127.0.0.1:6379", Dialer: func(context.Context, string, string) (net.Conn, error) {
			connection, silent := net.Pipe()
			t.Cleanup(func() { _ = silent.Close() })
			return connection, nil
		}})
		r := as.Authorize(request("GET", "/orders"), read)
		start := time.Now()
		checkUnavailable(t, "silent", api, r)
		if got := time.Since(start); got != 200*time.Millisecond {
			t.Errorf("got an answer after %v, want it after 200 ms", got)
		}
	})
}
