package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// measure plays every scenario with every library. The scenarios run one after
// another. Within a scenario the libraries run concurrently, because they spend
// most of the time waiting. An error of one library ends the run, because
// readers would mistake an empty cell for a result.
func measure(ctx context.Context, p pace, rivals []rival.Rival, scenarios []scenario, progress io.Writer, options ...testserver.Option) (table, error) {
	t := table{rows: make([]row, len(rivals))}
	for i, r := range rivals {
		t.rows[i].name = r.String()
	}
	for _, s := range scenarios {
		fmt.Fprintf(progress, "%s …\n", s.name)
		found, errs := make([]fmt.Stringer, len(rivals)), make([]error, len(rivals))
		var all sync.WaitGroup
		for i, r := range rivals {
			all.Go(func() { found[i], errs[i] = try(ctx, p, r, s, options...) })
		}
		all.Wait()
		t.columns = append(t.columns, s.name)
		for i := range rivals {
			if errs[i] != nil {
				return table{}, fmt.Errorf("%s: %s: %w", s.name, t.rows[i].name, errs[i])
			}
			t.rows[i].cells = append(t.rows[i].cells, found[i].String())
		}
	}
	return t, nil
}
