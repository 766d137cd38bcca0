package revoke_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
)

// filled returns a list with n entries. Three quarters of them revoke token
// IDs. The rest revoke subjects and sessions. The values are as long as UUIDs.
func filled(t testing.TB, n int) *revoke.List {
	t.Helper()
	l, until := newList(t, revoke.Config{}), time.Now().Add(time.Hour)
	all := make([]revoke.Revocation, 0, 1000)
	for i := range n {
		kind := [...]revoke.Kind{revoke.Token, revoke.Token, revoke.Subject, revoke.Session, revoke.Token, revoke.Token, revoke.Token, revoke.Token}[i%8]
		all = append(all, revoke.Revocation{Issuer: issuer, Kind: kind, Value: fmt.Sprintf("%036d", i), Before: time.Now(), Until: until.Add(time.Duration(i%3600) * time.Second)})
		if len(all) == cap(all) || i == n-1 {
			if err := l.Add(t.Context(), all...); err != nil {
				t.Fatal(err)
			}
			all = all[:0]
		}
	}
	return l
}

func unknown(i int) revoke.Claims {
	value := fmt.Sprintf("%035d-", i)
	return revoke.Claims{Issuer: issuer, ID: value, Subject: value, Session: value, ClientID: value, IssuedAt: time.Now()}
}

func TestACheckAllocatesNothing(t *testing.T) {
	l, good, bad := filled(t, 1000), unknown(1), revoke.Claims{Issuer: issuer, ID: fmt.Sprintf("%036d", 8)}
	assertRevoked(t, l, good, false)
	assertRevoked(t, l, bad, true)
	if got := testing.AllocsPerRun(1000, func() {
		_, _ = l.Check(good)
		_, _ = l.Check(bad)
	}); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{0, 1000, 1_000_000} {
		b.Run(fmt.Sprintf("%d entries", n), func(b *testing.B) {
			l := filled(b, n)
			tokens := make([]revoke.Claims, 1<<14)
			for i := range tokens {
				tokens[i] = unknown(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if revoked, err := l.Check(tokens[i%len(tokens)]); revoked || err != nil {
						b.Error("got a revoked token or an error")
					}
				}
			})
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var l *revoke.List
	for b.Loop() {
		l = filled(b, 1_000_000)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/entry")
	runtime.KeepAlive(l)
}
