package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// respClient is a minimal client for one Redis server (RESP2). It saves this
// module a dependency. Programs should use a complete client library: see
// docs/scale.md.
type respClient struct {
	address string
	setup   [][]any // sent first on each new connection
	idle    chan *respConn
}

type respConn struct {
	net.Conn
	answers *bufio.Reader
}

// do sends a command. If an idle connection fails, do tries a new connection,
// because Redis may have restarted.
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

// use sends the setup commands, and then the command in args. It returns the
// answer to the last command. setup is empty unless the connection is new. If
// the connection still works afterwards, it is added to the idle connections.
func (c *respClient) use(ctx context.Context, conn *respConn, args []any, setup ...[]any) (answer any, err error) {
	deadline, _ := ctx.Deadline()
	err = conn.SetDeadline(deadline)
	for _, command := range setup {
		if err == nil {
			_, err = conn.exchange(command)
		}
		if isReply(err) {
			err = errSetup // replaces the original error, whose text may contain the password
		}
	}
	if err == nil {
		answer, err = conn.exchange(args)
	}
	if err == nil || isReply(err) {
		select {
		case c.idle <- conn:
			return answer, err
		default: // c.idle is full
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
	return c.read(maxDepth)
}

// replyError is an error reply. It does not make the connection unusable.
type replyError string

func (e replyError) Error() string { return string(e) }

func isReply(err error) bool { return errors.As(err, new(replyError)) }

var (
	errRESP  = errors.New("redis: the answer is not RESP2")
	errSetup = errors.New("redis: AUTH or SELECT failed")
)

const (
	maxDepth = 4        // depth of nested lists
	maxSize  = 64 << 20 // bytes of a string, or elements of a list
)

// read reads one answer: nil, a string, an int64 or a list of these.
func (c *respConn) read(depth int) (any, error) {
	all, err := c.answers.ReadSlice('\n') // limited by the buffer size
	line := strings.TrimSuffix(string(all), "\r\n")
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
	case n > maxSize:
		return nil, errRESP
	case n < 0:
		return nil, nil //nolint:nilnil // the answer nil
	case line[0] == '$':
		var text strings.Builder // grows as bytes arrive
		if _, err := io.CopyN(&text, c.answers, n+2); err != nil {
			return nil, err
		}
		return text.String()[:n], nil
	case line[0] == '*' && depth > 0:
		var list []any
		for range n {
			element, err := c.read(depth - 1)
			if err != nil {
				return nil, errRESP // even for an error reply, because the rest of the list was not read
			}
			list = append(list, element)
		}
		return list, nil
	}
	return nil, errRESP
}
