package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/bearerguard/bearerguard/testserver"
)

// fetches is a number of requests to the server for keys or metadata.
type fetches int

func (n fetches) String() string { return strconv.Itoa(int(n)) }

var errForged = errors.New("a forged token was accepted")

// randomKids sends forged tokens and counts the requests to the server. Each
// token is signed with an attacker's key and has a different unknown key ID.
// Anyone can send such tokens to make a verifier fetch keys.
func randomKids(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.floodWith(ctx, testserver.UnknownKid)
}

// badSignatures sends tokens that have the server's key ID but an invalid
// signature, and counts the requests to the server.
func badSignatures(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.floodWith(ctx, testserver.BadSignature)
}

func (t *trial) floodWith(ctx context.Context, defect testserver.Defect) (fmt.Stringer, error) {
	if err := t.warmUp(ctx, 0, t.as.Token()); err != nil {
		return nil, err
	}
	before := t.as.Mark()
	forged := t.until(ctx, t.flood, func() bool {
		return t.send(ctx, t.as.Token(testserver.With(defect))) == nil
	})
	if forged.seen {
		return nil, errForged
	}
	return fetches(before.Count(testserver.EndpointAny)), nil
}
