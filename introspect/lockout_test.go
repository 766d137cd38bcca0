package introspect_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// activeIfGood reports tokens with the prefix good as active. All other tokens
// get the given answer.
func activeIfGood(otherwise answer) answer {
	return func(r *http.Request, seen call) (*http.Response, error) {
		if strings.HasPrefix(seen.form.Get("token"), "good") {
			return respondOK(`{"active":true}`)(r, seen)
		}
		return otherwise(r, seen)
	}
}

// queryRepeatedly starts a query after each pause until ctx ends. It does not
// wait for answers.
func queryRepeatedly(ctx context.Context, all *sync.WaitGroup, c *introspect.Client, pause time.Duration, token func(i int) string) {
	all.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			all.Go(func() { _, _ = c.Introspect(context.Background(), token(i)) })
			time.Sleep(pause)
		}
	})
}

// A failure for a token that was active before is not evidence against the
// server if the token may have expired or been revoked in the meantime.
func TestExpiredTokensAreNotEvidence(t *testing.T) {
	for name, ended := range map[string]answer{
		"at an unknown time": respondOK(`{"active":true}`),
		"at a known time":    respondOK(fmt.Sprintf(`{"active":true,"exp":%d}`, time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC).Unix())),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s)
				assertActive(t, c, "good-first")
				s.setAnswer(ended)
				for i := range 4 {
					assertActive(t, c, fmt.Sprint("ended", i))
				}
				time.Sleep(10 * time.Minute)
				s.setAnswer(activeIfGood(status(502, ``)))
				for i := range 100 {
					assertUnavailable(t, c, fmt.Sprint("junk", i), introspect.ErrUnavailable)
					synctest.Wait()
				}
				assertActive(t, c, "good-first")
				assertActive(t, c, "good-fresh")
			})
		})
	}
}

// To check the server, the client queries each of the five most recently active
// tokens once. It skips tokens that have expired.
func TestServerCheckQueriesTheLastActiveTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s, noCache)
		for i := range 7 {
			assertActive(t, c, fmt.Sprint("good", i))
		}
		s.setAnswer(respondOK(fmt.Sprintf(`{"active":true,"exp":%d}`, time.Now().Unix()+60)))
		assertActive(t, c, "ended")
		s.setAnswer(respondOK(`{"active":true}`))
		for range 3 {
			assertActive(t, c, "good6")
		}
		time.Sleep(time.Minute)
		s.setAnswer(activeIfGood(status(502, ``)))
		before := len(s.received())
		for i := range 5 {
			assertUnavailable(t, c, fmt.Sprint("junk", i), introspect.ErrUnavailable)
		}
		synctest.Wait()
		asked := make(map[string]int)
		for _, call := range s.received()[before+5:] {
			asked[call.form.Get("token")]++
		}
		if want := map[string]int{"good3": 1, "good4": 1, "good5": 1, "good6": 1}; !maps.Equal(asked, want) {
			t.Errorf("got queries of %v, want %v", asked, want)
		}
	})
}

// An attacker who replays revoked tokens can make the client back off once.
// More replays cannot keep the client in the back-off.
func TestTokenIsEvidenceOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s)
		for i := range 50 {
			assertActive(t, c, fmt.Sprint("good", i))
		}
		for i := range 6 {
			assertActive(t, c, fmt.Sprint("revoked", i))
		}
		time.Sleep(time.Minute)
		s.setAnswer(activeIfGood(delayed(20*time.Millisecond, status(502, ``))))
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		queryRepeatedly(ctx, &all, c, 2*time.Millisecond, func(i int) string { return fmt.Sprint("revoked", i%6) })
		time.Sleep(5 * time.Second)
		for i := range 600 {
			assertActive(t, c, fmt.Sprint("good", i%50))
			assertActive(t, c, fmt.Sprint("good-fresh", i))
			time.Sleep(time.Second)
		}
		end()
		all.Wait()
	})
}

