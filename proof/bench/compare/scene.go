package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// need is the scope that every API requires. Tokens also have five other
// scopes.
const need = "orders:read"

var granted = []string{need, "orders:write", "invoices:read", "openid", "profile", "email"}

// scene is an authorization server that signs with one algorithm, and the
// settings of an API that accepts its tokens.
type scene struct {
	as       *testserver.Server
	settings rival.Settings
}

// open starts a server that stops when ctx is canceled. Its tokens have nine
// claims and six scopes.
func open(ctx context.Context, alg testserver.Alg) (scene, error) {
	as, err := testserver.Start(ctx, testserver.SigningAlg(alg), testserver.Audience(rival.Audience), testserver.Scope(granted...),
		testserver.AccessTTL(time.Hour))
	if err != nil {
		return scene{}, err
	}
	return scene{as, rival.SettingsFor(as, need)}, nil
}

// everyone returns the rows of the table of full verification. The first row is
// only the verification of the signature, with the standard library.
func everyone() []rival.Rival {
	list := append([]rival.Rival{rival.RawCrypto(), rival.BearerguardUncached()}, rival.Fetching()[1:]...)
	return append(list, rival.Okta(), rival.JWTAuth())
}

// knows reports whether a rival supports an algorithm.
func knows(r rival.Rival, alg testserver.Alg) bool {
	return alg == "RS256" || !strings.HasPrefix(r.String(), "okta-")
}

// sending returns an operation that verifies a token. Before it returns, it
// verifies the token twice. It returns an error if the verifier refuses a good
// token or accepts a bad token.
func sending(ctx context.Context, r rival.Rival, v rival.Verifier, token string, good bool) (func(), error) {
	for range 2 { // the first time, the verifier may not have the keys yet
		if err := v.Verify(ctx, token); (err == nil) != good {
			return nil, fmt.Errorf("%s: got %w, want accepted %t", r, err, good)
		}
	}
	return func() { _ = v.Verify(ctx, token) }, nil
}
