package grants_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// digest returns the digest under which a code, a device code or a session is
// stored.
func digest(text string) token.Digest { return sha256.Sum256([]byte(text)) }

// change calls f with the locked state.
func change(g *grants.Store, f func(*grants.State)) {
	all, unlock := g.Lock()
	defer unlock()
	f(all)
}

func TestATokenBelongsToItsFamily(t *testing.T) {
	var g grants.Store
	g.Begin(grants.Family{ID: "f1", Sub: "alice", Ends: noon}, noon)
	g.Belongs("head.claims.signature", "f1", noon.Add(time.Hour))
	for name, tt := range map[string]struct{ token, want string }{
		"the token itself":          {"head.claims.signature", "alice"},
		"with another signature":    {"head.claims.other", "alice"},
		"an unknown token":          {"head.other.signature", ""},
		"a handle without a family": {"handle", ""},
	} {
		if got := g.Family(token.Identify(tt.token)).Sub; got != tt.want {
			t.Errorf("%s: got the family of %q, want %q", name, got, tt.want)
		}
	}
}

func TestAFamilyLastsAsLongAsItsLastToken(t *testing.T) {
	for name, tt := range map[string]struct{ token, want time.Time }{
		"a token that expires later":           {noon.Add(2 * time.Hour), noon.Add(2 * time.Hour)},
		"a token that expires earlier":         {noon, noon.Add(time.Hour)},
		"a token without an expiry":            {time.Time{}, noon.Add(time.Hour)},
		"an expiry that JSON cannot represent": {noon.AddDate(9000, 0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		var g grants.Store
		g.Begin(grants.Family{ID: "f", Ends: noon.Add(time.Hour)}, noon)
		g.Belongs("token", "f", tt.token)
		if got := g.Family(token.Identify("token")).Ends; !got.Equal(tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestRevokeReturnsNewlyRevokedFamilies(t *testing.T) {
	var g grants.Store
	for _, id := range []string{"a1", "b1", "a2"} {
		g.Begin(grants.Family{ID: id, Client: id[:1]}, noon)
	}
	ofA := func(f *grants.Family) bool { return f.Client == "a" }
	ended := g.Revoke(ofA)
	if len(ended) != 2 || ended[0].ID != "a1" || ended[1].ID != "a2" || !ended[0].Revoked {
		t.Errorf("got %v revoked, want a1 and a2", ended)
	}
	if again := g.Revoke(ofA); len(again) != 0 {
		t.Errorf("got %v revoked again, want nothing", again)
	}
	g.Belongs("token", "b1", noon)
	if g.Family(token.Identify("token")).Revoked {
		t.Error("got the family of another client revoked")
	}
}

func TestWithdrawOnlyAffectsUnusedCodes(t *testing.T) {
	var g grants.Store
	of := func(sub string) grants.Family { return grants.Family{Sub: sub} }
	change(&g, func(all *grants.State) {
		all.Codes.Put(digest("waiting"), &grants.Code{Family: of("alice")})
		all.Codes.Put(digest("used"), &grants.Code{Family: of("alice"), FamilyID: "f"})
		all.Codes.Put(digest("of bob"), &grants.Code{Family: of("bob")})
		all.PutDevice(digest("agreed"), &grants.Device{Family: of("alice"), UserCode: digest("1")})
		all.PutDevice(digest("fetched"), &grants.Device{Family: of("alice"), UserCode: digest("2"), Used: true})
		all.PutDevice(digest("of bob"), &grants.Device{Family: of("bob"), UserCode: digest("3")})
	})
	g.Withdraw("alice")
	change(&g, func(all *grants.State) {
		for code, want := range map[string]bool{"waiting": false, "used": true, "of bob": true} {
			if _, got := all.Codes.Get(digest(code)); got != want {
				t.Errorf("code %s: got it stored: %v, want %v", code, got, want)
			}
		}
		for code, want := range map[string]bool{"agreed": true, "fetched": false, "of bob": false} {
			if d, _ := all.Devices.Get(digest(code)); d.Denied != want {
				t.Errorf("device %s: got it denied: %v, want %v", code, d.Denied, want)
			}
		}
	})
}

func TestAnAssertionIsNewOnce(t *testing.T) {
	var g grants.Store
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if g.Once("assertion", noon, noon.Add(time.Minute)) {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || !g.Once("another", noon, noon.Add(time.Minute)) {
		t.Errorf("got it accepted %d times, want once, and another one accepted too", taken.Load())
	}
}

// sweep makes 4096 changes, so that the store sweeps once.
func sweep(g *grants.Store, now time.Time) {
	for range 4096 {
		change(g, func(all *grants.State) { all.Changed(now) })
	}
}

func TestExpiredEntriesAreSwept(t *testing.T) {
	var g grants.Store
	end := noon.Add(time.Minute)
	change(&g, func(all *grants.State) {
		all.Families.Put("over", &grants.Family{ID: "over", Ends: end})
		all.Families.Put("alive", &grants.Family{ID: "alive", Ends: end.Add(time.Hour)})
		all.Codes.Put(digest("over"), &grants.Code{Expires: end, FamilyID: "over"})
		all.Codes.Put(digest("alive"), &grants.Code{Expires: end, FamilyID: "alive"}) // stays stored, so that reuse is detected
		all.PutDevice(digest("over"), &grants.Device{Expires: end, UserCode: digest("1")})
		all.PutDevice(digest("alive"), &grants.Device{Expires: end.Add(time.Hour), UserCode: digest("2")})
		all.Issued.Put(digest("over"), "over")
		all.Issued.Put(digest("alive"), "alive")
		all.Used.Put(digest("over"), end)
		all.Used.Put(digest("alive"), end.Add(time.Hour))
		all.Sessions.Put(digest("over"), &grants.Session{Expires: end})
		all.Sessions.Put(digest("alive"), &grants.Session{Expires: end.Add(time.Hour)})
		all.Pushed.Put(digest("over"), &grants.Pushed{Expires: end.Add(-grants.PagesTTL)})
		all.Pushed.Put(digest("alive"), &grants.Pushed{Expires: end}) // not swept yet, because a browser may still show the login pages
	})
	left := func() (over, alive []string) {
		change(&g, func(all *grants.State) {
			for _, name := range []string{"over", "alive"} {
				list := &over
				if name == "alive" {
					list = &alive
				}
				see := func(kind string, found bool) {
					if found {
						*list = append(*list, kind)
					}
				}
				_, there := all.Families.Get(name)
				see("family", there)
				_, there = all.Codes.Get(digest(name))
				see("code", there)
				_, there = all.Devices.Get(digest(name))
				see("device", there)
				_, there = all.Issued.Get(digest(name))
				see("token", there)
				_, there = all.Used.Get(digest(name))
				see("assertion", there)
				_, there = all.Sessions.Get(digest(name))
				see("session", there)
				_, there = all.Pushed.Get(digest(name))
				see("pushed request", there)
				_, there = all.ByCode[digest(map[string]string{"over": "1", "alive": "2"}[name])]
				see("user code", there)
			}
		})
		return over, alive
	}
	const kinds = 8
	sweep(&g, end)
	if over, alive := left(); len(over) != kinds || len(alive) != kinds {
		t.Errorf("got %q and %q left at the expiry itself, want all of them", over, alive)
	}
	sweep(&g, end.Add(time.Second))
	if over, alive := left(); len(over) != 0 || len(alive) != kinds {
		t.Errorf("got %q and %q left after the expiry, want only those that have not expired", over, alive)
	}
	g.Reset()
	if over, alive := left(); len(over)+len(alive) != 0 {
		t.Errorf("got %q and %q left after a reset, want nothing", over, alive)
	}
}

func TestRemoveClientLeavesNothing(t *testing.T) {
	var g grants.Store
	for _, client := range []string{"a", "b"} {
		g.Begin(grants.Family{ID: client, Client: client}, noon)
		change(&g, func(all *grants.State) {
			all.Codes.Put(digest(client), &grants.Code{Family: grants.Family{Client: client}})
			all.Pushed.Put(digest(client), &grants.Pushed{Client: client})
			all.PutDevice(digest(client), &grants.Device{Family: grants.Family{Client: client}, UserCode: digest(client), Expires: noon.Add(time.Hour)})
		})
	}
	consented := map[string][]string{"a": {"x"}, "b": {"x"}} // another request may be reading this map
	g.PutSession("", &grants.Session{Name: "browser", Expires: noon.Add(time.Hour), Consented: consented}, noon)
	if ended := g.RemoveClient("a"); len(ended) != 1 || ended[0].ID != "a" {
		t.Errorf("got %v revoked, want the family a", ended)
	}
	change(&g, func(all *grants.State) {
		for client, want := range map[string]bool{"a": false, "b": true} {
			_, code := all.Codes.Get(digest(client))
			_, pushed := all.Pushed.Get(digest(client))
			_, device := all.Devices.Get(digest(client))
			_, open := all.Undecided(digest(client), noon)
			if got := []bool{code, pushed, device, open}; !slices.Equal(got, []bool{want, want, want, want}) {
				t.Errorf("client %s: got the code, the request and the device stored: %v, want %v", client, got, want)
			}
		}
	})
	if got := fmt.Sprint(g.Session("browser", noon).Consented); got != "map[b:[x]]" || len(consented) != 2 {
		t.Errorf("got the consents %s, want those for b in a new map", got)
	}
}
