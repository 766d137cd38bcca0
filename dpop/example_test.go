package dpop_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

func ExamplePolicy() {
	policy := dpop.Policy{
		Required:   true, // no bearer tokens
		Algorithms: []string{"ES256", "EdDSA"},
		MaxAge:     30 * time.Second,
		Replay:     dpop.NewMemory(100_000),
	}
	_, err := policy.Complete()
	fmt.Println(err)

	policy.Algorithms = append(policy.Algorithms, "HS256")
	policy.MaxAge = time.Hour
	_, err = policy.Complete()
	fmt.Println(err)
	// Output:
	// <nil>
	// dpop: Algorithms: "HS256" needs a shared secret: a proof needs a key that only the client has (RFC 9449 §4.2)
	// dpop: MaxAge must be between 0 and 5m0s
}

func ExampleNewNonces() {
	secret := make([]byte, 32) // all machines of an API load the same secret from their configuration
	_, _ = rand.Read(secret)

	one := dpop.NewNonces(secret, time.Minute)
	another := dpop.NewNonces(secret, time.Minute)

	now := time.Date(2026, 1, 1, 12, 0, 30, 0, time.UTC)
	nonce := one.Issue(now) // goes into the field DPoP-Nonce
	for _, later := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		until, newest, ok := another.Accept(now.Add(later), nonce)
		if !ok {
			fmt.Println(later, "refused")
			continue
		}
		fmt.Println(later, "accepted until", until.UTC().Format(time.TimeOnly), "newest:", newest)
	}
	fmt.Println(one) // does not show the secret
	// Output:
	// 0s accepted until 12:02:00 newest: true
	// 1m0s accepted until 12:02:00 newest: false
	// 2m0s refused
	// [redacted]
}

func ExampleNewMemory() {
	replay := dpop.NewMemory(2) // 0 means a million
	until := time.Now().Add(time.Minute)

	for _, proof := range []string{"first", "first", "second", "third", "second"} {
		key := sha256.Sum256([]byte(proof)) // a verifier hashes the key's thumbprint and the proof's jti
		fmt.Print(proof, ": ")
		fmt.Println(replay.First(context.Background(), key, until))
	}
	// Output:
	// first: true <nil>
	// first: false <nil>
	// second: true <nil>
	// third: false dpop: the memory of used proofs is full
	// second: false <nil>
}
