package oauth

import (
	"net/http"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// Decision is the answer that a test gives in place of the end user. The zero
// Decision has no effect.
type Decision struct {
	User   *registry.User // the user who logs in and consents
	Deny   string         // the error code of a refusal; "" means none
	Scopes []string       // the scopes that the user consents to; nil means all
}

func (d Decision) narrow(requested []string) []string {
	if d.Scopes == nil {
		return requested
	}
	return chosen(requested, d.Scopes)
}

// LoginHeader is the request header field whose value selects a decision: see
// DecideLogin.
const LoginHeader = "Testserver-Login"

// decisions holds the test's decisions about future requests.
type decisions struct {
	waiting journal.Injections[Decision]
	named   guarded.Value[map[string]Decision] // keyed by the value of LoginHeader
}

func (d *decisions) reset() {
	d.waiting.Clear()
	named, unlock := d.named.Lock()
	defer unlock()
	*named = nil
}

// Decide makes d the decision for the authorization requests and the device
// approvals that match the rule.
func (s *Server) Decide(rule journal.Rule, d Decision) *journal.Injection {
	if d.User != nil {
		s.Registry.PutUser(*d.User)
	}
	return s.decisions.waiting.Add(rule, d)
}

// DecideLogin makes d the decision for the requests whose LoginHeader has the
// returned value name. Nobody can guess this value, unless the server has a
// seed. The returned function end removes the decision.
func (s *Server) DecideLogin(d Decision) (name string, end func()) {
	if d.User != nil {
		s.Registry.PutUser(*d.User)
	}
	name = s.Source.Handle("login")
	named, unlock := s.decisions.named.Lock()
	defer unlock()
	if *named == nil {
		*named = map[string]Decision{}
	}
	(*named)[name] = d
	return name, func() {
		named, unlock := s.decisions.named.Lock()
		defer unlock()
		delete(*named, name)
	}
}

// decided returns the decision of a test for r, or the zero Decision.
func (s *Server) decided(r *http.Request) Decision {
	if name := r.Header.Get(LoginHeader); name != "" {
		named, unlock := s.decisions.named.RLock()
		found, ok := (*named)[name]
		unlock()
		if ok {
			return found
		}
	}
	d, _ := s.decisions.waiting.Pick(catalogue.Authorize, r)
	return d
}
