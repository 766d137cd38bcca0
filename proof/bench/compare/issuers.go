package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

// issuers measures the cost of trusting many issuers. The token is from the
// last issuer in the list.
func issuers(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{columns: []string{"µs", "× one issuer", "µs, seen before", "× one issuer"}, notes: "RS256."}
	s, err := open(ctx, "RS256")
	if err != nil {
		return t, err
	}
	keys, err := jwks.Parse(s.as.JWKS())
	if err != nil {
		return t, err
	}
	counts := []int{1, 10, 1_000, 10_000}
	token := middleware.Credentials{Token: s.as.Token()}
	var ops []func()
	for _, count := range counts {
		list := make([]middleware.Issuer, count)
		for i := range list {
			list[i] = middleware.Issuer{URL: fmt.Sprintf("https://login.example.com/realms/%d", i), Keys: keys}
		}
		list[count-1].URL = s.as.Issuer()
		for _, cache := range []int{-1, 0} {
			v, err := middleware.NewVerifier(middleware.Config{
				Audience: rival.Audience, Issuers: list, TokenCache: cache, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				return t, err
			}
			if _, err := v.Verify(ctx, token); err != nil {
				return t, err
			}
			ops = append(ops, func() { _, _ = v.Verify(ctx, token) })
		}
	}
	found := m.measure(ops...)
	for i, count := range counts {
		first, again := found[2*i], found[2*i+1]
		t.add(fmt.Sprintf("%d issuers", count), micro(first.median()), times1(first.over(found[0])), micro(again.median()), times1(again.over(found[1])))
	}
	return t, nil
}
