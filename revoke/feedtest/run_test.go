package feedtest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/internal/suite"
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

func TestRunExplainsEachFailure(t *testing.T) {
	t.Parallel()
	suite.Explains(t, func(t *testing.T) {
		feedtest.Run(t, func(*testing.T) revoke.Feed {
			return &feed{drop: func(r revoke.Revocation) bool { return r.Value == "Alice" }}
		})
	},
		"--- FAIL: TestRunExplainsEachFailure/what_is_published_is_read",
		`after Publish: revocation 13 is subject "alice", want subject "Alice".`,
		"A list knows only what it reads.",
	)
}
