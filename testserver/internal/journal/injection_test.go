package journal_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// picks calls Pick for n requests to the token endpoint and returns the values.
// In the result, "-" means that no rule applied.
func picks(l *journal.Injections[string], n int) string {
	var got []string
	for range n {
		value, ok := l.Pick(catalogue.Token, httptest.NewRequest("POST", "/token", nil))
		if !ok {
			value = "-"
		}
		got = append(got, value)
	}
	return strings.Join(got, "")
}

func TestPickAppliesRulesInOrder(t *testing.T) {
	type rule = journal.Rule
	never := func(*http.Request) bool { return false }
	post := func(r *http.Request) bool { return r.Method == "POST" }
	for name, tt := range map[string]struct {
		rules []rule // the rules have the values a, b, c and so on
		want  string
	}{
		"no rule":           {nil, "---"},
		"the latest of two": {[]rule{{Endpoint: catalogue.Token}, {Endpoint: catalogue.Token}}, "bbb"},
		"the older one when the latest is used up":            {[]rule{{Endpoint: catalogue.Token}, {Endpoint: catalogue.Token, Times: 2}}, "bba"},
		"the older one while the latest is skipped":           {[]rule{{Endpoint: catalogue.Token}, {Endpoint: catalogue.Token, Skip: 1}}, "abb"},
		"one after skipped requests":                          {[]rule{{Endpoint: catalogue.Token, Skip: 2}}, "--a"},
		"a limited number after a skipped request":            {[]rule{{Endpoint: catalogue.Token, Skip: 1, Times: 1}}, "-a-"},
		"a rule for another endpoint":                         {[]rule{{Endpoint: catalogue.JWKS}}, "---"},
		"a rule for any endpoint":                             {[]rule{{Endpoint: catalogue.Any, Times: 1}}, "a--"},
		"all matches true":                                    {[]rule{{Endpoint: catalogue.Token, Match: []func(*http.Request) bool{post, post}}}, "aaa"},
		"one match false":                                     {[]rule{{Endpoint: catalogue.Token, Match: []func(*http.Request) bool{post, never}}}, "---"},
		"a request of a newer rule does not count as skipped": {[]rule{{Endpoint: catalogue.Token, Skip: 1}, {Endpoint: catalogue.Token, Times: 1}}, "b-a"},
	} {
		t.Run(name, func(t *testing.T) {
			var l journal.Injections[string]
			for i, r := range tt.rules {
				l.Add(r, string(rune('a'+i)))
			}
			if got := picks(&l, 3); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestARemovedInjectionDoesNotApply(t *testing.T) {
	var l journal.Injections[string]
	first := l.Add(journal.Rule{Endpoint: catalogue.Token}, "a")
	second := l.Add(journal.Rule{Endpoint: catalogue.Token}, "b")
	third := l.Add(journal.Rule{Endpoint: catalogue.Token, Times: 1}, "c")
	if got, want := picks(&l, 2), "cb"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := l.All(), []*journal.Injection{first, second}; !slices.Equal(got, want) {
		t.Errorf("got %v active, want the oldest first and not the one that is used up", got)
	}
	second.Remove()
	second.Remove()
	third.Remove()
	if got, want := picks(&l, 1), "a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Clear()
	if got := picks(&l, 1); got != "-" || len(l.All()) != 0 {
		t.Errorf("got %q and %v after Clear, want nothing", got, l.All())
	}
	if fourth := l.Add(journal.Rule{Endpoint: catalogue.Token}, "d"); fourth.ID != 4 || first.ID != 1 || second.ID != 2 {
		t.Errorf("got the ID %d after 1, 2 and 3, want 4", fourth.ID)
	}
	if first.Hits() != 1 || second.Hits() != 1 || third.Hits() != 1 {
		t.Errorf("got %d, %d, %d hits, want one each", first.Hits(), second.Hits(), third.Hits())
	}
	var ended journal.Injection
	ended.Remove()
	if ended.Hits() != 0 {
		t.Error("got a hit for the zero Injection")
	}
}

func TestTimesAreExactUnderConcurrency(t *testing.T) {
	var l journal.Injections[string]
	in := l.Add(journal.Rule{Endpoint: catalogue.Token, Skip: 7, Times: 50}, "a")
	var hits atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if _, ok := l.Pick(catalogue.Token, httptest.NewRequest("POST", "/token", nil)); ok {
					hits.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if hits.Load() != 50 || in.Hits() != 50 || len(l.All()) != 0 {
		t.Errorf("got %d of 200 requests hit and %d counted, want 50 and the rule removed", hits.Load(), in.Hits())
	}
}

func TestConcurrentRequestsDoNotShareTheLastHit(t *testing.T) {
	var l journal.Injections[string]
	var met sync.WaitGroup // done when both requests have found the rule
	met.Add(2)
	in := l.Add(journal.Rule{Endpoint: catalogue.Token, Times: 1, Match: []func(*http.Request) bool{func(*http.Request) bool {
		met.Done()
		met.Wait()
		return true
	}}}, "a")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { picks(&l, 1) })
	}
	wg.Wait()
	if got := in.Hits(); got != 1 {
		t.Errorf("got %d hits, want 1", got)
	}
}

func TestAMatchMayCallTheInjections(t *testing.T) {
	var l journal.Injections[string]
	l.Add(journal.Rule{Endpoint: catalogue.Token, Match: []func(*http.Request) bool{func(*http.Request) bool { return len(l.All()) == 1 }}}, "a")
	if got := picks(&l, 1); got != "a" {
		t.Errorf("got %q, want a", got)
	}
}
