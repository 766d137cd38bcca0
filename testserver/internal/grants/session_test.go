package grants_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
)

func TestSessionsAreCopies(t *testing.T) {
	var g grants.Store
	s := &grants.Session{Name: "first", Sub: "alice", Known: true, Expires: noon.Add(time.Hour), Consented: map[string][]string{"web": {"a"}}}
	g.PutSession("", s, noon)
	s.Sub = "changed"
	got := g.Session("first", noon)
	got.Consented["app"] = nil
	if again := g.Session("first", noon); got.Sub != "alice" || !got.Known || len(again.Consented) != 1 {
		t.Errorf("got %+v and %+v, want them unchanged", got, again)
	}
	for name, tt := range map[string]struct {
		name string
		at   time.Time
	}{"an unknown name": {"other", noon}, "no name": {"", noon}, "when it has expired": {"first", noon.Add(time.Hour)}} {
		if v := g.Session(tt.name, tt.at); v.Known || v.Sub != "" {
			t.Errorf("%s: got %+v, want none", name, v)
		}
	}
	got.Name = "second" // a login gives the session a new name
	g.PutSession("first", got, noon)
	if g.Session("first", noon).Known || !g.Session("second", noon).Known {
		t.Error("want the session only under its new name")
	}
	g.UpdateSession(got, func(saved *grants.Session) { saved.CSRF = "new" })
	g.UpdateSession(s, func(*grants.Session) { t.Error("got a change of a session that does not exist") })
	if csrf := g.Session("second", noon).CSRF; csrf != "new" {
		t.Errorf("got %q, want it changed", csrf)
	}
	g.EndSession(got)
	g.EndSession(got)
	if g.Session("second", noon).Known {
		t.Error("got a session that has ended")
	}
}
