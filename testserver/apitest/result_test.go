package apitest_test

import (
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// results runs apitest.Check and returns its results and the texts of the
// reported failures.
func results(t *testing.T, hole string, opts ...apitest.Option) (all []apitest.Result, reported []string) {
	t.Helper()
	as := testserver.New(t)
	tb := &recorder{TB: t}
	opts = append(opts, apitest.Results(func(r []apitest.Result) { all = r }))
	apitest.Check(tb, as, newRoleAPI(as, hole), orders, append(opts, requirements...)...)
	return all, tb.errors
}

func TestResultsListAllChecks(t *testing.T) {
	all, _ := results(t, "")
	var names []string
	for _, r := range all {
		if names = append(names, r.Name); !r.OK || r.Got+r.Want+r.Sent+r.Why+r.Fix != "" {
			t.Errorf("got %+v, want no fault", r)
		}
	}
	want := []string{"good-token", "no-token", "look-alike-scope", "missing-claim", "look-alike-claim", "jwks-stampede", "http2-differs"}
	for d := range testserver.Defects() {
		want = append(want, string(d))
	}
	for _, name := range want {
		if !slices.Contains(names, name) {
			t.Errorf("got no result for %s", name)
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(all) {
		t.Errorf("got a repeated name in %q", names)
	}
}

func TestEachFailureIsAResult(t *testing.T) {
	for _, tt := range holes {
		t.Run(tt.hole, func(t *testing.T) {
			t.Parallel()
			all, reported := results(t, tt.hole)
			var names []string
			for _, r := range all {
				if r.OK {
					continue
				}
				names = append(names, r.Name)
				text := "apitest.Check: " + r.Name + ": got " + r.Got + ", want " + r.Want + "\n\tsent: " + r.Sent + "\n\twhy:  " + r.Why + "\n\tfix:  " + r.Fix
				if !slices.Contains(reported, text) {
					t.Errorf("got %q, which is not reported", text)
				}
			}
			if slices.Sort(names); !slices.Equal(names, tt.found) {
				t.Errorf("got %q, want %q", names, tt.found)
			}
		})
	}
}

func TestResultsWithoutAGoodTokenListOnlyIt(t *testing.T) {
	all, _ := results(t, "", apitest.Token(testserver.Audience("other")))
	if len(all) != 1 || all[0].Name != "good-token" || all[0].OK {
		t.Errorf("got %+v, want only the good token", all)
	}
}
