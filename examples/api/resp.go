package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
)

// respClient is a minimal client of one Redis (RESP2), so that this module
// needs no client library. Programs should use a real one: see docs/scale.md.
type respClient struct {
	address string
	setup   [][]any // commands that begin a connection
	idle    chan *respConn
}

type respConn struct {
	net.Conn
	answers *bufio.Reader
}

// do sends a command. If an idle connection fails, it tries a new one, because
// Redis may have restarted.
func (c *respClient) do(ctx context.Context, args ...any) (any, error) {
	select {
	case conn := <-c.idle:
		if answer, err := c.use(ctx, conn, args); err == nil || isReply(err) {
			return answer, err
		}
	default:
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	return c.use(ctx, &respConn{conn, bufio.NewReader(conn)}, args, c.setup...)
}

// use sends a command, after others, and keeps the connection if it still
// works.
func (c *respClient) use(ctx context.Context, conn *respConn, args []any, before ...[]any) (answer any, err error) {
	deadline, _ := ctx.Deadline()
	err = conn.SetDeadline(deadline)
	for _, command := range slices.Concat(before, [][]any{args}) {
		if err == nil {
			answer, err = conn.exchange(command)
		}
	}
	if err == nil || isReply(err) {
		select {
		case c.idle <- conn:
			return answer, err
		default: // enough are idle
		}
	}
	return answer, errors.Join(err, conn.Close())
}

func (c *respConn) exchange(args []any) (any, error) {
	var command strings.Builder
	fmt.Fprintf(&command, "*%d\r\n", len(args))
	for _, arg := range args {
		text := fmt.Sprint(arg)
		fmt.Fprintf(&command, "$%d\r\n%s\r\n", len(text), text)
	}
	if _, err := io.WriteString(c, command.String()); err != nil {
		return nil, err
	}
	return c.read()
}

// replyError is an error reply. The connection still works after it.
type replyError string

func (e replyError) Error() string { return string(e) }

func isReply(err error) bool { return errors.As(err, new(replyError)) }

var errRESP = errors.New("redis: the answer is not RESP2")

// read reads one answer: nil, a string, an int64 or a list of these.
func (c *respConn) read() (any, error) {
	line, err := c.answers.ReadString('\n')
	line = strings.TrimSuffix(line, "\r\n")
	if err != nil || line == "" {
		return nil, errors.Join(errRESP, err)
	}
	if line[0] == '+' {
		return line[1:], nil
	}
	if line[0] == '-' {
		return nil, replyError(line[1:])
	}
	n, err := strconv.ParseInt(line[1:], 10, 64)
	switch {
	case err != nil:
		return nil, errRESP
	case line[0] == ':':
		return n, nil
	case n > 64<<20:
		return nil, errRESP
	case n < 0:
		return nil, nil //nolint:nilnil // the answer nil
	case line[0] == '$':
		text := make([]byte, n+2)
		_, err := io.ReadFull(c.answers, text)
		return string(text[:n]), err
	case line[0] == '*':
		var list []any
		for range n {
			element, err := c.read()
			if err != nil {
				return nil, errors.Join(errRESP, err)
			}
			list = append(list, element)
		}
		return list, nil
	}
	return nil, errRESP
}
