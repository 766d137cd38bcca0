package revoke_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func Example() {
	list, err := revoke.New(revoke.Config{}) // for one machine
	if err != nil {
		fmt.Println(err)
		return
	}
	logout := time.Now()
	err = list.Add(context.Background(), revoke.Revocation{
		Issuer: "https://login.example.com", Kind: revoke.Subject, Value: "alice",
		Before: logout, Until: logout.Add(time.Hour),
	})
	fmt.Println(err)
	for _, issuedAt := range []time.Time{logout.Add(-time.Minute), logout.Add(time.Minute)} {
		fmt.Println(list.Check(revoke.Claims{Issuer: "https://login.example.com", Subject: "alice", IssuedAt: issuedAt}))
	}
	// Output:
	// <nil>
	// true <nil>
	// false <nil>
}

func ExampleNew() {
	_, err := revoke.New(revoke.Config{Feed: new(feedtest.Memory), MaxEntries: -1})
	fmt.Println(err)
	// Output:
	// revoke: OnLag is missing: choose Refuse, which answers 503 while the feed cannot be read, or Accept, which accepts revoked tokens meanwhile
	// revoke: MaxEntries must be positive, or 0 for the default, 1000000
}

func ExampleList_Run() {
	list, err := revoke.New(revoke.Config{Feed: new(feedtest.Memory), OnLag: revoke.Refuse})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = list.Check(revoke.Claims{Issuer: "https://login.example.com", ID: "id-1"})
	fmt.Println(errors.Is(err, revoke.ErrLag)) // the feed was not read yet

	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- list.Run(ctx) }()
	stop()
	fmt.Println(<-stopped)
	// Output:
	// true
	// <nil>
}
