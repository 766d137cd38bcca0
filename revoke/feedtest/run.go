package feedtest

import (
	"context"
	"testing"

	"github.com/bearerguard/bearerguard/revoke"
)

// Run tests a feed in subtests of t. It calls open once for each of them, with
// the subtest's t. The calls may return the same feed.
func Run(t *testing.T, open func(t *testing.T) revoke.Feed) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := c.fault(t.Context(), open(t)); err != nil {
				t.Errorf("%v.\n%s", err, c.why)
			}
		})
	}
}

// check is one property of a feed.
type check struct {
	name  string
	why   string
	fault func(ctx context.Context, feed revoke.Feed) error // nil if the feed has the property
}

// checks lists the properties of a feed.
var checks = []check{
	{
		name: "what is published is read", fault: published,
		why: "A list knows only what it reads. A lost or changed field means that a revoked token is accepted, or that another token is refused. " +
			"The zero Before means all tokens and must stay the zero time. Values are UTF-8 and can contain any character.",
	},
	{
		name: "a call without revocations succeeds", fault: publishNothing,
		why: "Publish without revocations has nothing to do. nil is the right answer.",
	},
	{
		name: "revocations are read in order", fault: inOrder,
		why: "A reader continues after the last position. What is not behind it was missed. Publish appends, and Read returns the oldest first.",
	},
	{
		name: "reading removes nothing", fault: notConsumed,
		why: "Every machine reads the whole feed. A queue, whose elements are read by one consumer, is not a feed.",
	},
	{
		name: "a reader continues after its position", fault: continues,
		why: "A list reads five times a second. It must get what is new, and nothing of what it has read before.",
	},
	{
		name: "the end can be read again and again", fault: atEnd,
		why: "At the end, Read returns no revocations, no error, and a position that stays valid. Otherwise a list reads everything again.",
	},
	{
		name: "a long feed is read in full", fault: long,
		why: "If a batch does not contain everything, More must be true, and Next must be the position after the batch. Otherwise a list takes a part for the whole.",
	},
	{
		name: "a reader misses nothing while others publish", fault: concurrent,
		why: "A revocation must not appear before a position that Read has returned. This happens if numbers are assigned in another order " +
			"than that in which their revocations become visible, for example by a sequence in SQL with concurrent transactions, or by clocks.",
	},
	{
		name: "a canceled call reports no false success", fault: canceled,
		why: "After nil from Publish, an event is acknowledged and never sent again. After nil from Read, a list believes that it has read everything.",
	},
	{
		name: "an unknown position is an error", fault: unknownPosition,
		why: "If a position is not from this feed, it is unknown what comes after it. Return ErrGap, and the list begins again.",
	},
	{
		name: "the epoch stays the same", fault: epoch,
		why: "A new epoch means that the feed has lost its memory. All lists then read it from the beginning and publish what it lacks.",
	},
	{
		name: "callers can reuse their slices", fault: aliases,
		why: "A feed must not keep the slice that Publish receives, and each Batch must be a copy. Otherwise a caller changes what others read.",
	},
	{
		name: "a revocation is kept until its Until", fault: kept,
		why: "What is in force must stay in the feed for machines that start later, also if later revocations end earlier.",
	},
}
