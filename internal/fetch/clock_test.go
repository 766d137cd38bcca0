package fetch_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// piped returns a client whose connections are in-memory pipes, for use with
// synctest. For each connection, piped reads the request and then calls serve,
// which writes the raw answer.
func piped(t *testing.T, serve func(conn net.Conn)) *http.Client {
	t.Helper()
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			serving.Go(func() {
				defer func() { _ = server.Close() }()
				req, err := http.ReadRequest(bufio.NewReader(server))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				serve(server)
			})
			return client, nil
		},
	}}
}

// drip writes text once a second until the client closes the connection.
func drip(conn net.Conn, text string) {
	for {
		time.Sleep(time.Second)
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

// hang sends nothing until the client closes the connection.
func hang(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"

// slow lists servers that never complete their answer.
var slow = []struct {
	name  string
	serve func(conn net.Conn)
}{
	{"no answer", hang},
	{"only a status line", func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		hang(conn)
	}},
	{"headers that never end", func(conn net.Conn) {
		_, _ = io.WriteString(conn, head)
		drip(conn, "X-More: "+canary+"\r\n")
	}},
	{"a header line a byte a second", func(conn net.Conn) {
		_, _ = io.WriteString(conn, head+"X-More: ")
		drip(conn, "a")
	}},
	{"provisional answers that never end", func(conn net.Conn) { drip(conn, "HTTP/1.1 102 Processing\r\n\r\n") }},
	{"headers and no body", func(conn net.Conn) {
		_, _ = io.WriteString(conn, head+"Content-Length: 10\r\n\r\n")
		hang(conn)
	}},
	{"a body of a byte a second", func(conn net.Conn) {
		_, _ = io.WriteString(conn, head+"Content-Length: 10000\r\n\r\n{")
		drip(conn, " ")
	}},
	{"a chunked body of a byte a second", func(conn net.Conn) {
		_, _ = io.WriteString(conn, head+"Transfer-Encoding: chunked\r\n\r\n")
		drip(conn, "1\r\n \r\n")
	}},
	{"a body whose last byte is missing", func(conn net.Conn) {
		_, _ = io.WriteString(conn, head+"Content-Length: 3\r\n\r\n{}")
		hang(conn)
	}},
}

// methods contains a request with each method. The same limits apply to all
// methods.
var methods = map[string]func(context.Context, *http.Client) ([]byte, error){
	"GET": func(ctx context.Context, c *http.Client) ([]byte, error) {
		return get(ctx, c, "http://as.test/"+canary)
	},
	"POST": func(ctx context.Context, c *http.Client) ([]byte, error) {
		return postForm(ctx, c, "http://as.test/"+canary, url.Values{"token": {canary}}, nil)
	},
}

// checkFailure checks the error of exchange, and the time until exchange
// returns. This time is exact only in a synctest bubble.
func checkFailure(ctx context.Context, t *testing.T, exchange func(context.Context, *http.Client) ([]byte, error), client *http.Client, after time.Duration, want error) {
	t.Helper()
	start := time.Now()
	body, err := exchange(ctx, client)
	if !errors.Is(err, want) || body != nil {
		t.Errorf("got %q, %v, want %v", body, err, want)
	}
	if got := time.Since(start); got != after {
		t.Errorf("took %v, want %v", got, after)
	}
	checkSilent(t, err)
}

func TestAnExchangeTimesOutAfterFiveSeconds(t *testing.T) {
	for _, tt := range slow {
		for method, exchange := range methods {
			t.Run(tt.name+" to a "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					checkFailure(t.Context(), t, exchange, piped(t, tt.serve), 5*time.Second, fetch.ErrTimeout)
				})
			})
		}
	}
}

func TestACallersDeadlineIsATimeout(t *testing.T) {
	for _, tt := range slow {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
				defer cancel()
				checkFailure(ctx, t, methods["GET"], piped(t, tt.serve), 2500*time.Millisecond, fetch.ErrTimeout)
			})
		})
	}
}

func TestAClientsTimeoutIsATimeout(t *testing.T) {
	for _, tt := range slow {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := piped(t, tt.serve)
				client.Timeout = 2500 * time.Millisecond
				checkFailure(t.Context(), t, methods["GET"], client, 2500*time.Millisecond, fetch.ErrTimeout)
			})
		})
	}
}

func TestACanceledContextIsNotATimeout(t *testing.T) {
	for _, tt := range slow {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(2500*time.Millisecond, cancel)
				checkFailure(ctx, t, methods["GET"], piped(t, tt.serve), 2500*time.Millisecond, fetch.ErrCanceled)
			})
		})
	}
	t.Run("canceled before the request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			checkFailure(ctx, t, methods["GET"], piped(t, func(net.Conn) { t.Error("a request was sent") }), 0, fetch.ErrCanceled)
		})
	})
}

func TestRedirectsShareTheFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, func(conn net.Conn) {
			time.Sleep(2 * time.Second)
			_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		})
		checkFailure(t.Context(), t, methods["GET"], client, 5*time.Second, fetch.ErrTimeout)
	})
}

func TestTheTimeoutIncludesDialing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		t.Cleanup(func() { close(done) })
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			<-done
			return nil, net.ErrClosed
		}}}
		checkFailure(t.Context(), t, methods["GET"], client, 5*time.Second, fetch.ErrTimeout)
	})
}

func TestASlowAnswerInTimeIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := piped(t, func(conn net.Conn) {
			time.Sleep(2 * time.Second)
			_, _ = io.WriteString(conn, head+"Content-Length: 2\r\n\r\n{")
			time.Sleep(2999 * time.Millisecond)
			_, _ = io.WriteString(conn, "}")
		})
		if body, err := get(t.Context(), client, "http://as.test/"); err != nil || string(body) != "{}" {
			t.Errorf("got %q and error %v, want {}", body, err)
		}
	})
}

// If the client refuses an answer, it still reads up to 16 KiB more, so that
// the connection can be reused. The time limit also applies to this read.
func TestReadingTheRestOfARefusedAnswerIsLimited(t *testing.T) {
	for _, tt := range []struct {
		name, begin string
		want        error
	}{
		{"an error page", "HTTP/1.1 500 No\r\nContent-Length: 10000\r\n\r\n", fetch.StatusError{Status: http.StatusInternalServerError}},
		{"an HTML page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10000\r\n\r\n", fetch.ErrContentType},
		{"an answer that is too large", head + "\r\n" + strings.Repeat(" ", fetch.MaxBytes+1), fetch.ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := piped(t, func(conn net.Conn) {
					_, _ = io.WriteString(conn, tt.begin)
					drip(conn, canary)
				})
				start := time.Now()
				body, err := get(t.Context(), client, "http://as.test/"+canary)
				if !errors.Is(err, tt.want) || body != nil {
					t.Errorf("got %q, %v, want %v", body, err, tt.want)
				}
				if got := time.Since(start); got > 5*time.Second {
					t.Errorf("took %v, want at most %v", got, 5*time.Second)
				}
				checkSilent(t, err)
			})
		})
	}
}
