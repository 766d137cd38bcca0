package grants_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGrantsSurviveARestart(t *testing.T) {
	var g grants.Store
	g.Begin(grants.Family{ID: "f", Client: "web", Sub: "alice", Scopes: []string{"a"}, Generation: 2, Ends: noon.Add(time.Hour)}, noon)
	g.Belongs("token", "f", noon.Add(time.Hour))
	g.Once("assertion", noon, noon.Add(time.Hour))
	g.PutSession("", &grants.Session{Name: "browser", Known: true, Expires: noon.Add(time.Hour)}, noon)
	var text string
	change(&g, func(all *grants.State) {
		all.Codes.Put(digest("code"), &grants.Code{Family: grants.Family{Client: "web"}, Challenge: "c", Expires: noon})
		all.PutDevice(digest("device"), &grants.Device{UserCode: digest("user code"), Expires: noon.Add(time.Hour), Interval: time.Second})
		all.Pushed.Put(digest("uri"), &grants.Pushed{Client: "web", Form: url.Values{"scope": {"a"}}})
		text = marshal(t, all.Snapshot())
	})
	var saved grants.Snapshot
	if err := json.Unmarshal([]byte(text), &saved); err != nil {
		t.Fatal(err)
	}
	if err := saved.Check(); err != nil {
		t.Fatal(err)
	}
	var again grants.Store
	again.Restore(saved)
	if f := again.Family(token.Identify("token")); f.Sub != "alice" || f.Generation != 2 {
		t.Errorf("got %+v, want the family of the token", f)
	}
	if again.Once("assertion", noon, noon.Add(time.Hour)) {
		t.Error("got an assertion that is new after a restart, want it stored")
	}
	if again.Session("browser", noon).Known {
		t.Error("got a session after a restart, want no session")
	}
	change(&again, func(all *grants.State) {
		if _, ok := all.Undecided(digest("user code"), noon); !ok {
			t.Error("got no device for its user code")
		}
		if got := marshal(t, all.Snapshot()); got != text {
			t.Errorf("got %s after a restart, want %s", got, text)
		}
	})
}

func TestInvalidSnapshotsAreRefused(t *testing.T) {
	key := strings.Repeat("0", 64)
	of := func(kind, k, value string) string {
		return `{"` + kind + `":[{"Key":"` + k + `","Value":` + value + `}]}`
	}
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":                          {`{}`, ""},
		"a family":                         {of("Families", "f", `{"ID":"f","Generation":1}`), ""},
		"null instead of a family":         {of("Families", "f", `null`), "a grant"},
		"a family under another name":      {of("Families", "f", `{"ID":"g"}`), "a grant"},
		"a negative generation":            {of("Families", "f", `{"ID":"f","Generation":-1}`), "a grant"},
		"a generation that is too large":   {of("Families", "f", `{"ID":"f","Generation":2147483647}`), "a grant"},
		"null instead of a code":           {of("Codes", key, `null`), "a code"},
		"null instead of a pushed request": {of("Pushed", key, `null`), "a pushed request"},
		"a parameter without a value":      {of("Pushed", key, `{"Form":{"hush-hush":[]}}`), "a parameter"},
		"null instead of a device":         {of("Devices", key, `null`), "a device"},
		"a negative interval":              {of("Devices", key, `{"Interval":-1}`), "a device"},
	} {
		var saved grants.Snapshot
		if err := json.Unmarshal([]byte(tt.text), &saved); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err := saved.Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %q, want no value in it", name, err)
		}
	}
}
