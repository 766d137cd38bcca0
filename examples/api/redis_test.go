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

// scripted is a server that expects a request and sends an answer, for each
// connection anew.
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
	const request = "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n"
	for name, test := range map[string]struct {
		answer string
		want   any
		fails  bool
	}{
		"a status":        {"+OK\r\n", "OK", false},
		"a string":        {"$4\r\na\r\nb\r\n", "a\r\nb", false},
		"an empty string": {"$0\r\n\r\n", "", false},
		"nil":             {"$-1\r\n", nil, false},
		"a number":        {":12\r\n", int64(12), false},
		"a large number":  {":9223372036854775807\r\n", int64(1<<63 - 1), false},
		"a list":          {"*2\r\n*1\r\n:1\r\n$-1\r\n", []any{[]any{int64(1)}, nil}, false},
		"an error reply":  {"-OOM no\r\n", nil, true},
		"another type":    {"%1\r\n", nil, true},
		"no number":       {"$x\r\n", nil, true},
		"half a string":   {"$4\r\nab", nil, true},
	} {
		for _, closes := range []bool{false, true} {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			client := scripted(t, request, test.answer, closes)
			for range 3 {
				got, err := client.do(ctx, "GET", "a\r\nb")
				if (err != nil) != test.fails || !reflect.DeepEqual(got, test.want) && !test.fails {
					t.Errorf("%s, closes %t: got %v, %v, want %v", name, closes, got, err, test.want)
				}
			}
			cancel()
		}
	}
}
