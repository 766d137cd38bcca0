package cases

import (
	"slices"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/testserver"
)

// everyAdapterAsksForNonces sends the requests about nonces to each adapter.
// The API demands nonces.
func everyAdapterAsksForNonces(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, nonceMode)
	groups := append(l.nonceRows(), l.noncesOfDefects(t)...)
	for _, g := range groups {
		l.run(t, g)
	}
	l.checkProofLog(t, groups)
}

// issued returns the nonce of a period: 0 means the current period, and -1 the
// previous period.
func (l *proofLab) issued(periods int) string {
	return l.offered.Issue(l.Now.Add(time.Duration(periods) * noncePeriod))
}

// withNonceAt returns a request for a path, with the given nonce in its proof.
func (l *proofLab) withNonceAt(path, nonce string, options ...testserver.TokenOption) request {
	return l.proved(path, l.bound(), append([]testserver.TokenOption{testserver.Claim("nonce", nonce)}, options...)...)
}

// nonceRows returns the rows of D18: proofs with a nonce of each age, with a
// wrong nonce or without a nonce, and answers that must not contain a nonce.
func (l *proofLab) nonceRows() []group {
	with := func(name, nonce string, want verdict, options ...testserver.TokenOption) row {
		return on(name, l.withNonceAt("/read", nonce, options...), want)
	}
	newest, passes := l.issued(0), alice("/read")
	foreign := dpop.NewNonces([]byte("another secret of 32 bytes or more"), noncePeriod).Issue(l.Now)
	changed := []byte(newest)
	changed[0] ^= 1
	iat := func(distance time.Duration) testserver.TokenOption {
		return testserver.Claim("iat", l.Now.Add(distance).Unix())
	}
	return []group{{"D18", "a proof needs a recent nonce of this API; otherwise the answer has one for the next proof (RFC 9449 §9)", []row{
		on("no nonce", l.proved("/read", l.bound()), l.wantsNonce()),
		with("an empty nonce", "", l.wantsNonce()), with("a nonce of another API", foreign, l.wantsNonce()), with("a changed nonce", string(changed), l.wantsNonce()),
		with("a nonce with a space", newest+" ", l.wantsNonce()), with("half a nonce", newest[:len(newest)/2], l.wantsNonce()), with("any text", canary, l.wantsNonce()),
		with("a stale nonce is not an invalid proof, so that clients repeat the request", l.issued(-2), l.wantsNonce()),
		with("a nonce of yesterday", l.issued(-24*60), l.wantsNonce()), with("a nonce of two periods ahead", l.issued(2), l.wantsNonce()),
		with("the newest nonce passes without another", newest, passes),
		with("the nonce before passes, and the answer has the newest", l.issued(-1), passes.withNonce()),
		with("the next nonce, of a machine whose clock is ahead, passes", l.issued(1), passes),
		with("iat of a clock that is a day behind", newest, passes, iat(-24*time.Hour)), with("iat of a clock that is a day ahead", newest, passes, iat(24*time.Hour)),
		with("exp in the past is still refused", newest, l.badProof(wrongTime), testserver.Claim("exp", l.Now.Add(-time.Hour).Unix())),
		with("a nonce of another type", newest, l.badProof(notAProof), testserver.Claim("nonce", 1)),
		with("another method, with the newest nonce", newest, l.badProof(otherRequest), testserver.Claim("htm", "PUT")),
		with("another token, with the nonce before: the answer has the newest", l.issued(-1), l.badProof(otherRequest).withNonce(), testserver.Claim("ath", canary)),
		on("a missing scope, with the nonce before: the answer has the newest", l.withNonceAt("/either", l.issued(-1)), l.lacks("write").withNonce()),
		on("a scope that the handler checks, with the nonce before", l.withNonceAt("/checked", l.issued(-1)), l.lacksAtHandler("write").withNonce()),
		on("a nested route, with the nonce before", l.proved("/nested/route", l.bound("scope", `"read write"`), testserver.Claim("nonce", l.issued(-1))), alice("/nested/route").withNonce()),
		on("an optional route without a nonce", l.proved("/optional", l.bound()), l.wantsNonce()),
		on("an expired token gets no nonce", l.proved("/read", l.bound("exp", "1")), l.badToken("token is expired")),
		on("an unbound token gets no nonce", at("/read", "Bearer "+l.Good()), passes),
		on("no token gets no nonce", at("/read"), l.asks()),
		on("an outage gets no nonce", l.proved("/read", l.bound("jti", `"outage"`), testserver.Claim("nonce", l.issued(-1))), unavailable),
	}}}
}

// noncesOfDefects returns the rows for the defects of testserver that concern
// nonces.
func (l *proofLab) noncesOfDefects(t *testing.T) []group {
	return slices.DeleteFunc(l.defects(t), func(g group) bool { return g.id != "D18" })
}

// A client repeats its first request with the nonce that the API returned. It
// then uses this nonce until the API returns a different nonce.
func aClientFollowsTheNonces(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, nonceMode)
	for _, target := range l.targets {
		t.Run("D18/the first request and the next two/"+target.name, func(t *testing.T) {
			first := target.send(t, "GET", l.proved("/read", l.bound()))
			if got, err := first.verdict(); err != nil || got != l.wantsNonce() {
				t.Fatalf("got %+v, %v, want a nonce", got, err)
			}
			nonce := first.header.Get("Dpop-Nonce")
			if want := l.issued(0); nonce != want || len(first.header.Values("Dpop-Nonce")) != 1 {
				t.Fatalf("got the nonces %q, want %q", first.header.Values("Dpop-Nonce"), want)
			}
			for range 2 {
				target.check(t, "GET", on("the next", l.withNonceAt("/read", nonce), alice("/read")))
			}
			again := target.send(t, "GET", l.withNonceAt("/read", l.issued(-1)))
			if got := again.header.Get("Dpop-Nonce"); again.status != 200 || got != nonce {
				t.Errorf("got %d and the nonce %q for an old nonce, want 200 and %q", again.status, got, nonce)
			}
		})
	}
	used := l.withNonceAt("/read", l.issued(0), testserver.Claim("jti", "used"))
	l.targets[0].check(t, "GET", on("the first use", used, alice("/read")))
	l.run(t, group{"D18", "a nonce does not replace the memory of used proofs", []row{on("a proof that was used before", used, l.badProof(usedBefore))}})
}
