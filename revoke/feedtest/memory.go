package feedtest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/bearerguard/bearerguard/revoke"
)

// Memory is a [revoke.Feed] in the memory of this process, for tests. It never
// forgets a revocation. The zero value is empty. It is safe for concurrent use.
//
// Lists in one process that share a Memory behave as on several machines. A
// program does not need a Memory: all its verifiers can share one list.
type Memory struct {
	mu    sync.Mutex
	epoch int
	all   []revoke.Revocation
}

const maxBatch = 1000

// Publish implements [revoke.Feed].
func (m *Memory) Publish(ctx context.Context, revocations ...revoke.Revocation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.all = append(m.all, revocations...)
	return nil
}

// Read implements [revoke.Feed].
func (m *Memory) Read(ctx context.Context, after string) (revoke.Batch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return revoke.Batch{}, err
	}
	begin := 0
	if after != "" {
		var epoch int
		if _, err := fmt.Sscanf(after, "%d-%d", &epoch, &begin); err != nil || epoch != m.epoch || begin < 0 || begin > len(m.all) {
			return revoke.Batch{}, revoke.ErrGap
		}
	}
	end := min(begin+maxBatch, len(m.all))
	return revoke.Batch{
		Revocations: slices.Clone(m.all[begin:end]),
		Next:        fmt.Sprintf("%d-%d", m.epoch, end),
		More:        end < len(m.all),
		Epoch:       fmt.Sprint(m.epoch),
	}, nil
}

// Lose makes the feed lose its memory, like a store without persistence in a
// restart. Its epoch changes.
func (m *Memory) Lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = nil
	m.epoch++
}
