package feedtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func ExampleRun() {
	_ = func(t *testing.T) { // func TestFeed(t *testing.T)
		feedtest.Run(t, func(t *testing.T) revoke.Feed {
			return new(feedtest.Memory) // or your own feed
		})
	}
	// Output:
}

func ExampleMemory() {
	ctx := context.Background()
	feed := new(feedtest.Memory)
	err := feed.Publish(ctx, revoke.Revocation{
		Issuer: "https://login.example.com", Kind: revoke.Token, Value: "id-1", Until: time.Now().Add(time.Hour),
	})
	batch, errRead := feed.Read(ctx, "")
	fmt.Println(err, errRead, len(batch.Revocations))

	feed.Lose()
	after, errRead := feed.Read(ctx, "")
	fmt.Println(errRead, len(after.Revocations), after.Epoch != batch.Epoch)
	// Output:
	// <nil> <nil> 1
	// <nil> 0 true
}
