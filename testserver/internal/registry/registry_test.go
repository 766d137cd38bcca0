package registry_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const callback = "https://app.example/cb"

func newRegistry(t *testing.T, clients []registry.Client, users ...registry.User) *registry.Registry {
	t.Helper()
	r, err := registry.New(clients, users)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAuthenticateComparesTheSecret(t *testing.T) {
	r := newRegistry(t, []registry.Client{{ID: "web", Secret: "hush"}, {ID: "app", Public: true}, {ID: "robot", JWKS: keys(t, false)}})
	for name, tt := range map[string]struct {
		id, secret string
		want       bool
	}{
		"the secret":                       {"web", "hush", true},
		"another one":                      {"web", "Hush", false},
		"no secret":                        {"web", "", false},
		"an unknown client":                {"www", "hush", false},
		"an unknown client without secret": {"www", "", false},
		"a public client":                  {"app", "hush", false},
		"a public client without a secret": {"app", "", false},
		"a client with keys and no secret": {"robot", "", false},
		"a default client":                 {token.DefaultClient, "test-secret", true},
	} {
		c, ok := r.Authenticate(tt.id, tt.secret)
		if ok != tt.want || ok && c.ID != tt.id {
			t.Errorf("%s: got %v, %v, want %v", name, c, ok, tt.want)
		}
	}
}

func TestLoginComparesThePassword(t *testing.T) {
	r := newRegistry(t, nil, registry.User{Sub: "1", Username: "alice", Password: "hush"}, registry.User{Sub: "bob", Password: "hush-hush"}, registry.User{Sub: "carol"})
	for name, tt := range map[string]struct{ username, password, want string }{
		"the password":                          {"alice", "hush", "1"},
		"another user's":                        {"alice", "hush-hush", ""},
		"no password":                           {"alice", "", ""},
		"a subject instead of the username":     {"1", "hush", ""},
		"a subject that is the username":        {"bob", "hush-hush", "bob"},
		"a user without a password":             {"carol", "", ""},
		"an unknown user":                       {"dave", "hush", ""},
		"the default user, if there are others": {token.DefaultSubject, "test-password", ""},
	} {
		if u, ok := r.Login(tt.username, tt.password); u.Sub != tt.want || ok != (tt.want != "") || u.Password != "" {
			t.Errorf("%s: got %v, %v, want %q", name, u, ok, tt.want)
		}
	}
	for hint, want := range map[string]string{"alice": "1", "bob": "bob", "": "1", "nobody": "1"} {
		if got := r.Hinted(hint).Sub; got != want {
			t.Errorf("hint %q: got %q, want %q", hint, got, want)
		}
	}
	if u, ok := newRegistry(t, nil).Login(token.DefaultSubject, "test-password"); !ok {
		t.Errorf("got %v, want the default user of a registry without any", u)
	}
}

func TestUsersAreReplacedAndRemoved(t *testing.T) {
	r := newRegistry(t, nil, registry.User{Sub: "1", Username: "alice"}, registry.User{Sub: "2"})
	before := r.Users()
	claims := map[string]any{"name": "A"}
	r.PutUser(registry.User{Sub: "1", Username: "al", Claims: claims})
	claims["name"] = "changed"
	u, _ := r.UserNamed("al")
	if _, found := r.UserNamed("alice"); found || u.Sub != "1" || u.Claims["name"] != "A" || before[0].Username != "alice" {
		t.Errorf("got %v with %v, want the new user unchanged, and old lists unchanged", u, u.Claims)
	}
	if !r.RemoveUser("1") || r.RemoveUser("1") || len(r.Users()) != 1 || len(before) != 2 {
		t.Errorf("got %v, want only the other user", r.Users())
	}
	if _, found := r.User("1"); found {
		t.Error("got a user that was removed")
	}
}

func TestAdmitChecksTheClient(t *testing.T) {
	r := newRegistry(t, nil, registry.User{Sub: "alice"})
	long := strings.Repeat("x", registry.MaxText)
	for name, tt := range map[string]struct {
		id, uri string
		want    bool
	}{
		"an ID and a redirect URI":       {"new", callback, true},
		"a registered client":            {token.DefaultClient, "https://other.example/", true},
		"the longest ID":                 {long, callback, true},
		"an ID that is too long":         {long + "x", callback, false},
		"no ID":                          {"", callback, false},
		"an ID that is not ASCII":        {"é", callback, false},
		"an invalid redirect URI":        {"b", "javascript:x", false},
		"an ID that is a user's subject": {"alice", callback, false},
	} {
		c, ok := r.Admit(tt.id, tt.uri)
		if ok != tt.want || ok && c.ID != tt.id {
			t.Errorf("%s: got %v, %v, want %v", name, c, ok, tt.want)
		}
	}
	known, _ := r.Client(token.DefaultClient)
	if known.Itself || known.Redirects("https://other.example/") {
		t.Errorf("got %v changed by a request, want it unchanged", known)
	}
}

func TestAnAdmittedClientKeepsItsFirstSecret(t *testing.T) {
	r := newRegistry(t, nil)
	if c, ok := r.Admit("new", callback); !ok || !c.Itself || !c.Public {
		t.Fatalf("got %v, %v, want a public client", c, ok)
	}
	for name, secret := range map[string]string{"no secret": "", "an invalid secret": "é"} {
		if _, ok := r.Authenticate("new", secret); ok {
			t.Errorf("%s: got it accepted", name)
		}
	}
	// Several concurrent requests send different first secrets for one client.
	// Exactly one secret is accepted.
	var won atomic.Int64
	var secret atomic.Value
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			own := fmt.Sprint("secret", i)
			if c, ok := r.Authenticate("new", own); ok && !c.Public && !c.Itself {
				won.Add(1)
				secret.Store(own)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("got %d secrets accepted, want one", won.Load())
	}
	if _, ok := r.Authenticate("new", secret.Load().(string)); !ok {
		t.Error("got the accepted secret refused later")
	}
}

func TestAdmittedAndRegisteredClientsAreLimited(t *testing.T) {
	r := newRegistry(t, nil)
	for i := range 1000 {
		managed := registered(t, registry.Client{ID: fmt.Sprint("registered", i), Public: true})
		managed.Managed = &registry.Managed{}
		if _, ok := r.Admit(fmt.Sprint("itself", i), callback); !ok || !r.Register(managed) {
			t.Fatalf("%d: got a client refused, want 1000 accepted", i)
		}
	}
	more := registered(t, registry.Client{ID: "more", Public: true})
	more.Managed = &registry.Managed{}
	if _, ok := r.Admit("more", callback); ok || r.Register(more) {
		t.Error("got a client accepted beyond the limit")
	}
	r.Put(registered(t, registry.Client{ID: "of a test", Secret: "s"})) // the limits do not apply to Put
	r.Remove("itself0")
	r.Remove("registered0")
	if !r.Register(more) {
		t.Error("got a registration refused after a client was removed")
	}
	if _, ok := r.Admit("another", callback); !ok {
		t.Error("got an admission refused after a client was removed")
	}
	if got, want := len(r.Clients()), 2+2000+1; got != want {
		t.Errorf("got %d clients, want %d", got, want)
	}
}

func TestOnlyOneConcurrentSwapSucceeds(t *testing.T) {
	r := newRegistry(t, []registry.Client{{ID: "web", Secret: "s", Name: "Web"}})
	old, _ := r.Client("web")
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		next := registered(t, registry.Client{ID: "web", Secret: fmt.Sprint("s", i)})
		wg.Go(func() {
			if r.Swap("web", old, next) {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || r.NameOf("web") != "web" {
		t.Errorf("got %d swaps done and the name %q, want one swap", won.Load(), r.NameOf("web"))
	}
	current, _ := r.Client("web")
	if r.Swap("web", old, nil) || !r.Swap("web", current, nil) || r.Remove("web") {
		t.Error("want a swap of the old client to fail, and one of the current client to remove it")
	}
	if !r.Swap("web", nil, old) || r.NameOf("web") != "Web" {
		t.Error("want a swap of nil to add the client")
	}
}
