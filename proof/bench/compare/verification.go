package main

import (
	"context"

	"github.com/bearerguard/bearerguard/testserver"
)

// verification measures the full verification of one good token. The token
// cache is off, and the keys are already fetched.
func verification(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{
		columns: []string{"RS256 µs", "× raw", "bytes", "allocs", "ES256 × raw", "allocs", "EdDSA × raw", "allocs"},
		notes:   "Bearerguard runs every check of its table of steps; the others check signature, issuer, audience, exp and one scope.",
	}
	rivals := everyone()
	for _, r := range rivals {
		t.add(r.String())
	}
	for _, alg := range []testserver.Alg{"RS256", "ES256", "EdDSA"} {
		s, err := open(ctx, alg)
		if err != nil {
			return t, err
		}
		token := s.as.Token()
		var ops []func()
		var at []int
		for i, r := range rivals {
			if !knows(r, alg) {
				continue
			}
			v, err := r.Open(ctx, s.settings)
			if err != nil {
				return t, err
			}
			op, err := sending(ctx, r, v, token, true)
			if err != nil {
				return t, err
			}
			ops, at = append(ops, op), append(at, i)
		}
		found := m.measure(ops...)
		for i := range t.rows {
			r := &t.rows[i]
			blank := []string{none, none}
			if alg == "RS256" {
				blank = []string{none, none, none, none}
			}
			r.cells = append(r.cells, blank...)
		}
		for j, i := range at {
			bytes, allocs := memory(ops[j])
			cells := []string{times1(found[j].over(found[0])), whole(allocs)}
			if alg == "RS256" {
				cells = []string{micro(found[j].median()), cells[0], whole(bytes), cells[1]}
			}
			copy(t.rows[i].cells[len(t.rows[i].cells)-len(cells):], cells)
		}
	}
	return t, nil
}
