package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

// seen measures the token cache under typical load. All tokens are sent
// repeatedly, and popular tokens are sent more often than the others (Zipf, s =
// 1.1).
func seen(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{columns: []string{"µs", "× golang-jwt", "allocs", "hits", "bytes per entry"},
		notes: "RS256. An entry is measured as the growth of the heap, with all that the cache keeps beside it."}
	s, err := open(ctx, "RS256")
	if err != nil {
		return t, err
	}
	tokens := make([]string, m.tokens)
	for i := range tokens {
		tokens[i] = s.as.Token()
	}
	golang := rival.GolangJWT()
	base, err := golang.Open(ctx, s.settings)
	if err != nil {
		return t, err
	}
	cases := []struct {
		name  string
		cache int
		next  func() string
	}{
		{"Bearerguard, one token", m.tokens, func() string { return tokens[0] }},
		{"Bearerguard, 10 000 tokens", m.tokens, popular(tokens)},
		{"Bearerguard, 10 000 tokens, room for 1 000", m.tokens / 10, popular(tokens)},
		{"Bearerguard, without its token cache", -1, popular(tokens)},
	}
	next := popular(tokens)
	ops := []func(){func() { _ = base.Verify(ctx, next()) }}
	entry := make([]string, len(cases))
	verifiers := make([]*middleware.Verifier, len(cases))
	for i, c := range cases {
		before := heap()
		v, err := rival.NewBearerguard(s.settings, c.cache)
		if err != nil {
			return t, err
		}
		for range 2 { // a token might be stored only when it is sent a second time
			for _, token := range tokens {
				if _, err := v.Verify(ctx, middleware.Credentials{Token: token}); err != nil {
					return t, err
				}
			}
		}
		entry[i], verifiers[i] = none, v
		if c.cache == m.tokens && i == 0 {
			entry[i] = whole((heap() - before) / float64(m.tokens))
		}
		ops = append(ops, func() { _, _ = v.Verify(ctx, middleware.Credentials{Token: c.next()}) })
	}
	found := m.measure(ops...)
	_, allocs := memory(ops[0])
	t.add(golang.String(), micro(found[0].median()), times1(1), whole(allocs), none, none)
	for i, c := range cases {
		_, allocs := memory(ops[i+1])
		t.add(c.name, micro(found[i+1].median()), times1(found[i+1].over(found[0])), digits(allocs), hits(verifiers[i]), entry[i])
	}
	return t, nil
}

// million is like seen, but with 1 000 000 tokens and a cache for a tenth of
// them, or none.
func million(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{columns: []string{"µs", "× golang-jwt", "hits", "bytes per entry"},
		notes: "ES256, Zipf (s = 1.1) over 1 000 000 tokens; hits and entries after a million draws."}
	s, err := open(ctx, "ES256")
	if err != nil {
		return t, err
	}
	order := drawn(m.million, 100*m.tokens)
	tokens := make([]string, 100*m.tokens)
	for _, i := range order {
		if tokens[i] == "" {
			tokens[i] = s.as.Token()
		}
	}
	golang := rival.GolangJWT()
	base, err := golang.Open(ctx, s.settings)
	if err != nil {
		return t, err
	}
	next := inOrder(tokens, order)
	ops := []func(){func() { _ = base.Verify(ctx, next()) }}
	rooms := []int{10 * m.tokens, -1}
	verifiers, entry := make([]*middleware.Verifier, len(rooms)), make([]string, len(rooms))
	for i, room := range rooms {
		before := heap()
		v, err := rival.NewBearerguard(s.settings, room)
		if err != nil {
			return t, err
		}
		if entry[i], verifiers[i] = none, v; room > 0 {
			for _, at := range order {
				if _, err := v.Verify(ctx, middleware.Credentials{Token: tokens[at]}); err != nil {
					return t, err
				}
			}
			entry[i] = whole((heap() - before) / float64(v.Stats().Tokens))
		}
		next := inOrder(tokens, order)
		ops = append(ops, func() { _, _ = v.Verify(ctx, middleware.Credentials{Token: next()}) })
	}
	found := m.measure(ops...)
	t.add(golang.String(), micro(found[0].median()), times1(1), none, none)
	for i, name := range []string{"Bearerguard, room for 100 000", "Bearerguard, without its token cache"} {
		t.add(name, micro(found[i+1].median()), times1(found[i+1].over(found[0])), hits(verifiers[i]), entry[i])
	}
	return t, nil
}

// popular returns a function that returns tokens in the same sequence for every
// verifier.
func popular(tokens []string) func() string { return inOrder(tokens, drawn(1<<16, len(tokens))) }

// drawn returns the indices of randomly drawn tokens. Lower indices are more
// popular.
func drawn(draws, tokens int) []uint32 {
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, uint64(tokens-1)) //nolint:gosec // not used for secrets
	order := make([]uint32, draws)
	for i := range order {
		order[i] = uint32(zipf.Uint64()) //nolint:gosec // less than a million
	}
	return order
}

func inOrder(tokens []string, order []uint32) func() string {
	i := 0
	return func() string {
		i++
		return tokens[order[i%len(order)]]
	}
}

// hits returns the share of verifications that found the signature in the
// cache. The verifications that filled the cache before the measurement are
// included.
func hits(v *middleware.Verifier) string {
	s := v.Stats()
	if s.Hits+s.Misses == 0 {
		return none
	}
	return fmt.Sprintf("%.0f %%", 100*float64(s.Hits)/float64(s.Hits+s.Misses))
}
