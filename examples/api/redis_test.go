package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

func TestRedisURL(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "redis://127.0.0.1:6379": true, "redis://redis": true, "redis://:password@redis:6379/1": true,
		"127.0.0.1:6379": false, "rediss://redis:6379": false, "redis://": false, "http://redis:6379": false,
	} {
		_, err := fromEnv(lookup(map[string]string{"REDIS_URL": text}), slog.New(slog.DiscardHandler))
		if (err == nil) != want {
			t.Errorf("REDIS_URL=%q: got %v, want accepted: %t", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "password@redis") {
			t.Errorf("REDIS_URL=%q: got the URL in %v", text, err)
		}
	}
}

func TestRedisSecret(t *testing.T) {
	const long = "0123456789abcdef0123456789abcdef"
	for name, test := range map[string]struct {
		env      map[string]string
		fault    string
		warnings int
	}{
		"set":                    {map[string]string{"REDIS_URL": "redis://redis", "REDIS_SECRET": long}, "", 0},
		"not set":                {map[string]string{"REDIS_URL": "redis://redis"}, "", 1},
		"too short":              {map[string]string{"REDIS_URL": "redis://redis", "REDIS_SECRET": "canary"}, "REDIS_SECRET has 6 bytes", 0},
		"set, but without Redis": {map[string]string{"REDIS_SECRET": long}, "REDIS_SECRET needs REDIS_URL", 0},
	} {
		var log strings.Builder
		_, err := fromEnv(lookup(test.env), slog.New(slog.NewTextHandler(&log, nil)))
		if (err == nil) != (test.fault == "") || err != nil && (!strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: got %v, want %q", name, err, test.fault)
		}
		if got := strings.Count(log.String(), "REDIS_SECRET is not set"); got != test.warnings {
			t.Errorf("%s: got %d warnings, want %d", name, got, test.warnings)
		}
	}
}

func TestProcessesWithOneRedisSecretShareNonces(t *testing.T) {
	nonces := func(secret string) *dpop.Nonces {
		policy, err := proofs(lookup(map[string]string{"DPOP_NONCES": "1", "REDIS_SECRET": secret}))
		if err != nil {
			t.Fatal(err)
		}
		return policy.Nonces
	}
	now := time.Now()
	for name, test := range map[string]struct {
		issuer, other string // their secrets
		want          bool
	}{
		"one secret":        {"one", "one", true},
		"different secrets": {"one", "another", false},
		"no secret":         {"", "", false},
	} {
		if _, _, ok := nonces(test.other).Accept(now, nonces(test.issuer).Issue(now)); ok != test.want {
			t.Errorf("%s: got accepted %t, want %t", name, ok, test.want)
		}
	}
}

// Config.ProofWindow must be long enough for a proof with an old nonce. If
// ProofWindow is too short, the store returns an error and sends no command to
// Redis. This test therefore checks that the store sends a command.
func TestTheStoreSendsEntriesForProofsWithOldNonces(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				close(asked)
				return
			}
			asked <- struct{}{}
			_ = conn.Close()
		}
	}()
	cfg, err := fromEnv(lookup(map[string]string{"REDIS_URL": "redis://" + listener.Addr().String(), "DPOP_NONCES": "1"}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	longest := 3*noncePeriod + 2*30*time.Second // lifetime of a new nonce, plus the clock skew before and after
	_, err = cfg.shared.store.First(t.Context(), [32]byte{1}, time.Now().Add(longest))
	if err == nil {
		t.Error("got no error, want one because Redis closes the connection")
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := <-asked; !ok {
		t.Errorf("got %v without a command, want one", err)
	}
}

// scripted starts a server and returns a client of this server. On each
// connection, the server expects the given text, and then sends the given
// answer. If closes is true, the server then closes the connection. Otherwise,
// it repeats these steps.
func scripted(t *testing.T, want, answer string, closes bool) *respClient {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					got := make([]byte, len(want))
					if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
						return
					}
					if fmt.Fprint(conn, answer); closes {
						return
					}
				}
			}()
		}
	}()
	return &respClient{address: listener.Addr().String(), idle: make(chan *respConn, 1)}
}

func TestTheClientReadsAnswers(t *testing.T) {
	const halfAString, anErrorReply = "half a string", "an error reply"
	const request = "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n"
	for name, test := range map[string]struct {
		answer string
		want   any
		fails  bool
	}{
		"a status":           {"+OK\r\n", "OK", false},
		"a string":           {"$4\r\na\r\nb\r\n", "a\r\nb", false},
		"an empty string":    {"$0\r\n\r\n", "", false},
		"nil":                {"$-1\r\n", nil, false},
		"a number":           {":12\r\n", int64(12), false},
		"a large number":     {":9223372036854775807\r\n", int64(1<<63 - 1), false},
		"a list":             {"*2\r\n*1\r\n:1\r\n$-1\r\n", []any{[]any{int64(1)}, nil}, false},
		anErrorReply:         {"-OOM no\r\n", nil, true},
		"an error in a list": {"*2\r\n-OOM no\r\n:1\r\n", nil, true},
		"lists in lists":     {strings.Repeat("*1\r\n", 100) + ":1\r\n", nil, true},
		"a long line":        {"+" + strings.Repeat("x", 10_000) + "\r\n", nil, true},
		"another type":       {"%1\r\n", nil, true},
		"no number":          {"$x\r\n", nil, true},
		halfAString:          {"$4\r\nab", nil, true},
	} {
		for _, closes := range []bool{false, true} {
			limit := 10 * time.Second
			if name == halfAString {
				limit = 200 * time.Millisecond // the client waits for the other half
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			client := scripted(t, request, test.answer, closes)
			for range 3 {
				got, err := client.do(ctx, "GET", "a\r\nb")
				if (err != nil) != test.fails || !reflect.DeepEqual(got, test.want) && !test.fails {
					t.Errorf("%s, closes %t: got %v, %v, want %v", name, closes, got, err, test.want)
				}
				if kept := len(client.idle) == 1; kept != (!test.fails || name == anErrorReply) {
					t.Errorf("%s: got kept %t", name, kept)
				}
			}
			cancel()
		}
	}
}

func TestAConnectionWhoseSetupFailedIsClosed(t *testing.T) {
	client := scripted(t, "*2\r\n$4\r\nAUTH\r\n$6\r\ncanary\r\n", "-ERR unknown command 'AUTH', with args beginning with: 'canary'\r\n", false)
	client.setup = [][]any{{"AUTH", "canary"}}
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := client.do(ctx, "GET", "key")
		cancel()
		if err == nil || strings.Contains(err.Error(), "canary") || len(client.idle) > 0 {
			t.Errorf("got %v and %d connections that are kept, want an error without the password and none", err, len(client.idle))
		}
	}
}
