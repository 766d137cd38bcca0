package journal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// note adds one request of each client to an endpoint.
func note(j *journal.Journal, ep catalogue.Endpoint, clients ...string) {
	for _, client := range clients {
		j.Add(&journal.Request{Endpoint: ep, Client: client})
	}
}

func wantCount(t *testing.T, what string, j *journal.Journal, m journal.Mark, ep catalogue.Endpoint, want int) {
	t.Helper()
	if got := j.Count(m, ep); got != want {
		t.Errorf("%s, %s: got %d requests, want %d", what, ep, got, want)
	}
}

func TestRequestsAreCountedByClientAndEndpoint(t *testing.T) {
	for name, tt := range map[string]struct {
		clients          []string
		token, jwks, any int
	}{
		"all clients":       {nil, 4, 1, 6},
		"one client":        {[]string{"a"}, 2, 1, 3},
		"two clients":       {[]string{"a", "b"}, 3, 1, 5},
		"a repeated client": {[]string{"a", "a"}, 2, 1, 3},
		"an unknown client": {[]string{"c"}, 0, 0, 0},
	} {
		var j journal.Journal
		m := j.Mark(tt.clients)
		note(&j, catalogue.Token, "a", "a", "b", "")
		note(&j, catalogue.JWKS, "a")
		note(&j, catalogue.Any, "b") // a path that is not served
		wantCount(t, name, &j, m, catalogue.Token, tt.token)
		wantCount(t, name, &j, m, catalogue.JWKS, tt.jwks)
		wantCount(t, name, &j, m, catalogue.Any, tt.any)
		wantCount(t, name+", since now", &j, j.Mark(tt.clients), catalogue.Any, 0)
		wantCount(t, "all from the start", &j, journal.Mark{}, catalogue.Any, 6)
	}
}

func TestAMarkCountsFromItsTimeOrALaterReset(t *testing.T) {
	var j journal.Journal
	note(&j, catalogue.Token, "a", "b")
	all, one := j.Mark(nil), j.Mark([]string{"a"})
	note(&j, catalogue.Token, "a", "b", "b")
	wantCount(t, "all", &j, all, catalogue.Token, 3)
	wantCount(t, "one", &j, one, catalogue.Token, 1)
	j.Reset()
	if got := j.Requests(); len(got) != 0 {
		t.Errorf("got %v after a reset, want nothing", got)
	}
	wantCount(t, "after a reset", &j, all, catalogue.Token, 0)
	note(&j, catalogue.Token, "a")
	wantCount(t, "after a reset", &j, all, catalogue.Token, 1)
	wantCount(t, "after a reset", &j, one, catalogue.Token, 1)
}

func TestTheLastThousandRequestsAreRecordedAndAllAreCounted(t *testing.T) {
	var j journal.Journal
	for i := range 1003 {
		j.Add(&journal.Request{Endpoint: catalogue.Token, Method: fmt.Sprint(i)})
	}
	recorded := j.Requests()
	if len(recorded) != 1000 || recorded[0].Method != "3" || recorded[999].Method != "1002" {
		t.Errorf("got %d requests starting at %s, want 1000 starting at 3", len(recorded), recorded[0].Method)
	}
	wantCount(t, "all", &j, journal.Mark{}, catalogue.Token, 1003)
}

func TestTheNumberOfCountedClientsIsLimited(t *testing.T) {
	var j journal.Journal
	first, last, late := j.Mark([]string{"0"}), j.Mark([]string{"4095"}), j.Mark([]string{"4096"})
	for i := range 4097 {
		note(&j, catalogue.Token, fmt.Sprint(i))
	}
	note(&j, catalogue.Token, "0")
	wantCount(t, "the first client", &j, first, catalogue.Token, 2)
	wantCount(t, "the last one within the limit", &j, last, catalogue.Token, 1)
	wantCount(t, "the one after it", &j, late, catalogue.Token, 0)
	wantCount(t, "all of them", &j, journal.Mark{}, catalogue.Token, 4098)
}

func TestRequestsAreCopies(t *testing.T) {
	var j journal.Journal
	j.Add(&journal.Request{Endpoint: catalogue.Token, Header: http.Header{"Accept": {"x"}}, Form: url.Values{"scope": {"a"}}})
	note(&j, catalogue.JWKS, "a")
	got := j.Requests(catalogue.Token)[0]
	got.Header.Set("Accept", "changed")
	got.Form["scope"][0] = "changed"
	again := j.Requests(catalogue.Token)[0]
	if again.Header.Get("Accept") != "x" || again.Form.Get("scope") != "a" {
		t.Errorf("got %+v after a copy was changed, want it unchanged", again)
	}
	for name, tt := range map[string]struct {
		eps  []catalogue.Endpoint
		want int
	}{
		"no endpoint means all": {nil, 2}, "any means all": {[]catalogue.Endpoint{catalogue.Any}, 2},
		"one endpoint": {[]catalogue.Endpoint{catalogue.JWKS}, 1}, "another one": {[]catalogue.Endpoint{catalogue.Revoke}, 0},
	} {
		if got := len(j.Requests(tt.eps...)); got != tt.want {
			t.Errorf("%s: got %d requests, want %d", name, got, tt.want)
		}
	}
}

func TestAwaitReturnsWhenTheCountIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal.Journal
		note(&j, catalogue.Token, "a")
		m := j.Mark([]string{"a"})
		var wg sync.WaitGroup
		for range 3 { // several goroutines may wait at the same time
			wg.Go(func() {
				begun := time.Now()
				got, err := j.Await(t.Context(), m, catalogue.Token, 2)
				if err != nil || got != 2 || time.Since(begun) != 4*time.Second {
					t.Errorf("got %d, %v after %v, want 2 after 4s", got, err, time.Since(begun))
				}
			})
		}
		for _, ep := range []struct {
			endpoint catalogue.Endpoint
			client   string
		}{{catalogue.Token, "a"}, {catalogue.JWKS, "a"}, {catalogue.Token, "b"}, {catalogue.Token, "a"}} {
			time.Sleep(time.Second)
			note(&j, ep.endpoint, ep.client)
		}
		wg.Wait()
		if got, err := j.Await(t.Context(), m, catalogue.Token, 2); got != 2 || err != nil {
			t.Errorf("got %d, %v, want the count immediately", got, err)
		}
	})
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal.Journal
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		note(&j, catalogue.Token, "a")
		got, err := j.Await(ctx, journal.Mark{}, catalogue.Token, 2)
		if got != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %d, %v, want 1 and %v", got, err, context.DeadlineExceeded)
		}
	})
}