// After an outage, made-up tokens cannot prevent the client from noticing that
// the server works again.
func TestMadeUpTokensDoNotBlockProbes(t *testing.T) {
	for name, junk := range map[string]answer{"hangs": hang, "502 after 100 ms": delayed(100*time.Millisecond, status(502, ``)), "401 after 20 ms": delayed(20*time.Millisecond, status(401, ``))} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(connectionRefused)
				c := newClient(t, s)
				for i := range 5 {
					assertUnavailable(t, c, fmt.Sprint("lost", i), introspect.ErrUnavailable)
				}
				s.setAnswer(activeIfGood(junk))
				ctx, end := context.WithCancel(t.Context())
				var all sync.WaitGroup
				queryRepeatedly(ctx, &all, c, 20*time.Millisecond, func(i int) string { return fmt.Sprint("junk", i) })
				time.Sleep(20 * time.Second) // the client makes one probe, then two, four and so on; a hanging probe takes two seconds
				for i := range 100 {
					assertActive(t, c, fmt.Sprint("good-fresh", i))
					time.Sleep(100 * time.Millisecond)
				}
				end()
				all.Wait()
			})
		})
	}
}

// A server may answer invalid_client to every query for an unknown token.
// Before the first valid answer, such answers make the client back off only
// once.
func TestServerThatNeverAnsweredIsQueriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(activeIfGood(delayed(20*time.Millisecond, status(401, `{"error":"invalid_client"}`))))
		c := newClient(t, s)
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		queryRepeatedly(ctx, &all, c, time.Millisecond, func(i int) string { return fmt.Sprint("junk", i) })
		time.Sleep(5 * time.Second)
		for i := range 100 {
			assertActive(t, c, fmt.Sprint("good", i))
			time.Sleep(100 * time.Millisecond)
		}
		end()
		all.Wait()
	})
}

func TestTokenFromSharedStoreCountsAsActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shared := newSite(respondOK(`{"active":true}`)), newStore()
		one, two := newClient(t, s, withCache(shared)), newClient(t, s, withCache(shared))
		assertActive(t, one, "good")
		assertActive(t, two, "good")
		time.Sleep(time.Minute)
		s.setAnswer(activeIfGood(hang))
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		queryRepeatedly(ctx, &all, two, time.Millisecond, func(i int) string { return fmt.Sprint("junk", i) })
		time.Sleep(time.Second) // lets unseen tokens reach their limit
		assertActive(t, two, "good")
		end()
		all.Wait()
	})
}

type connKey struct{}

// Each query in flight must have its own connection. With HTTP/2, all queries
// would share one connection. If a firewall closed this connection because of
// one query, all queries would fail.
func TestEachQueryHasItsOwnConnection(t *testing.T) {
	const asked = 10
	arrived, leave := make(chan struct{}, asked), make(chan struct{})
	var once sync.Once
	goOn := func() { once.Do(func() { close(leave) }) }
	defer goOn()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.PostFormValue("token"); token == "junk" {
			_ = r.Context().Value(connKey{}).(*tls.Conn).NetConn().Close()
			return
		} else if strings.HasSuffix(token, "slow") {
			arrived <- struct{}{}
			<-leave
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"active":true}`)
	}))
	server.EnableHTTP2 = true
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	server.StartTLS()
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("got %s, want a client that uses HTTP/2", resp.Proto)
	}
	c, err := introspect.New(introspect.Config{
		Endpoint: server.URL, Auth: introspect.Basic("api", "secret"), MaxTTL: -1, Logger: slog.New(slog.DiscardHandler), Client: client,
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range asked {
		all.Go(func() { assertActive(t, c, fmt.Sprint("good", i, "slow")) })
	}
	for range asked {
		<-arrived
	}
	assertUnavailable(t, c, "junk", introspect.ErrUnavailable)
	goOn()
	all.Wait()
}
