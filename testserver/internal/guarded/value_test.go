package guarded_test

import (
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
)

func TestWritersExcludeEachOther(t *testing.T) {
	var v guarded.Value[int]
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for range 1000 {
				n, unlock := v.Lock()
				*n++
				unlock()
			}
		})
	}
	done.Wait()
	n, unlock := v.RLock()
	defer unlock()
	if *n != 8000 {
		t.Errorf("got %d, want 8000", *n)
	}
}

func TestReadersShareTheValue(t *testing.T) {
	var v guarded.Value[string]
	_, first := v.RLock()
	_, second := v.RLock() // hangs if readers exclude each other
	second()
	first()
}

func TestOnChangeRunsAfterTheUnlock(t *testing.T) {
	var v guarded.Value[int]
	var seen []int
	v.OnChange(func() {
		n, unlock := v.RLock() // hangs if the lock is still held
		defer unlock()
		seen = append(seen, *n)
	})
	n, unlock := v.Lock()
	*n = 7
	unlock()
	_, unlock = v.RLock()
	unlock()
	if len(seen) != 1 || seen[0] != 7 {
		t.Errorf("got the calls %v, want one with 7 and no call for reading", seen)
	}
}
