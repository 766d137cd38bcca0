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

// What makes a process of this program the load generator, and for how long.
const (
	loadAddr  = "COMPARE_LOAD"
	loadSpell = "COMPARE_LOAD_FOR"
)

// generator reports whether this process was the load generator.
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

// generate is the other process: it sends one GET /orders after the other, over
// some connections that stay open, for a while, and prints how many were
// answered with 200. The tokens come one a line from in. It parses nothing that
// it need not, so that the API gets the machine.
func generate(ctx context.Context, addr string, spell time.Duration, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	tokens := strings.Fields(string(text))
	if len(tokens) == 0 {
		return errors.New("no token came")
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

// ask is one connection. All answers are as long as the first.
func ask(ctx context.Context, addr string, tokens []string, at int) (answered int64, err error) {
	d := net.Dialer{Timeout: time.Minute} // the spell is for requests
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

// measured reads the first answer as a client does and returns its length.
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
