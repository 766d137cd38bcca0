package as

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Endpoint names one of the server's endpoints.
type Endpoint string

// The endpoints, and a name for all requests.
const (
	Discovery  Endpoint = "discovery"
	ASMetadata Endpoint = "as_metadata"
	JWKS       Endpoint = "jwks"
	Introspect Endpoint = "introspect"
	Authorize  Endpoint = "authorize"
	TokenEP    Endpoint = "token"
	RevokeEP   Endpoint = "revoke"
	UserInfo   Endpoint = "userinfo"
	EndSession Endpoint = "end_session"
	PAR        Endpoint = "par"
	Register   Endpoint = "register"
	Any        Endpoint = "any"

	DeviceAuthorization Endpoint = "device_authorization"

	// What people see. They are part of the endpoint that needs them.
	LoginPage   Endpoint = "login"
	ConsentPage Endpoint = "consent"
	DevicePage  Endpoint = "device"
)

// route is what one path answers.
type route struct {
	endpoint Endpoint
	methods  []string
	handler  http.HandlerFunc
	form     bool // it takes a form, and its answers are for one client alone
}

// handlers are what answers at each endpoint of the catalogue.
func (s *Server) handlers() map[Endpoint]http.HandlerFunc {
	return map[Endpoint]http.HandlerFunc{
		Discovery:  document("application/json", func() []byte { return s.oidcDoc }),
		ASMetadata: document("application/json", func() []byte { return s.asDoc }),
		JWKS:       keySet(s.Keys.Served),
		Authorize:  s.authorize, TokenEP: s.token, Introspect: s.introspect, RevokeEP: s.revocation, UserInfo: s.userinfo, EndSession: s.endSession,
		DeviceAuthorization: s.deviceAuthorization, PAR: s.pushedRequest, Register: s.registration,
		LoginPage: s.login, ConsentPage: s.consent, DevicePage: s.devicePage,
	}
}

// mount fills s.routes and s.urls. base is the issuer's path without a
// terminating slash: both specifications remove it before they append to it
// or put the well-known part in front.
func (s *Server) mount(origin, base string) {
	handlers := s.handlers()
	for _, e := range catalogue.Endpoints {
		ep := Endpoint(e.Name)
		if s.disabled(ep) {
			continue
		}
		rt := &route{endpoint: ep, methods: e.Methods, handler: handlers[ep], form: slices.Contains(e.Methods, http.MethodPost)}
		paths := []string{base + e.Path}
		// Clients disagree on where the issuer's path goes, so both places answer;
		// the specified one comes first and is what Endpoint returns.
		switch {
		case ep == ASMetadata:
			paths = []string{e.Path + base, base + e.Path}
		case e.Kind == catalogue.WellKnown:
			paths = append(paths, e.Path+base)
		}
		s.urls[ep], s.paths[ep] = origin+paths[0], paths[0]
		for _, p := range paths {
			s.routes[p] = rt
		}
	}
	if s.config.Interactive {
		s.paths[debugPage] = base + "/debug"
	}
}

// disabled reports whether ep is not there. What needs another endpoint goes
// with it.
func (s *Server) disabled(ep Endpoint) bool {
	off := func(ep Endpoint) bool { return slices.Contains(s.config.Disabled, ep) }
	switch ep {
	case Authorize:
		return off(ep) || off(TokenEP)
	case Register:
		return !s.config.Registration
	case PAR:
		return off(ep) || s.disabled(Authorize)
	case DeviceAuthorization, DevicePage:
		return off(DeviceAuthorization) || off(TokenEP)
	case LoginPage, ConsentPage:
		return !s.config.Interactive || off(TokenEP) || off(Authorize) && off(DeviceAuthorization)
	default:
		return off(ep)
	}
}

// grantable reports whether the endpoints of a grant are there.
func (s *Server) grantable(g Grant) bool {
	switch g {
	case AuthorizationCode:
		return !s.disabled(Authorize)
	case DeviceCode:
		return !s.disabled(DeviceAuthorization)
	case RefreshToken:
		return !s.disabled(Authorize) || !s.disabled(DeviceAuthorization)
	case ClientCredentials, TokenExchange, JWTBearer:
		return !s.disabled(TokenEP)
	}
	return false
}

// ServeHTTP answers by path alone: neither Host nor any X-Forwarded header
// can change what the server says about itself.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.isDebug(r) {
		s.debug(w, r)
		return
	}
	ep, takesForm := Any, false
	if rt, ok := s.routes[r.URL.Path]; ok {
		ep, takesForm = rt.endpoint, rt.form
	}
	fault := s.faults.pick(ep, r)
	request := &Request{
		Time:     s.Clock.Now(),
		Endpoint: ep,
		Method:   short(r.Method),
		Client:   Caller(r),
		Header:   redacted(r.Header),
		Injected: fault != nil,
	}
	s.journal.add(request)
	if takesForm {
		r = s.journal.read(request, r)
	}

	t := &tap{ResponseWriter: w, request: request, journal: s.journal}
	if fault != nil {
		fault.handler.ServeHTTP(t, r)
	} else {
		s.answer(t, r)
	}
	t.begin(http.StatusOK) // unless it panicked, net/http sends that
}

// answer is what there is without faults.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	rt, ok := s.routes[r.URL.Path]
	if !ok {
		http.Error(w, "nothing is served here; see "+s.urls[Discovery], http.StatusNotFound)
		return
	}
	if rt.form {
		w.Header().Set("Cache-Control", "no-store") // what is about credentials is for nobody else (RFC 6749 §5.1)
		w.Header().Set("Pragma", "no-cache")        // the same section asks for both
	}
	if !slices.Contains(rt.methods, r.Method) {
		w.Header().Set("Allow", strings.Join(rt.methods, ", "))
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	rt.handler(w, r)
}

// Caller is who r says it comes from, "" for nobody.
func Caller(r *http.Request) string { return short(r.Header.Get(ClientHeader)) }

// URL is where clients find ep; false if the server has no such endpoint.
func (s *Server) URL(ep Endpoint) (string, bool) {
	u, ok := s.urls[ep]
	return u, ok
}
