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

var junkTime = flag.Duration("junk", 0, "how long each server is sent invented tokens, at a rate; 0 sends some hundred, whatever time that takes")

// Of 256 questions in flight those about unseen tokens may be half. Invented and
// fresh ones together stay below that.
const (
	junkRate, junkRoom = 1000, 64 // invented tokens a second, and in flight
	goodRate, goodRoom = 100, 32  // tokens that were active before, and as many that are fresh
)

// misbehaviours are what real servers, and firewalls before them, do to tokens
// that they do not know.
var misbehaviours = map[string]http.HandlerFunc{
	"401": refusing(http.StatusUnauthorized, "", `{"error":"invalid_token"}`), "a Bearer challenge": refusing(http.StatusUnauthorized, "Bearer", ""),
	"a Basic challenge": refusing(http.StatusUnauthorized, `Basic realm="x"`, ""), "invalid_client": refusing(http.StatusUnauthorized, "", `{"error":"invalid_client"}`),
	"403": refusing(http.StatusForbidden, "", ""), "400": refusing(http.StatusBadRequest, "", `{"error":"invalid_request"}`), "429": refusing(http.StatusTooManyRequests, "", ""),
	"500": refusing(http.StatusInternalServerError, "", ""), "502": refusing(http.StatusBadGateway, "", ""), "503": refusing(http.StatusServiceUnavailable, "", ""),
	"a page": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>Blocked</h1>")
	},
	"a redirect":           func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/blocked", http.StatusFound) },
	"a dropped connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"an answer that is not one": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"error":"unknown token"}`)
	},
}

func refusing(status int, challenge, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if challenge != "" {
			w.Header().Set("WWW-Authenticate", challenge)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// newJunkSite starts a server that knows the tokens that begin with good, and
// does something else with all others.
func newJunkSite(t *testing.T, misbehave http.HandlerFunc, latency time.Duration) *introspect.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if latency > 0 {
			<-time.After(latency)
		}
		if !strings.HasPrefix(r.PostFormValue("token"), "good") {
			misbehave(w, r)
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

// count is how many tokens of a kind were asked about, and how many of them were
// refused because nothing could be learned.
type count struct{ asked, refused atomic.Int64 }

// sends asks about tokens, no more of them at a time than there is room for: at a
// rate for the time that the flag gives, or a tenth of a second's.
func (n *count) sends(c *introspect.Client, rate, room int, token func(i int64) string) {
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

// A thousand invented tokens a second keep no good token out, whatever the server
// does to them.
func TestThreatsInventedTokens(t *testing.T) {
	for name, misbehave := range misbehaviours {
		t.Run("I13/"+name, func(t *testing.T) {
			before, fresh, junk := inventTokens(t, newJunkSite(t, misbehave, 0), junkRate, junkRoom)
			t.Logf("%d invented: refused %v that were active before, %v fresh ones", junk.asked.Load(), before, fresh)
			if before.refused.Load() != 0 || fresh.refused.Load() != 0 {
				t.Error("want none refused")
			}
		})
	}
}

// With a server that takes a tenth of a second, the half of the room that unseen
// tokens have is full at 1 280 of them a second. Beyond that fresh tokens are
// refused, and those that were active before never are.
func TestThreatsInventedTokensAndASlowServer(t *testing.T) {
	for _, test := range []struct {
		name       string
		rate, room int
	}{{"below half of the room", 600, junkRoom}, {"beyond half of the room", 4000, 400}} {
		t.Run("I13/"+test.name, func(t *testing.T) {
			before, fresh, junk := inventTokens(t, newJunkSite(t, misbehaviours["403"], 100*time.Millisecond), test.rate, test.room)
			t.Logf("%d invented: refused %v that were active before, %v fresh ones", junk.asked.Load(), before, fresh)
			if before.refused.Load() != 0 || test.room == junkRoom && fresh.refused.Load() != 0 {
				t.Error("want none refused that were active before, and no fresh ones below half of the room")
			}
		})
	}
}

func (n *count) String() string { return fmt.Sprintf("%d of %d", n.refused.Load(), n.asked.Load()) }

// inventTokens sends invented tokens, good ones that were active before, and good
// ones that were not, all at the same time.
func inventTokens(t *testing.T, c *introspect.Client, rate, room int) (before, fresh, junk *count) {
	t.Helper()
	var all sync.WaitGroup
	for i := range goodRate {
		all.Go(func() { isActive(t, c, fmt.Sprint("good", i)) })
	}
	all.Wait()
	before, fresh, junk = new(count), new(count), new(count)
	all.Go(func() {
		before.sends(c, goodRate, goodRoom, func(i int64) string { return fmt.Sprint("good", i%goodRate) })
	})
	all.Go(func() {
		fresh.sends(c, goodRate, goodRoom, func(i int64) string { return fmt.Sprint("good-fresh", i) })
	})
	all.Go(func() { junk.sends(c, rate, room, func(i int64) string { return fmt.Sprint("../../etc/passwd", i) }) })
	all.Wait()
	return before, fresh, junk
}
