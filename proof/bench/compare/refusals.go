package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// refusals measures how long it takes to refuse a bad token. Each bad token is
// sent repeatedly.
func refusals(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := open(ctx, "RS256")
	if err != nil {
		return table{}, err
	}
	good := s.as.Token()
	bad := []struct{ name, token string }{
		{"expired", s.as.Token(testserver.With(testserver.Expired))},
		{"wrong issuer", s.as.Token(testserver.With(testserver.WrongIssuer))},
		{"wrong audience", s.as.Token(testserver.With(testserver.WrongAudience))},
		{"unknown kid", s.as.Token(testserver.With(testserver.UnknownKid))},
		{"bad signature", s.as.Token(testserver.With(testserver.BadSignature))},
		{"9 KiB", good + strings.Repeat("A", 9<<10)},
		{"garbage", strings.Repeat("x.", 300)},
	}
	var t table
	for _, b := range bad {
		t.columns = append(t.columns, b.name)
	}
	t.columns = append(t.columns, "most bytes")
	t.notes = "Units of raw RS256. go-oidc asks the server for its keys at every unknown kid and every bad signature; jwtauth has a static key and no kid."

	floor, err := rival.RawCrypto().Open(ctx, s.settings)
	if err != nil {
		return t, err
	}
	raw := func() { _ = floor.Verify(ctx, good) }
	for _, r := range everyone()[1:] {
		v, err := r.Open(ctx, s.settings)
		if err != nil {
			return t, err
		}
		if err := v.Verify(ctx, good); err != nil {
			return t, fmt.Errorf("%s: a good token: %w", r, err)
		}
		var cells []string
		var most float64
		for _, b := range bad {
			if b.name == "unknown kid" && strings.HasPrefix(r.String(), "go-chi/jwtauth") {
				cells = append(cells, none)
				continue
			}
			op, err := sending(ctx, r, v, b.token, false)
			if err != nil {
				return t, fmt.Errorf("%s: %w", b.name, err)
			}
			found := m.measure(raw, op)
			bytes, _ := memory(op)
			cells, most = append(cells, times1(found[1].over(found[0]))), max(most, bytes)
		}
		t.add(r.String(), append(cells, whole(most))...)
	}
	return t, nil
}
