package oauth

import (
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// devicePage is where an end user brings the code that a device shows (RFC 8628
// §3.3). Unless the server is interactive, coming is enough.
func (s deviceFlow) devicePage(w http.ResponseWriter, r *http.Request) {
	form, failed := authorizeForm(r)
	if failed == nil {
		form, failed = once(form)
	}
	v := s.sessions.session(r)
	if failed == nil && r.Method == http.MethodPost && s.config.Interactive {
		failed = s.sessions.checkCSRF(v, form)
	}
	if failed != nil {
		failed.show(w)
		return
	}
	typed := form.Get(pages.FieldUserCode)
	now := s.Clock.Now()
	all, unlock := s.grants.RLock()
	d, known := all.Undecided(digestOf(typed), now)
	var asked grants.Device
	if known {
		asked = *d
	}
	unlock()
	code := normal(typed)

	decision := Decision{}
	if known {
		decision = s.decided(r)
	}
	switch {
	case !known && (typed == "" || r.Method == http.MethodPost || s.config.Interactive):
		s.showDevice(w, v, typed, r.Method == http.MethodPost)
	case !known:
		invalidRequest("the code is unknown").show(w)
	case decision.Deny != "":
		s.decide(w, code, registry.User{}, nil, time.Time{})
	case decision.User != nil:
		s.decide(w, code, *decision.User, decision.narrow(asked.Family.Scopes), now)
	case !s.config.Interactive:
		s.decide(w, code, s.Registry.Hinted(""), decision.narrow(asked.Family.Scopes), now)
	case r.Method != http.MethodPost: // a person who follows a link must still agree (§5.4)
		s.showDevice(w, v, code, false)
	case v.Sub == "":
		s.sessions.showLogin(w, v, pages.LoginPage{ClientName: s.Registry.NameOf(asked.Family.Client), Form: pages.Form{Request: askedDevice + "user_code=" + code}})
	default:
		u, _ := s.Registry.User(v.Sub)
		s.sessions.showConsent(w, v, pages.ConsentPage{
			ClientName: s.Registry.NameOf(asked.Family.Client), ClientID: asked.Family.Client, User: u.Username, UserCode: code, Scopes: s.boxes(asked.Family.Scopes), Details: shownDetails(asked.Family.Details),
			Form: pages.Form{Request: askedDevice + "user_code=" + code},
		})
	}
}

func (s deviceFlow) showDevice(w http.ResponseWriter, v *grants.Session, typed string, wrong bool) {
	if !v.Known {
		s.sessions.begin(w, v)
	}
	p := pages.DevicePage{UserCode: typed, Form: pages.Form{Action: s.paths[catalogue.Device], CSRF: v.CSRF}}
	if wrong {
		p.Error = "There is no such code, or its time is over."
	}
	pages.Device(w, p)
}

// consentDevice is where the consent page of a device leads.
func (s deviceFlow) consentDevice(w http.ResponseWriter, form url.Values, v *grants.Session, query string) {
	values, err := url.ParseQuery(query)
	u, known := s.Registry.User(v.Sub)
	if err != nil || !known {
		foreignForm().show(w)
		return
	}
	code := values.Get(pages.FieldUserCode)
	if form.Get(pages.FieldDecision) != pages.DecisionAllow {
		s.decide(w, code, registry.User{}, nil, time.Time{})
		return
	}
	s.decide(w, code, u, form[pages.FieldScope], v.AuthTime)
}

// decide is the end user's decision about a device, no user for a refusal.
func (s deviceFlow) decide(w http.ResponseWriter, userCode string, u registry.User, scopes []string, authTime time.Time) {
	now := s.Clock.Now()
	all, unlock := s.grants.Lock()
	d, known := all.Undecided(digestOf(userCode), now)
	client := ""
	if known {
		client = d.Family.Client
		d.Family.Sub, d.Family.AuthTime, d.Family.ACR, d.Denied = u.Sub, authTime, s.acrOf(u.Sub, nil), u.Sub == ""
		d.Family.Scopes = chosen(d.Family.Scopes, scopes)
	}
	unlock()
	switch {
	case !known:
		invalidRequest("the code is unknown").show(w)
	case u.Sub == "":
		s.note(event{Kind: journal.Denied, ClientID: client, Reason: "access_denied"})
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Refused", Text: "The device gets no access. You can close this window."})
	default:
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Connected", Text: "The device has access. You can close this window."})
	}
}
