package persist_test

import (
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

var errDisk = errors.New("the disk is full")

// disk simulates a state file and counts the saves. While fails is true, every
// save returns an error.
type disk struct {
	current       atomic.Int64 // the state to save
	saves, stored int
	fails         bool
	takes         time.Duration
	reports       []error
}

func (d *disk) save() error {
	d.saves++
	now := int(d.current.Load())
	time.Sleep(d.takes)
	if d.fails {
		return errDisk
	}
	d.stored = now
	return nil
}

func (d *disk) report(err error) { d.reports = append(d.reports, err) }

func (d *disk) want(t *testing.T, stored, saves, reports int) {
	t.Helper()
	if d.stored != stored || d.saves != saves || len(d.reports) != reports {
		t.Errorf("got state %d after %d saves and %d reports, want %d, %d and %d",
			d.stored, d.saves, len(d.reports), stored, saves, reports)
	}
}

func (d *disk) change(s *persist.Saver) {
	d.current.Add(1)
	s.Changed()
}

// pass sleeps for d on the fake clock of the synctest bubble, and then waits
// until all other goroutines are blocked.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestOneChangeIsSavedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		s := persist.NewSaver(d.save, d.report)
		d.change(s)
		synctest.Wait()
		d.want(t, 1, 1, 0)
		pass(time.Hour)
		d.want(t, 1, 1, 0)
		d.change(s)
		synctest.Wait()
		d.want(t, 2, 2, 0)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		d.want(t, 2, 2, 0)
	})
}

func TestManyChangesAreFewSaves(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		most  int
	}{
		{"a quick save runs ten times a second", 0, 11},
		{"a slow save takes half of the time", 250 * time.Millisecond, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := disk{takes: tt.takes}
				s := persist.NewSaver(d.save, d.report)
				for range 1000 {
					d.change(s)
					time.Sleep(time.Millisecond)
				}
				pass(time.Second) // the last change is saved even without a Flush
				if d.stored != 1000 || d.saves < 2 || d.saves > tt.most {
					t.Errorf("got state %d after %d saves, want 1000 after 2 to %d", d.stored, d.saves, tt.most)
				}
				_ = s.Close()
			})
		})
	}
}

func TestFlushSavesWhatThePauseHoldsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		s := persist.NewSaver(d.save, d.report)
		d.change(s)
		synctest.Wait()
		began := time.Now()
		d.change(s)
		for range 2 { // the second Flush has nothing to save
			if err := s.Flush(); err != nil {
				t.Error(err)
			}
			d.want(t, 2, 2, 0)
		}
		d.change(s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		d.want(t, 3, 3, 0)
		if !time.Now().Equal(began) {
			t.Errorf("waited %v, want no pause", time.Since(began))
		}
		d.change(s)
		synctest.Wait()
		d.want(t, 3, 3, 0) // the change after Close is not saved
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		d.want(t, 4, 4, 0) // the second Close saves this change
	})
}

func TestFlushWaitsForAChangeThatIsBeingSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := disk{takes: time.Second}
		s := persist.NewSaver(d.save, d.report)
		d.change(s)
		synctest.Wait()
		if err := s.Flush(); err != nil {
			t.Error(err)
		}
		d.want(t, 1, 1, 0)
		_ = s.Close()
	})
}

func TestFailureIsReportedOnceAndByClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := disk{fails: true}
		s := persist.NewSaver(d.save, d.report)
		for range 5 {
			d.change(s)
			pass(time.Second)
		}
		d.want(t, 0, 5, 1)
		pass(time.Hour)
		d.want(t, 0, 5, 1) // only a change, Flush or Close retries a failed save
		if err := s.Flush(); !errors.Is(err, errDisk) {
			t.Errorf("got %v from Flush, want %v", err, errDisk)
		}
		if !errors.Is(d.reports[0], errDisk) {
			t.Errorf("got the report %v, want %v", d.reports[0], errDisk)
		}

		d.fails = false
		d.change(s)
		pass(time.Second)
		d.want(t, 6, 7, 1)
		d.fails = true
		d.change(s)
		pass(time.Second)
		d.want(t, 6, 8, 2) // the first failure after a success is reported again
		if err := s.Close(); !errors.Is(err, errDisk) {
			t.Errorf("got %v from Close, want %v", err, errDisk)
		}
		d.want(t, 6, 9, 2)
		d.fails = false
		if err := s.Close(); err != nil {
			t.Errorf("got %v from a Close that saved everything", err)
		}
		d.want(t, 7, 10, 2)
	})
}

func TestReportMayAskTheSaver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := disk{fails: true}
		var s *persist.Saver
		s = persist.NewSaver(d.save, func(error) { d.fails = false; _ = s.Flush() })
		d.change(s)
		synctest.Wait()
		d.want(t, 1, 2, 0)
		_ = s.Close()
	})
}

func TestCloseWaitsForAReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := disk{fails: true}
		var told atomic.Bool
		s := persist.NewSaver(d.save, func(error) { time.Sleep(time.Second); told.Store(true) })
		d.change(s)
		synctest.Wait()
		d.fails = false
		if err := s.Close(); err != nil || !told.Load() {
			t.Errorf("got %v, %v, want Close to end after the report", err, told.Load())
		}
	})
}

func TestNothingToSaveIsNotSaved(t *testing.T) {
	var d disk
	s := persist.NewSaver(d.save, nil)
	if err := errors.Join(s.Flush(), s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	d.want(t, 0, 0, 0)
}

func TestFailureNeedsNobodyToReportTo(t *testing.T) {
	d := disk{fails: true}
	s := persist.NewSaver(d.save, nil)
	s.Changed()
	if err := s.Close(); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
}

func TestSaverAndFileUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f := open(t, path)
	var n, running atomic.Int64
	s := persist.NewSaver(func() error {
		if running.Add(1) != 1 {
			t.Error("two saves at once")
		}
		defer running.Add(-1)
		return f.Save(state{N: int(n.Load())})
	}, func(err error) { t.Error(err) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				n.Add(1)
				s.Changed()
				if i%25 == 0 {
					least := n.Load()
					if err := s.Flush(); err != nil {
						t.Error(err)
					}
					var got state
					if _, err := f.Load(&got); err != nil || int64(got.N) < least {
						t.Errorf("got %d, %v after Flush, want at least %d", got.N, err, least)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := load(t, f); got.N != 400 {
		t.Errorf("got %d, want 400", got.N)
	}
}

func TestThoseWhoFlushAtOnceAreSavedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := disk{takes: time.Second}
		s := persist.NewSaver(d.save, d.report)
		began := time.Now()
		var all sync.WaitGroup
		for i := range 400 {
			time.Sleep(10 * time.Millisecond) // so that about 100 changes come during each save
			all.Go(func() {
				came := time.Now()
				d.change(s)
				if err := s.Flush(); err != nil {
					t.Error(err)
				}
				if waited := time.Since(came); waited > 2*time.Second {
					t.Errorf("number %d waited %v, want no longer than two saves", i, waited)
				}
			})
		}
		all.Wait()
		if d.stored != 400 || time.Since(began) > 6*time.Second {
			t.Errorf("got state %d after %v, want all of them after a few saves", d.stored, time.Since(began))
		}
		_ = s.Close()
	})
}
