package replaytest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/dpop/replaytest"
	"github.com/bearerguard/bearerguard/internal/suite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryPasses(t *testing.T) {
	t.Parallel()
	replaytest.Run(t, func(*testing.T) dpop.Replay { return dpop.NewMemory(0) })
}

func TestAStoreThatIsSharedByTheSubtestsPasses(t *testing.T) {
	t.Parallel()
	store := newStore()
	defer store.close()
	replaytest.Run(t, func(*testing.T) dpop.Replay { return store })
}

func TestRunExplainsEachFailure(t *testing.T) {
	t.Parallel()
	suite.Explains(t, func(t *testing.T) {
		replaytest.Run(t, func(*testing.T) dpop.Replay { return dpop.Off })
	},
		"--- FAIL: TestRunExplainsEachFailure/a_key_is_first_once",
		"the same key again: First returned true, want false.",
		"Each proof must be accepted once.",
		"100 of 100 concurrent calls with one key returned true, want 1.",
		"--- FAIL: TestRunExplainsEachFailure/time/a_replay_entry_lasts_until_its_time",
		"Check that the store uses the parameter until, and that the unit and the rounding of the lifetime are right.",
	)
}
