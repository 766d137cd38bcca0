package grants_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestALedgerStoresNoTokens(t *testing.T) {
	var l grants.Ledger
	l.Keep("handle", []byte(`{"sub":"alice"}`))
	l.Revoke("head.claims.signature")
	l.SetReply("head.claims.signature", []byte(`{"active":true}`))
	check := func(when string, l *grants.Ledger, known, reply bool) {
		t.Helper()
		if got, ok := l.Claims("handle"); ok != known || ok && string(got) != `{"sub":"alice"}` {
			t.Errorf("%s: got the claims %s, %v, want %v", when, got, ok, known)
		}
		if got := l.IsRevoked(token.Identify("head.claims.twin")); got != known {
			t.Errorf("%s: got the token with another signature revoked: %v, want %v", when, got, known)
		}
		if l.IsRevoked(token.Identify("handle")) {
			t.Errorf("%s: got another token revoked", when)
		}
		if got, ok := l.Reply("head.claims.signature"); ok != reply || ok && string(got) != `{"active":true}` {
			t.Errorf("%s: got the reply %s, %v, want %v", when, got, ok, reply)
		}
		if _, ok := l.Reply("head.claims.twin"); ok {
			t.Errorf("%s: got a reply for another signature", when)
		}
	}
	check("at first", &l, true, true)

	entries, unlock := l.RLock()
	text := marshal(t, entries.Snapshot())
	unlock()
	if strings.Contains(text, "handle") || strings.Contains(text, "signature") {
		t.Errorf("got %s, want digests instead of tokens", text)
	}
	var saved grants.LedgerSnapshot
	if err := json.Unmarshal([]byte(text), &saved); err != nil {
		t.Fatal(err)
	}
	var again grants.Ledger
	again.Restore(saved)
	check("after a restart", &again, true, false)

	l.SetReply("head.claims.signature", nil)
	check("without the reply", &l, true, false)
	l.Reset()
	check("after a reset", &l, false, false)
}
