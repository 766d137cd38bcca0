package feedtest

import (
	"testing"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/revoke"
)

// Run tests a feed in subtests of t. For each subtest, it calls open with the t
// of the subtest. The calls may return the same feed. All subtests have ended
// when Run returns.
func Run(t *testing.T, open func(t *testing.T) revoke.Feed) {
	t.Helper()
	suite.Run(t, checks, open)
}

// checks lists the properties of a feed.
var checks = []suite.Check[revoke.Feed]{
	{
		Name: "what is published is read", Fault: published,
		Why: "A list knows only what it reads. A lost or changed field means that a revoked token is accepted, or that another token is refused. " +
			"The zero Before means all tokens and must stay the zero time. Values are UTF-8 and can contain any character.",
	},
	{
		Name: "a call without revocations succeeds", Fault: publishNothing,
		Why: "Publish without revocations has nothing to do. nil is the right answer.",
	},
	{
		Name: "revocations are read in order", Fault: inOrder,
		Why: "A reader continues after the last position. What is not behind it was missed. Publish appends, and Read returns the oldest first.",
	},
	{
		Name: "reading removes nothing", Fault: notConsumed,
		Why: "Every machine reads the whole feed. A queue, whose elements are read by one consumer, is not a feed.",
	},
	{
		Name: "a reader continues after its position", Fault: continues,
		Why: "A list reads five times a second. It must get what is new, and nothing of what it has read before.",
	},
	{
		Name: "the end can be read again and again", Fault: atEnd,
		Why: "At the end, Read returns no revocations, no error, and a position that stays valid. Otherwise a list reads everything again.",
	},
	{
		Name: "a long feed is read in full", Fault: long,
		Why: "If a batch does not contain everything, More must be true, and Next must be the position after the batch. Otherwise a list takes a part for the whole.",
	},
	{
		Name: "a reader misses nothing while others publish", Fault: concurrent,
		Why: "A revocation must not appear before a position that Read has returned. This happens if numbers are assigned in another order " +
			"than that in which their revocations become visible, for example by a sequence in SQL with concurrent transactions, or by clocks.",
	},
	{
		Name: "a canceled call reports no false success", Fault: canceled,
		Why: "After nil from Publish, an event is acknowledged and never sent again. After nil from Read, a list believes that it has read everything.",
	},
	{
		Name: "an unknown position is an error", Fault: unknownPosition,
		Why: "If a position is not from this feed, it is unknown what comes after it. Return ErrGap, and the list begins again.",
	},
	{
		Name: "the epoch stays the same", Fault: epoch,
		Why: "A new epoch means that the feed has lost its data. All lists then read it from the beginning and publish what it lacks.",
	},
	{
		Name: "callers can reuse their slices", Fault: aliases,
		Why: "A feed must not keep the slice that Publish receives, and each Batch must be a copy. Otherwise a caller changes what others read.",
	},
	{
		Name: "a revocation is kept until its Until", Waits: true, Fault: kept,
		Why: "What is in force must stay in the feed for machines that start later, also if later revocations end earlier.",
	},
}
