package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

// endToEnd measures servers on loopback under load from another process. Server
// and load generator share the machine, so the ratios are more reliable than
// the rates.
func endToEnd(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{columns: []string{"requests/s", "× unprotected"}, notes: "RS256, 100 tokens that are sent repeatedly, 32 connections, net/http."}
	s, err := open(ctx, "RS256")
	if err != nil {
		return t, err
	}
	var tokens []string
	for range 100 {
		tokens = append(tokens, s.as.Token())
	}
	f := rival.Frameworks()[0]
	names, apis := []string{"unprotected"}, []http.Handler{f.Unprotected()}
	for _, p := range f.Protected {
		h, err := p.Open(ctx, s.settings)
		if err != nil {
			return t, err
		}
		names, apis = append(names, p.Name), append(apis, h)
	}
	found := make([]times, len(apis))
	spell := max(20*m.slice, 100*time.Millisecond)
	for range max(m.rounds/5, 1) {
		for i, api := range apis {
			spent, err := underLoad(ctx, api, tokens, spell)
			if err != nil {
				return t, fmt.Errorf("%s: %w", names[i], err)
			}
			found[i] = append(found[i], spent)
		}
	}
	for i, name := range names {
		t.add(name, whole(1e9/found[i].median()), times1(found[0].over(found[i])))
	}
	return t, nil
}

// underLoad returns the duration of the load divided by the number of answers,
// in nanoseconds. The requests are concurrent, so one request can take longer.
func underLoad(ctx context.Context, api http.Handler, tokens []string, spell time.Duration) (float64, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	srv := &http.Server{Handler: api, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	defer func() {
		_ = srv.Close()
		<-served //nolint:errcheck // Serve always returns ErrServerClosed here
	}()
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), loadAddr+"="+l.Addr().String(), loadSpell+"="+spell.String())
	cmd.Stdin = strings.NewReader(strings.Join(tokens, "\n"))
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return 0, fmt.Errorf("the load generator: %w: %s", err, exit.Stderr)
		}
		return 0, err
	}
	answered, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil || answered == 0 {
		return 0, fmt.Errorf("the load generator printed %q: %w", out, err)
	}
	return float64(spell.Nanoseconds()) / answered, nil
}
