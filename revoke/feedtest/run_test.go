package feedtest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryPasses(t *testing.T) {
	t.Parallel()
	feedtest.Run(t, func(*testing.T) revoke.Feed { return new(feedtest.Memory) })
}

func TestAFeedThatIsSharedByTheSubtestsPasses(t *testing.T) {
	t.Parallel()
	feed := new(feedtest.Memory)
	feedtest.Run(t, func(*testing.T) revoke.Feed { return feed })
}

// Run itself can only be seen to fail in another process.
func TestRunExplainsEachFailure(t *testing.T) {
	t.Parallel()
	const child = "BEARERGUARD_FEEDTEST_CHILD"
	if os.Getenv(child) != "" {
		feedtest.Run(t, func(*testing.T) revoke.Feed {
			return &feed{drop: func(r revoke.Revocation) bool { return r.Value == "Alice" }}
		})
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("got no failure for a feed that drops revocations:\n%s", out)
	}
	for _, want := range []string{
		"--- FAIL: TestRunExplainsEachFailure/what_is_published_is_read",
		`after Publish: revocation 10 is subject "alice", want subject "Alice".`,
		"A list knows only what it reads.",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}
