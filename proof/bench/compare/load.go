package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const connections = 32

// A process of this program becomes the load generator if COMPARE_LOAD contains
// the address of an API. COMPARE_LOAD_FOR sets how long the load generator
// runs.
const (
	loadAddr  = "COMPARE_LOAD"
	loadSpell = "COMPARE_LOAD_FOR"
)

// generator runs the load generator and returns true if COMPARE_LOAD is set.
// Otherwise, it returns false.
func generator() bool {
	addr := os.Getenv(loadAddr)
	if addr == "" {
		return false
	}
	spell, err := time.ParseDuration(os.Getenv(loadSpell))
	if err == nil {
		err = generate(context.Background(), addr, spell, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// generate is the main function of the load generator. It reads the tokens from
// in, one per line. For the given time, it sends GET /orders repeatedly over
// persistent connections. It then prints the number of answers with status 200.
// generate parses as little as possible, so that the API can use most of the
// processor time.
func generate(ctx context.Context, addr string, spell time.Duration, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	tokens := strings.Fields(string(text))
	if len(tokens) == 0 {
		return errors.New("want tokens on standard input, one per line; got none")
	}
	ctx, cancel := context.WithTimeout(ctx, spell)
	defer cancel()
	var all sync.WaitGroup
	var answered atomic.Int64
	failed := make(chan error, connections)
	for i := range connections {
		all.Go(func() {
			n, err := ask(ctx, addr, tokens, i)
			answered.Add(n)
			if err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	_, err = fmt.Fprintln(out, answered.Load())
	return err
}

// ask sends requests over one connection until ctx is done, and returns the
// number of responses. All responses must be as long as the first response.
func ask(ctx context.Context, addr string, tokens []string, at int) (answered int64, err error) {
	d := net.Dialer{Timeout: time.Minute} // ctx limits only the requests, not the time to connect
	conn, err := d.DialContext(context.WithoutCancel(ctx), "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	in, length := bufio.NewReader(conn), 0
	for ; answered == 0 || ctx.Err() == nil; at++ {
		if _, err := fmt.Fprintf(conn, "GET /orders HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer %s\r\n\r\n", tokens[at%len(tokens)]); err != nil {
			return answered, err
		}
		if length == 0 {
			if length, err = measured(in); err != nil {
				return answered, err
			}
		} else if err := next(in, length); err != nil {
			return answered, err
		}
		answered++
	}
	return answered, nil
}

// measured parses the first response with net/http and returns its length in
// bytes.
func measured(in *bufio.Reader) (int, error) {
	var seen counter
	resp, err := http.ReadResponse(bufio.NewReaderSize(io.TeeReader(in, &seen), 1), nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("got %s, want 200", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return int(seen), err
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func next(in *bufio.Reader, length int) error {
	line, err := in.Peek(len("HTTP/1.1 200"))
	if err != nil {
		return err
	}
	if string(line) != "HTTP/1.1 200" {
		return fmt.Errorf("got %q, want 200", line)
	}
	_, err = in.Discard(length)
	return err
}
