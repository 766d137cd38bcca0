package dpop_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

// noon is the beginning of a period, if the length of periods divides an hour.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestNoncesAreAcceptedInThreePeriods(t *testing.T) {
	nonces := dpop.NewNonces(secret(32), time.Minute)
	nonce := nonces.Issue(noon)
	for name, tt := range map[string]struct {
		now        time.Time
		ok, newest bool
	}{
		"long before":                     {noon.Add(-time.Hour), false, false},
		"the end of two periods before":   {noon.Add(-time.Minute - 1), false, false},
		"the beginning of the one before": {noon.Add(-time.Minute), true, true}, // as seen by a clock that is behind
		"the end of the one before":       {noon.Add(-1), true, true},
		"the time of issue":               {noon, true, true},
		"the end of the same period":      {noon.Add(time.Minute - 1), true, true},
		"the beginning of the one after":  {noon.Add(time.Minute), true, false},
		"the end of the one after":        {noon.Add(2*time.Minute - 1), true, false},
		"the beginning of two after":      {noon.Add(2 * time.Minute), false, false},
		"long after":                      {noon.Add(time.Hour), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			until, newest, ok := nonces.Accept(tt.now, nonce)
			if ok != tt.ok || newest != tt.newest {
				t.Errorf("got ok %t, newest %t, want %t, %t", ok, newest, tt.ok, tt.newest)
			}
			want := time.Time{}
			if tt.ok {
				want = noon.Add(2 * time.Minute)
			}
			if !until.Equal(want) {
				t.Errorf("got until %v, want %v", until, want)
			}
		})
	}
}

// The reported time must be exact: if a replay entry expires earlier, the proof
// can be replayed.
func TestNoncesAreAcceptedUntilTheReportedTime(t *testing.T) {
	for _, period := range []time.Duration{time.Second, 7 * time.Second, time.Minute, 10 * time.Minute} {
		t.Run(period.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				nonces := dpop.NewNonces(secret(32), period)
				time.Sleep(12345 * time.Millisecond)
				nonce := nonces.Issue(time.Now())
				until, _, ok := nonces.Accept(time.Now(), nonce)
				if left := time.Until(until); !ok || left <= period || left > 2*period {
					t.Fatalf("got ok %t and %v left, want at least %v and at most twice as much", ok, left, period)
				}
				time.Sleep(time.Until(until) - time.Millisecond)
				if again, _, ok := nonces.Accept(time.Now(), nonce); !ok || !again.Equal(until) {
					t.Errorf("just before until: got %t and %v, want true and %v", ok, again, until)
				}
				time.Sleep(time.Millisecond)
				if _, _, ok := nonces.Accept(time.Now(), nonce); ok {
					t.Error("at until: got true, want false")
				}
			})
		})
	}
}

func TestIssuedNoncesChangeWithThePeriod(t *testing.T) {
	nonces := dpop.NewNonces(secret(32), time.Minute)
	first := nonces.Issue(noon)
	if last := nonces.Issue(noon.Add(time.Minute - 1)); last != first {
		t.Errorf("got %q and %q in one period, want the same", first, last)
	}
	seen := map[string]bool{}
	for i := range 1000 {
		seen[nonces.Issue(noon.Add(time.Duration(i)*time.Minute))] = true
	}
	if len(seen) != 1000 {
		t.Errorf("got %d different nonces in 1000 periods, want 1000", len(seen))
	}
	if again := nonces.Issue(noon); again != first {
		t.Errorf("got %q after the clock was set back, want %q", again, first)
	}
}

func TestNoncesOfAFleetAreTheSame(t *testing.T) {
	one, other := dpop.NewNonces(secret(32), time.Minute), dpop.NewNonces(secret(32), time.Minute)
	if a, b := one.Issue(noon), other.Issue(noon); a != b {
		t.Errorf("got %q and %q, want the same", a, b)
	}
	if _, newest, ok := one.Accept(noon, other.Issue(noon.Add(30*time.Second))); !ok || !newest {
		t.Errorf("got ok %t, newest %t for a nonce of another machine, want true, true", ok, newest)
	}
}

