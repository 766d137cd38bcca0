package as

import (
	"net/http"
	"slices"
	"sync"
)

// script is what a test has decided in place of an end user.
type script struct {
	User   *User
	Deny   string   // an error code
	Scopes []string // nil for all
}

func (s script) narrow(asked []string) []string {
	if s.Scopes == nil {
		return asked
	}
	return chosen(asked, s.Scopes)
}

// LoginHeader names the login of a test among the requests: see Script.
const LoginHeader = "Testserver-Login"

// scripts are those that wait.
type scripts struct {
	waiting faults
	mu      sync.Mutex // of what follows
	named   map[string]script
}

func (s *scripts) reset() {
	s.waiting.clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named = nil
}

// Script decides the authorizations that the rule fits.
func (s *Server) Script(rule Rule, user *User, deny string) *Injection {
	if user != nil {
		s.registry.addUser(*user)
	}
	in := &Injection{rule: rule, faults: &s.scripts.waiting, script: script{User: user, Deny: deny}}
	s.scripts.waiting.mu.Lock()
	defer s.scripts.waiting.mu.Unlock()
	s.scripts.waiting.list = append(slices.Clone(s.scripts.waiting.list), in)
	return in
}

// ScriptLogin decides one login and returns the name to put into LoginHeader. Only
// who is told the name can have it.
func (s *Server) ScriptLogin(user *User, deny string, scopes []string) (name string, end func()) {
	if user != nil {
		s.registry.addUser(*user)
	}
	name = s.Source.Handle("login")
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	if s.scripts.named == nil {
		s.scripts.named = map[string]script{}
	}
	s.scripts.named[name] = script{User: user, Deny: deny, Scopes: scopes}
	return name, func() {
		s.scripts.mu.Lock()
		defer s.scripts.mu.Unlock()
		delete(s.scripts.named, name)
	}
}

// scripted returns what has been decided about r, nothing for a request that
// gets what everybody gets.
func (s *Server) scripted(r *http.Request) script {
	if name := r.Header.Get(LoginHeader); name != "" {
		s.scripts.mu.Lock()
		found, ok := s.scripts.named[name]
		s.scripts.mu.Unlock()
		if ok {
			return found
		}
	}
	if in := s.scripts.waiting.pick(Authorize, r); in != nil {
		return in.script
	}
	return script{}
}

// Hook sees the answers of the token endpoint and may change them.
type Hook func(*TokenRequest, *TokenResponse) error

type hooks struct {
	mu    sync.Mutex
	added []*Hook
}

func (h *hooks) list() []Hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Hook, len(h.added))
	for i, hook := range h.added {
		list[i] = *hook
	}
	return list
}

// OnToken adds a hook.
func (s *Server) OnToken(hook Hook) (remove func()) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	added := &hook
	s.hooks.added = append(s.hooks.added, added)
	return func() {
		s.hooks.mu.Lock()
		defer s.hooks.mu.Unlock()
		s.hooks.added = slices.DeleteFunc(slices.Clone(s.hooks.added), func(other *Hook) bool { return other == added })
	}
}
