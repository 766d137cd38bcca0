package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// middlewares measures a whole request to a route. It does not use a network.
func middlewares(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{columns: []string{"µs", "× golang-jwt", "× raw RS256", "allocs", "bytes", "over Verify", "allocs"},
		notes: "The whole request; \"× golang-jwt\" is in units of golang-jwt by hand on the same framework. Allocations and bytes are those that the " +
			"protection adds. \"Over Verify\" is what an adapter adds to the verifier, in raw RS256."}
	s, err := open(ctx, "RS256")
	if err != nil {
		return t, err
	}
	token := s.as.Token()
	floor, err := rival.RawCrypto().Open(ctx, s.settings)
	if err != nil {
		return t, err
	}
	bare := map[bool]*middleware.Verifier{} // key: whether the verifier caches tokens
	for cached, tokens := range map[bool]int{true: 0, false: -1} {
		if bare[cached], err = rival.NewBearerguard(s.settings, tokens); err != nil {
			return t, err
		}
	}
	for _, f := range rival.Frameworks() {
		plain := request(f.Unprotected(), token)
		base, err := f.ByGolangJWT().Open(ctx, s.settings)
		if err != nil {
			return t, err
		}
		for _, p := range f.Protected {
			h, err := p.Open(ctx, s.settings)
			if err != nil {
				return t, fmt.Errorf("%s: %w", p.Name, err)
			}
			if err := protects(h, s.as); err != nil {
				return t, fmt.Errorf("%s: %w", p.Name, err)
			}
			ops := []func(){func() { _ = floor.Verify(ctx, token) }, plain, request(h, token), request(base, token)}
			v := bare[p.Cached]
			if p.Ours {
				ops = append(ops, func() { _, _ = v.Verify(ctx, middleware.Credentials{Token: token}) })
			}
			found := m.measure(ops...)
			bytesWithout, without := memory(ops[1])
			bytes, with := memory(ops[2])
			cells := []string{micro(found[2].median()), times1(found[2].over(found[3])), times1(found[2].over(found[0])),
				whole(with - without), whole(bytes - bytesWithout), none, none}
			if p.Ours {
				_, alone := memory(ops[4])
				cells[5], cells[6] = times1(found[2].minus(found[1]).minus(found[4]).over(found[0])), whole(with-without-alone)
			}
			t.add(p.Name, cells...)
		}
	}
	return t, nil
}

// request returns a function that passes one request to h, as a server does on
// an open connection.
func request(h http.Handler, token string) func() {
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, rival.Route, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := &discard{header: http.Header{}}
	return func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// discard is a ResponseWriter that discards the body.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// protects returns an error if the API accepts a bad token or refuses a good
// one.
func protects(h http.Handler, as *testserver.Server) error {
	for token, want := range map[string]bool{
		as.Token(): true, as.Token(testserver.With(testserver.BadSignature)): false, as.Token(testserver.With(testserver.Expired)): false,
		as.Token(testserver.Scope("openid")): false,
	} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, rival.Route, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		w := &discard{header: http.Header{}, status: http.StatusOK}
		h.ServeHTTP(w, r)
		if got := w.status == http.StatusOK; got != want {
			return fmt.Errorf("got status %d, want accepted %t", w.status, want)
		}
	}
	return nil
}
