package introspect_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

var junkTime = flag.Duration("junk", 0, "how long to send made-up tokens to each server, at a fixed rate; 0 sends about a hundred, without a rate")

// Tokens that were never active may use 128 of the 256 queries in flight.
// Made-up tokens use at most 64 of these, and new good tokens at most 32.
// Together, they stay below this limit.
const (
	junkRate, junkRoom = 1000, 64 // queries with made-up tokens: rate per second, and maximum in flight
	goodRate, goodRoom = 100, 32  // rate and maximum in flight for good tokens: once for tokens that were active before, and once for new ones
)

// rejections are answers with which real servers, and firewalls in front of
// them, reject unknown tokens.
var rejections = map[string]http.HandlerFunc{
	"401": rejectWith(http.StatusUnauthorized, "", `{"error":"invalid_token"}`), "a Bearer challenge": rejectWith(http.StatusUnauthorized, "Bearer", ""),
	"a Basic challenge": rejectWith(http.StatusUnauthorized, `Basic realm="x"`, ""), "invalid_client": rejectWith(http.StatusUnauthorized, "", `{"error":"invalid_client"}`),
	"403": rejectWith(http.StatusForbidden, "", ""), "400": rejectWith(http.StatusBadRequest, "", `{"error":"invalid_request"}`), "429": rejectWith(http.StatusTooManyRequests, "", ""),
	"500": rejectWith(http.StatusInternalServerError, "", ""), "502": rejectWith(http.StatusBadGateway, "", ""), "503": rejectWith(http.StatusServiceUnavailable, "", ""),
	"an HTML page": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>Blocked</h1>")
	},
	"a redirect":           func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/blocked", http.StatusFound) },
	"a dropped connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"an answer without active": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"error":"unknown token"}`)
	},
}

func rejectWith(status int, challenge, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if challenge != "" {
			w.Header().Set("WWW-Authenticate", challenge)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// newJunkSite starts a server that reports tokens with the prefix good as
// active and rejects all others. It returns a client of this server.
func newJunkSite(t *testing.T, reject http.HandlerFunc, latency time.Duration) *introspect.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if latency > 0 {
			<-time.After(latency)
		}
		if !strings.HasPrefix(r.PostFormValue("token"), "good") {
			reject(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"active":true}`)
	}))
	t.Cleanup(server.Close)
	c, err := introspect.New(introspect.Config{
		Endpoint: server.URL, Auth: introspect.Basic("api", "secret"), MaxTTL: -1, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// count holds the number of queries for one kind of token, and the number of
// these queries that failed.
type count struct{ asked, refused atomic.Int64 }

// queryTokens makes queries at the given rate, with at most room queries in
// flight. It runs for the time that the flag -junk sets. Without the flag, it
// makes as many queries as the rate allows in a tenth of a second.
func (n *count) queryTokens(c *introspect.Client, rate, room int, token func(i int64) string) {
	inFlight := make(chan struct{}, room)
	var all sync.WaitGroup
	defer all.Wait()
	send := func(tokens int) {
		for range tokens {
			i := n.asked.Add(1)
			inFlight <- struct{}{}
			all.Go(func() {
				if r, err := c.Introspect(context.Background(), token(i)); err != nil || !r.Active {
					n.refused.Add(1)
				}
				<-inFlight
			})
		}
	}
	if *junkTime == 0 {
		send(rate / 10)
		return
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(*junkTime); time.Now().Before(end); <-ticker.C {
		send(rate / 100)
	}
}

// A thousand made-up tokens per second do not block good tokens, no matter how
// the server rejects the made-up ones.
func TestThreatsMadeUpTokens(t *testing.T) {
	for name, reject := range rejections {
		t.Run("I13/"+name, func(t *testing.T) {
			before, fresh, junk := queryMadeUpTokens(t, newJunkSite(t, reject, 0), junkRate, junkRoom)
			t.Logf("%d made-up tokens: failed queries: %v for tokens that were active before, %v for fresh tokens", junk.asked.Load(), before, fresh)
			if before.refused.Load() != 0 || fresh.refused.Load() != 0 {
				t.Error("queries for good tokens failed, want no failures")
			}
		})
	}
}

// Tokens that were never active may use 128 queries in flight. If a query takes
// a tenth of a second, 1280 queries per second reach this limit. At higher
// rates, some queries for such tokens fail. Tokens that were active before are
// not affected.
func TestThreatsMadeUpTokensAndASlowServer(t *testing.T) {
	for _, test := range []struct {
		name       string
		rate, room int
	}{{"below the limit", 600, junkRoom}, {"beyond the limit", 4000, 400}} {
		t.Run("I13/"+test.name, func(t *testing.T) {
			before, fresh, junk := queryMadeUpTokens(t, newJunkSite(t, rejections["403"], 100*time.Millisecond), test.rate, test.room)
			t.Logf("%d made-up tokens: failed queries: %v for tokens that were active before, %v for fresh tokens", junk.asked.Load(), before, fresh)
			if before.refused.Load() != 0 || test.room == junkRoom && fresh.refused.Load() != 0 {
				t.Error("want no failed queries for tokens that were active before, and no failed queries for fresh tokens below the limit")
			}
		})
	}
}

func (n *count) String() string { return fmt.Sprintf("%d of %d", n.refused.Load(), n.asked.Load()) }

// queryMadeUpTokens queries three kinds of tokens at the same time: good tokens
// that were active before, good tokens that are new, and made-up tokens.
func queryMadeUpTokens(t *testing.T, c *introspect.Client, rate, room int) (before, fresh, junk *count) {
	t.Helper()
	var all sync.WaitGroup
	for i := range goodRate {
		all.Go(func() { assertActive(t, c, fmt.Sprint("good", i)) })
	}
	all.Wait()
	before, fresh, junk = new(count), new(count), new(count)
	all.Go(func() {
		before.queryTokens(c, goodRate, goodRoom, func(i int64) string { return fmt.Sprint("good", i%goodRate) })
	})
	all.Go(func() {
		fresh.queryTokens(c, goodRate, goodRoom, func(i int64) string { return fmt.Sprint("good-fresh", i) })
	})
	all.Go(func() {
		junk.queryTokens(c, rate, room, func(i int64) string { return fmt.Sprint("../../etc/passwd", i) })
	})
	all.Wait()
	return before, fresh, junk
}
