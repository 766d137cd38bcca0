package registry_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// saved returns the state of r as JSON.
func saved(t *testing.T, r *registry.Registry) (text string) {
	t.Helper()
	state, unlock := r.State()
	defer unlock()
	b, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func read(t *testing.T, text string) (state registry.State) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestARegistrySurvivesARestart(t *testing.T) {
	r := newRegistry(t, []registry.Client{{ID: "web", Secret: "hush", Name: "Web"}, {ID: "robot", JWKS: keys(t, false)}}, registry.User{Sub: "alice", Password: "hush", Claims: map[string]any{"n": "A"}})
	r.Admit("itself", callback)
	text := saved(t, r)
	if strings.Contains(text, "hush") {
		t.Errorf("got %s, want digests instead of secrets", text)
	}
	state := read(t, text)
	if err := state.Check(); err != nil {
		t.Fatal(err)
	}
	again := newRegistry(t, []registry.Client{{ID: "web", Secret: "other"}}, registry.User{Sub: "bob"})
	changes := 0
	again.OnChange(func() { changes++ })
	again.Restore(state)
	if changes != 1 {
		t.Errorf("got %d changes reported, want 1", changes)
	}
	if _, ok := again.Authenticate("web", "other"); !ok || again.NameOf("web") != "web" {
		t.Error("got a client of the state instead of the configured one")
	}
	if u, ok := again.Login("alice", "hush"); !ok || u.Claims["n"] != "A" || again.Hinted("").Sub != "bob" {
		t.Errorf("got %v, %v, want alice restored and bob first", u, ok)
	}
	robot, _ := again.Client("robot")
	if robot == nil || len(robot.Keys.Keys) != 1 {
		t.Errorf("got %v, want it with its key", robot)
	}
	if c, ok := again.Authenticate("itself", "first"); !ok || c.Itself {
		t.Errorf("got %v, %v, want an admitted client to set its secret after the restart", c, ok)
	}
	fresh := newRegistry(t, nil, registry.User{Sub: "alice", Password: "hush", Claims: map[string]any{"n": "A"}})
	fresh.Restore(read(t, text))
	if got := saved(t, fresh); got != text {
		t.Errorf("got %s after a restart, want %s", got, text)
	}
}

func TestAdmittedClientsOfEarlierReleasesCount(t *testing.T) {
	var list []string
	for i := range 1000 {
		list = append(list, fmt.Sprintf(`{"ID":"c%d","Public":true,"RedirectURIs":[%q],"Itself":true}`, i, callback))
	}
	r := newRegistry(t, nil)
	r.Restore(read(t, `{"Clients":[`+strings.Join(list, ",")+`]}`))
	if _, ok := r.Admit("one-more", callback); ok {
		t.Error("got one more client admitted, want the limit reached")
	}
}

func TestInvalidStatesAreRefused(t *testing.T) {
	const (
		public = `{"ID":"p","Public":true}`
		user   = `{"Sub":"hush-hush"}`
		empty  = "[227,176,196,66,152,252,28,20,154,251,244,200,153,111,185,36,39,174,65,228,100,155,147,76,164,149,153,27,120,82,184,85]" // SHA-256 of the empty string
	)
	for name, tt := range map[string]struct{ clients, users, want string }{
		"one client and one user":           {public, user, ""},
		"null instead of a client":          {"null", user, "null"},
		"a client twice":                    {public + "," + public, user, "repeated"},
		"a user twice":                      {public, user + "," + user, "repeated"},
		"a client without an ID":            {`{"Public":true}`, user, "a client is invalid"},
		"a client without its secret":       {`{"ID":"c","Digest":` + empty + `}`, user, "a client is invalid"},
		"a redirect URI that runs a script": {`{"ID":"hush-hush","Public":true,"RedirectURIs":["javascript:x"]}`, user, "a client is invalid"},
		"Itself together with a secret":     {`{"ID":"c","Itself":true,"Digest":[1]}`, user, "a client is invalid"},
	} {
		err := read(t, fmt.Sprintf(`{"Clients":[%s],"Users":[%s]}`, tt.clients, tt.users)).Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %q, want no value in it", name, err)
		}
	}
}