// The format of nonces is fixed, because during an upgrade, machines with the
// old and with the new version of this package serve one API.
func TestNoncesAreHMACsOfThePeriod(t *testing.T) {
	mac := hmac.New(sha256.New, secret(40))
	mac.Write([]byte("bearerguard dpop nonce v1\x00"))
	_ = binary.Write(mac, binary.BigEndian, []int64{90, noon.Unix() / 90})
	want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
	if got := dpop.NewNonces(secret(40), 90*time.Second).Issue(noon); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestForeignNoncesAreRefused(t *testing.T) {
	nonces := dpop.NewNonces(secret(32), time.Minute)
	good := nonces.Issue(noon)
	otherSecret := secret(32)
	otherSecret[31] ^= 1
	for name, nonce := range map[string]string{
		"empty":                         "",
		"an unknown nonce":              "AAAAAAAAAAAAAAAAAAAAAA",
		"another secret":                dpop.NewNonces(otherSecret, time.Minute).Issue(noon),
		"another period":                dpop.NewNonces(secret(32), 30*time.Second).Issue(noon),
		"a longer secret":               dpop.NewNonces(append(secret(32), 1), time.Minute).Issue(noon),
		"with padding":                  good + "==",
		"with a space":                  good + " ",
		"without the first character":   good[1:],
		"without the last character":    good[:len(good)-1],
		"with another first character":  other(good[0]) + good[1:],
		"with another last character":   good[:len(good)-1] + other(good[len(good)-1]),
		"in upper case":                 strings.ToUpper(good),
		"a megabyte":                    strings.Repeat(good, 50_000),
		"a megabyte after a good nonce": good + strings.Repeat("A", 1<<20),
		"zeros of the right length":     strings.Repeat("\x00", len(good)),
	} {
		t.Run(name, func(t *testing.T) {
			if until, newest, ok := nonces.Accept(noon, nonce); ok || newest || !until.IsZero() {
				t.Errorf("got %v, %t, %t, want zero results", until, newest, ok)
			}
		})
	}
	if _, _, ok := nonces.Accept(noon, good); !ok {
		t.Error("got false for the nonce itself, want true")
	}
}

// other returns a different character of base64url.
func other(c byte) string {
	if c == 'B' {
		return "C"
	}
	return "B"
}

func TestUnusableNoncesAcceptNothing(t *testing.T) {
	copied := dpop.Nonces{}
	for name, nonces := range map[string]*dpop.Nonces{
		"nil":                nil,
		"the zero value":     {},
		"a copy of it":       &copied,
		"a short secret":     dpop.NewNonces(secret(31), time.Minute),
		"no secret":          dpop.NewNonces(nil, time.Minute),
		"no period":          dpop.NewNonces(secret(32), 0),
		"a period too long":  dpop.NewNonces(secret(32), 11*time.Minute),
		"a period too short": dpop.NewNonces(secret(32), time.Millisecond),
		"a negative period":  dpop.NewNonces(secret(32), -time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			if got := nonces.Issue(noon); got != "" {
				t.Errorf("got the nonce %q, want none", got)
			}
			good := dpop.NewNonces(secret(32), time.Minute).Issue(noon)
			for _, nonce := range []string{"", good, strings.Repeat("\x00", len(good))} {
				if _, _, ok := nonces.Accept(noon, nonce); ok {
					t.Errorf("got true for %q, want false", nonce)
				}
			}
		})
	}
}

func TestTheSecretIsCopied(t *testing.T) {
	mine := secret(32)
	nonces := dpop.NewNonces(mine, time.Minute)
	want := nonces.Issue(noon)
	clear(mine)
	if got := dpop.NewNonces(secret(32), time.Minute).Issue(noon.Add(time.Hour)); got != nonces.Issue(noon.Add(time.Hour)) {
		t.Error("got other nonces after the caller changed the secret, want the same")
	}
	if got := nonces.Issue(noon); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoncesPrintNoSecret(t *testing.T) {
	nonces := dpop.NewNonces([]byte("a secret of at least 32 bytes, in text"), time.Minute)
	current := nonces.Issue(time.Now())
	policy := dpop.Policy{Nonces: nonces}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("start", "nonces", nonces, "value", *nonces, "policy", policy)
	}
	encoded, err := json.Marshal([]any{nonces, *nonces})
	if want := `["[redacted]","[redacted]"]`; string(encoded) != want || err != nil {
		t.Errorf("got %s and %v, want %s", encoded, err, want)
	}
	var all strings.Builder
	all.WriteString(log.String() + string(encoded))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, nonces); got != "[redacted]" {
			t.Errorf("%s: got %q, want [redacted]", verb, got)
		}
		if got := fmt.Sprintf(verb, *nonces); got != "[redacted]" {
			t.Errorf("%s of a value: got %q, want [redacted]", verb, got)
		}
		fmt.Fprintf(&all, verb, policy)
		fmt.Fprintf(&all, verb, []any{*nonces, &policy})
	}
	for _, private := range []string{"a secret", "6120736563726574", "[97 32 115", current} {
		if strings.Contains(all.String(), private) {
			t.Errorf("got %q in %s, want it redacted", private, all.String())
		}
	}
	if !strings.Contains(log.String(), "nonces=[redacted] value=[redacted]") || !strings.Contains(log.String(), `"nonces":"[redacted]"`) {
		t.Errorf("got %s, want redacted nonces", log.String())
	}
}

func TestNoncesForConcurrentUse(t *testing.T) {
	nonces := dpop.NewNonces(secret(32), time.Second)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				now := noon.Add(time.Duration(i+j) * time.Second)
				if _, newest, ok := nonces.Accept(now, nonces.Issue(now)); !ok || !newest {
					t.Errorf("got ok %t, newest %t, want true, true", ok, newest)
				}
			}
		})
	}
	all.Wait()
}

func TestNoncesAllocateOncePerPeriod(t *testing.T) {
	nonces := dpop.NewNonces(secret(32), time.Minute)
	for name, nonce := range map[string]string{
		"the current nonce":  nonces.Issue(noon),
		"the previous nonce": nonces.Issue(noon.Add(-time.Minute)),
		"an unknown nonce":   "AAAAAAAAAAAAAAAAAAAAAA",
		"a long nonce":       strings.Repeat("A", 4096),
	} {
		t.Run(name, func(t *testing.T) {
			nonces.Issue(noon)
			if got := testing.AllocsPerRun(100, func() {
				nonces.Accept(noon, nonce)
				nonces.Issue(noon)
			}); got != 0 {
				t.Errorf("got %v allocations, want 0", got)
			}
		})
	}
}

func BenchmarkNonces(b *testing.B) {
	nonces := dpop.NewNonces(secret(32), time.Minute)
	for name, nonce := range map[string]string{"accepted": nonces.Issue(noon), "unknown": "AAAAAAAAAAAAAAAAAAAAAA"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				nonces.Accept(noon, nonce)
			}
		})
	}
	b.Run("new period", func(b *testing.B) {
		b.ReportAllocs()
		now := noon
		for b.Loop() {
			now = now.Add(time.Minute)
			nonces.Issue(now)
		}
	})
}
