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

// devicePage serves the page where an end user enters the code that a device
// shows (RFC 8628 §3.3). If the server is not interactive, a request that
// contains the code approves the device.
func (s deviceFlow) devicePage(w http.ResponseWriter, r *http.Request) {
	form, failed := authorizeForm(r)
	if failed == nil {
		form, failed = singleValued(form)
	}
	session := s.sessions.session(r)
	if failed == nil && r.Method == http.MethodPost && s.config.Interactive {
		failed = s.sessions.checkCSRF(session, form)
	}
	if failed != nil {
		failed.show(w)
		return
	}
	typed := form.Get(pages.FieldUserCode)
	now := s.Clock.Now()
	all, unlock := s.grants.RLock()
	d, known := all.Undecided(digestOf(typed), now)
	var requested grants.Device
	if known {
		requested = *d
	}
	unlock()
	code := normal(typed)

	decision := Decision{}
	if known {
		decision = s.decided(r)
	}
	switch {
	case !known && (typed == "" || r.Method == http.MethodPost || s.config.Interactive):
		s.showDevice(w, session, typed, r.Method == http.MethodPost)
	case !known:
		invalidRequest("the user code is unknown or has expired").show(w)
	case decision.Deny != "":
		s.decide(w, code, registry.User{}, nil, time.Time{})
	case decision.User != nil:
		s.decide(w, code, *decision.User, decision.narrow(requested.Family.Scopes), now)
	case !s.config.Interactive:
		s.decide(w, code, s.Registry.Hinted(""), decision.narrow(requested.Family.Scopes), now)
	case r.Method != http.MethodPost: // a user who follows a link must still confirm the code (RFC 8628 §5.4)
		s.showDevice(w, session, code, false)
	case session.Sub == "":
		s.sessions.showLogin(w, session, pages.LoginPage{ClientName: s.Registry.NameOf(requested.Family.Client), Form: pages.Form{Request: forDevice + "user_code=" + code}})
	default:
		u, _ := s.Registry.User(session.Sub)
		s.sessions.showConsent(w, session, pages.ConsentPage{
			ClientName: s.Registry.NameOf(requested.Family.Client), ClientID: requested.Family.Client, User: u.Username, UserCode: code, Scopes: s.scopeBoxes(requested.Family.Scopes), Details: shownDetails(requested.Family.Details),
			Form: pages.Form{Request: forDevice + "user_code=" + code},
		})
	}
}

func (s deviceFlow) showDevice(w http.ResponseWriter, session *grants.Session, typed string, wrong bool) {
	if !session.Known {
		s.sessions.begin(w, session)
	}
	p := pages.DevicePage{UserCode: typed, Form: pages.Form{Action: s.paths[catalogue.Device], CSRF: session.CSRF}}
	if wrong {
		p.Error = "This code is unknown or has expired."
	}
	pages.Device(w, p)
}

// consentDevice handles the form of the consent page for a device.
func (s deviceFlow) consentDevice(w http.ResponseWriter, form url.Values, session *grants.Session, query string) {
	values, err := url.ParseQuery(query)
	u, known := s.Registry.User(session.Sub)
	if err != nil || !known {
		foreignForm().show(w)
		return
	}
	code := values.Get(pages.FieldUserCode)
	if form.Get(pages.FieldDecision) != pages.DecisionAllow {
		s.decide(w, code, registry.User{}, nil, time.Time{})
		return
	}
	s.decide(w, code, u, form[pages.FieldScope], session.AuthTime)
}

// decide stores the end user's decision about a device. If u.Sub is empty, the
// end user has refused.
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
		invalidRequest("the user code is unknown or has expired").show(w)
	case u.Sub == "":
		s.note(event{Kind: journal.Denied, ClientID: client, Reason: "access_denied"})
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Refused", Text: "The device gets no access. You can close this window."})
	default:
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Connected", Text: "The device has access. You can close this window."})
	}
}
