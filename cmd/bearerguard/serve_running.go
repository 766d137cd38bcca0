package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/testserver"
)

const controlOff = "off"

// running is a server and its control API.
type running struct {
	*testserver.Server
	controlURL, controlToken string // "" without a control API
	tokenGiven               bool   // the user chose controlToken, so it is not printed

	control   *http.Server
	audit     *os.File
	readyFile string
	ready     []byte // the content of readyFile
	withdraw  func() // returned by announce(); nil if it failed or was not called
}

// startServer starts the server that the flags describe. When it returns, the
// server is ready and the ready file is written.
func (f *serverFlags) startServer(cmd *cobra.Command) (*running, error) {
	opts, audit, err := f.options(cmd)
	if err != nil {
		return nil, err
	}
	s := &running{audit: audit, readyFile: f.readyFile}
	if err := clearReady(f.readyFile); err != nil {
		_ = s.close()
		return nil, usage("--ready-file: %w", err)
	}
	s.Server, err = f.listen(cmd, opts)
	if err != nil {
		_ = s.close()
		return nil, usage("%w", f.inFlags(err))
	}
	if f.control != controlOff {
		err = s.listenControl(f)
	}
	if err == nil && f.readyFile != "" {
		s.ready = newReady(s).line()
		if err = writeAtomic(f.readyFile, s.ready); err != nil {
			err = fmt.Errorf("--ready-file %s: %w: name a file in a directory that you can write to", f.readyFile, rootOf(err))
		}
	}
	if err != nil {
		_ = s.close()
		return nil, usage("%w", err)
	}
	return s, nil
}

// listen starts the server at --addr. Without this flag, the subcommand serve
// tries the default port and the ports after it. If all of these are in use, it
// takes any free port.
func (f *serverFlags) listen(cmd *cobra.Command, opts []testserver.Option) (s *testserver.Server, err error) {
	ctx := context.WithoutCancel(cmd.Context())
	if !f.choosesPort(cmd) {
		return testserver.Start(ctx, opts...)
	}
	host, first, _ := net.SplitHostPort(f.addr)
	port, _ := strconv.Atoi(first)
	for next := range portsTried {
		addr := net.JoinHostPort(host, strconv.Itoa(port+next))
		s, err = testserver.Start(ctx, append(slices.Clip(opts), testserver.Addr(addr))...)
		if _, busy := errors.AsType[*net.OpError](err); !busy {
			return s, err
		}
	}
	return testserver.Start(ctx, append(slices.Clip(opts), testserver.Addr(anyPort))...)
}

// inFlags replaces the names of server options in an error with the names of
// the flags, or of the members of the --config file, that set these options.
func (f *serverFlags) inFlags(err error) error {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("--addr %s: %w: give another port, or 0 for a free one", f.addr, rootOf(err))
	}
	text := inFile("--config "+f.config, err).Error()
	return errors.New(strings.NewReplacer(
		fmt.Sprintf("Addr(%q)", f.addr), "--addr "+f.addr, "IssuerURL", "issuer", "TLS()", "tls", "AllowRemote()", "--allow-remote", "InMemory()", "memory",
	).Replace(text))
}

// rootOf returns the innermost cause of err.
func rootOf(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

func (s *running) listenControl(f *serverFlags) error {
	given, err := f.controlToken()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.control)
	if err != nil {
		return fmt.Errorf("--control %s: %w: give another port, or 0 for a free one", f.control, rootOf(err))
	}
	s.controlURL, s.controlToken, s.tokenGiven = "http://"+fromHere(l.Addr()), cmp.Or(given, rand.Text()), given != ""
	srv := &http.Server{
		Handler:           s.Control(s.controlToken),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // a log line could contain a token
	}
	s.control = srv
	go func() { _ = srv.Serve(l) }() // ignored: the error is ErrServerClosed or comes from the listener
	return nil
}

// fromHere converts the address of a listener to an address at which this
// machine can reach the listener.
func fromHere(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return a.String()
}

// close stops the server at once and ends its open requests. A second call does
// nothing.
func (s *running) close() error {
	var errs []error
	if s.ready != nil { // this server has written the file
		removeOwn(s.readyFile, s.ready) // keeps the file of another server
	}
	if s.withdraw != nil {
		s.withdraw()
	}
	if s.control != nil {
		errs = append(errs, s.control.Close())
	}
	if s.Server != nil {
		errs = append(errs, s.Server.Close())
	}
	if s.audit != nil {
		errs = append(errs, s.audit.Close())
	}
	*s = running{}
	return errors.Join(errs...)
}
