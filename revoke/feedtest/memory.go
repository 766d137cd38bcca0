package feedtest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/bearerguard/bearerguard/revoke"
)

// Memory is a [revoke.Feed] in the memory of this process, for tests. Only
// [Memory.Lose] removes revocations. The zero value is empty. It is safe for
// concurrent use.
//
// Several lists in one process that share a Memory behave like lists on several
// machines. A program in production does not need a Memory, because all its
// verifiers can share one list.
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

// Lose removes all revocations and changes the epoch, like a restart of a store
// without persistence.
func (m *Memory) Lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = nil
	m.epoch++
}
