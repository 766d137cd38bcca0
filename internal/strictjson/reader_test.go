package strictjson_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// fewest returns the smallest number of allocations in several runs of f. An
// average would be unreliable, because sync.Pool drops items at random under
// the race detector.
func fewest(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 50 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

func TestReadingATextAllocatesNothing(t *testing.T) {
	const claims = `{"iss":"https://as.example.com","aud":["api","b"],"exp":1767268900,"scope":"a b c","cnf":{"jkt":"x"},"act":[{"sub":"y"}]}`
	for name, read := range map[string]func(){
		"Object": func() {
			_ = strictjson.Object(claims, func(_ string, value strictjson.Value) error {
				_, _ = strictjson.String(value)
				_, _ = strictjson.Date(value)
				return nil
			})
		},
		"Elements": func() {
			strictjson.Elements(`["api","b"]`, 9, func(v strictjson.Value) bool { _, ok := strictjson.String(v); return ok })
		},
	} {
		if got := fewest(read); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, got)
		}
	}
}

// Pooled readers are reused for other documents, also by concurrent calls. This
// must not change the results of earlier calls.
func TestResultsDoNotChangeWhenReadersAreReused(t *testing.T) {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			want := strings.Repeat(fmt.Sprint(i), 20*(i+1))
			text := fmt.Appendf(nil, `{"%s":["%s",{"%s":1}]}`, want, want, want)
			for range 200 {
				var name, first, inner string
				err := strictjson.Object(text, func(n string, value strictjson.Value) error {
					name = n
					strictjson.Elements(value, 2, func(element strictjson.Value) bool {
						if element.Kind() == '"' {
							first, _ = strictjson.String(element)
							return true
						}
						return strictjson.Object(element, func(n string, _ strictjson.Value) error {
							inner = n
							return nil
						}) == nil
					})
					return nil
				})
				if err != nil || name != want || first != want || inner != want {
					t.Errorf("got %q, %q, %q, %v, want %q", name, first, inner, err, want)
					return
				}
			}
		})
	}
	group.Wait()
}

// After a panic in the member function, the next result must not contain
// anything from the old document.
func TestAPanicDoesNotAffectTheNextDocument(t *testing.T) {
	func() {
		defer func() { _ = recover() }()
		_ = strictjson.Object(`{"a":1,"b":2}`, func(string, strictjson.Value) error { panic("of a member") })
	}()
	var got strings.Builder
	err := strictjson.Object(`{"a":3}`, func(name string, value strictjson.Value) error {
		got.WriteString(name + string(value))
		return nil
	})
	if err != nil || got.String() != "a3" {
		t.Errorf("got %q, %v, want a3", got.String(), err)
	}
}
