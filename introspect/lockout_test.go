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

// knowsGood is a server to which tokens that begin with good are active, and that
// does something else to all others.
func knowsGood(otherwise answer) answer {
	return func(r *http.Request, seen call) (*http.Response, error) {
		if strings.HasPrefix(seen.form.Get("token"), "good") {
			return says(`{"active":true}`)(r, seen)
		}
		return otherwise(r, seen)
	}
}

// every asks about a token again and again until the context ends, and waits for
// no answer.
func every(ctx context.Context, all *sync.WaitGroup, c *introspect.Client, pause time.Duration, token func(i int) string) {
	all.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			all.Go(func() { _, _ = c.Introspect(context.Background(), token(i)) })
			time.Sleep(pause)
		}
	})
}

// A token that used to be active may have been revoked or may have expired.
func TestATokenThatHasEndedProvesNothing(t *testing.T) {
	for name, ended := range map[string]answer{
		"and nobody knows when": says(`{"active":true}`),
		"as was known":          says(fmt.Sprintf(`{"active":true,"exp":%d}`, time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC).Unix())),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s)
				isActive(t, c, "good-of-somebody")
				s.becomes(ended)
				for i := range 4 {
					isActive(t, c, fmt.Sprint("ended", i))
				}
				time.Sleep(10 * time.Minute)
				s.becomes(knowsGood(status(502, ``)))
				for i := range 100 {
					isUnknown(t, c, fmt.Sprint("junk", i), introspect.ErrUnavailable)
					synctest.Wait()
				}
				isActive(t, c, "good-of-somebody")
				isActive(t, c, "good-fresh")
			})
		})
	}
}

// The client asks about the last five active tokens, each once, and skips those
// that have expired.
func TestWhoIsAskedAboutTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s, always)
		for i := range 7 {
			isActive(t, c, fmt.Sprint("good", i))
		}
		s.becomes(says(fmt.Sprintf(`{"active":true,"exp":%d}`, time.Now().Unix()+60)))
		isActive(t, c, "ended")
		s.becomes(says(`{"active":true}`))
		for range 3 {
			isActive(t, c, "good6")
		}
		time.Sleep(time.Minute)
		s.becomes(knowsGood(status(502, ``)))
		before := len(s.seen())
		for i := range 5 {
			isUnknown(t, c, fmt.Sprint("junk", i), introspect.ErrUnavailable)
		}
		synctest.Wait()
		asked := make(map[string]int)
		for _, call := range s.seen()[before+5:] {
			asked[call.form.Get("token")]++
		}
		if want := map[string]int{"good3": 1, "good4": 1, "good5": 1, "good6": 1}; !maps.Equal(asked, want) {
			t.Errorf("got questions about %v, want %v", asked, want)
		}
	})
}

// An attacker who replays revoked tokens can make the server look down once, not
// for as long as the replay goes on.
func TestATokenSpeaksAgainstTheServerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s)
		for i := range 50 {
			isActive(t, c, fmt.Sprint("good", i))
		}
		for i := range 6 {
			isActive(t, c, fmt.Sprint("revoked", i))
		}
		time.Sleep(time.Minute)
		s.becomes(knowsGood(after(20*time.Millisecond, status(502, ``))))
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		every(ctx, &all, c, 2*time.Millisecond, func(i int) string { return fmt.Sprint("revoked", i%6) })
		time.Sleep(5 * time.Second)
		for i := range 600 {
			isActive(t, c, fmt.Sprint("good", i%50))
			isActive(t, c, fmt.Sprint("good-fresh", i))
			time.Sleep(time.Second)
		}
		end()
		all.Wait()
	})
}

// After an outage, invented tokens cannot keep the client from noticing that the
// server works again.
func TestInventedTokensHoldNoProbe(t *testing.T) {
	for name, junk := range map[string]answer{"hangs": hangs, "502 after 100 ms": after(100*time.Millisecond, status(502, ``)), "401 after 20 ms": after(20*time.Millisecond, status(401, ``))} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(refused)
				c := newClient(t, s)
				for i := range 5 {
					isUnknown(t, c, fmt.Sprint("lost", i), introspect.ErrUnavailable)
				}
				s.becomes(knowsGood(junk))
				ctx, end := context.WithCancel(t.Context())
				var all sync.WaitGroup
				every(ctx, &all, c, 20*time.Millisecond, func(i int) string { return fmt.Sprint("junk", i) })
				time.Sleep(20 * time.Second) // one probe, two, four and so on, of which a hanging one takes two seconds
				for i := range 100 {
					isActive(t, c, fmt.Sprint("good-fresh", i))
					time.Sleep(100 * time.Millisecond)
				}
				end()
				all.Wait()
			})
		})
	}
}

// A server may answer invalid_client to every unknown token before it ever gave
// another answer. It is left alone only once for that.
func TestAServerThatNeverAnsweredIsFoundAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(knowsGood(after(20*time.Millisecond, status(401, `{"error":"invalid_client"}`))))
		c := newClient(t, s)
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		every(ctx, &all, c, time.Millisecond, func(i int) string { return fmt.Sprint("junk", i) })
		time.Sleep(5 * time.Second)
		for i := range 100 {
			isActive(t, c, fmt.Sprint("good", i))
			time.Sleep(100 * time.Millisecond)
		}
		end()
		all.Wait()
	})
}

func TestATokenOfTheSharedStoreWasActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shared := newSite(says(`{"active":true}`)), newStore()
		one, two := newClient(t, s, sharing(shared)), newClient(t, s, sharing(shared))
		isActive(t, one, "good")
		isActive(t, two, "good")
		time.Sleep(time.Minute)
		s.becomes(knowsGood(hangs))
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		every(ctx, &all, two, time.Millisecond, func(i int) string { return fmt.Sprint("junk", i) })
		time.Sleep(time.Second) // their half of the room is full
		isActive(t, two, "good")
		end()
		all.Wait()
	})
}

type connKey struct{}

// Over HTTP/2 one connection would carry all questions, and a firewall ends it
// because of one.
func TestALostConnectionIsOneQuestions(t *testing.T) {
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
		t.Fatalf("got %s, want a client that speaks HTTP/2", resp.Proto)
	}
	c, err := introspect.New(introspect.Config{
		Endpoint: server.URL, Auth: introspect.Basic("api", "secret"), MaxTTL: -1, Logger: slog.New(slog.DiscardHandler), Client: client,
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range asked {
		all.Go(func() { isActive(t, c, fmt.Sprint("good", i, "slow")) })
	}
	for range asked {
		<-arrived
	}
	isUnknown(t, c, "junk", introspect.ErrUnavailable)
	goOn()
	all.Wait()
}
