package replaytest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/dpop/replaytest"
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

// A failure in Run would fail this test too, so Run runs in another process.
func TestRunExplainsEachFailure(t *testing.T) {
	t.Parallel()
	const child = "BEARERGUARD_REPLAYTEST_CHILD"
	if os.Getenv(child) != "" {
		replaytest.Run(t, func(*testing.T) dpop.Replay { return dpop.Off })
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("got no failure for dpop.Off:\n%s", out)
	}
	for _, want := range []string{
		"--- FAIL: TestRunExplainsEachFailure/a_key_is_first_once",
		"the same key again: First returned true, want false.",
		"Each proof must be accepted once.",
		"100 of 100 concurrent calls with one key returned true, want 1.",
		"--- FAIL: TestRunExplainsEachFailure/time/a_mark_holds_until_its_time",
		"Check that the store uses the parameter until, and that the unit and the rounding of the lifetime are right.",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}
