package oauth

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// route describes what the server serves at one path.
type route struct {
	endpoint catalogue.Endpoint
	methods  []string
	handler  http.HandlerFunc
	form     bool // requests may have a form, and responses must not be cached
	scripts  bool // scripts of other origins may call the endpoint
}

// handler returns the handler of an endpoint, or nil for catalogue.Any.
func (s *Server) handler(ep catalogue.Endpoint) http.HandlerFunc {
	switch ep {
	case catalogue.Discovery:
		return document("application/json", func() []byte { return s.oidcDoc })
	case catalogue.ASMetadata:
		return document("application/json", func() []byte { return s.asDoc })
	case catalogue.JWKS:
		return keySet(s.Keys.Served)
	case catalogue.Authorize:
		return s.authz.serve
	case catalogue.Token:
		return s.tokens.serve
	case catalogue.Introspect:
		return s.introspect
	case catalogue.Revoke:
		return s.revocation
	case catalogue.UserInfo:
		return s.userinfo
	case catalogue.EndSession:
		return s.logout.serve
	case catalogue.DeviceAuthorization:
		return s.device.deviceAuthorization
	case catalogue.PAR:
		return s.authz.pushedRequest
	case catalogue.Register:
		return s.registration.serve
	case catalogue.Login:
		return s.authz.login
	case catalogue.Consent:
		return s.authz.consent
	case catalogue.Device:
		return s.device.devicePage
	case catalogue.Any:
	}
	return nil
}

// mount decides which endpoints are served, and sets their paths, URLs and
// routes. origin is the scheme and host of the issuer. base is the path of the
// issuer without a trailing slash, because RFC 8414 and OpenID Connect
// Discovery 1.0 remove this slash before they add the well-known path.
func (s *Server) mount(origin, base string) {
	s.served = catalogue.Served(func(r catalogue.Route) bool {
		return slices.Contains(s.config.Disabled, r.Endpoint) ||
			r.Option == "interactive" && !s.config.Interactive || r.Option == "registration" && !s.config.Registration
	})
	for _, r := range catalogue.Routes {
		ep := r.Endpoint
		if !s.served[ep] {
			continue
		}
		rt := &route{endpoint: ep, methods: r.Methods, handler: s.handler(ep), scripts: r.ForScripts(), form: slices.Contains(r.Methods, http.MethodPost)}
		paths := []string{base + r.Path}
		// Some clients put the well-known path before the path of the issuer,
		// and others put it after that path. So each document is served at both
		// URLs. The method URL returns the URL with the first path, which is
		// the path that the specification requires.
		switch {
		case ep == catalogue.ASMetadata:
			paths = []string{r.Path + base, base + r.Path}
		case r.Kind == catalogue.WellKnown:
			paths = append(paths, r.Path+base)
		}
		at := origin
		switch front := r.Kind == catalogue.ForUsers || !r.ForScripts(); { // whether users open the endpoint in a browser
		case front && s.config.BrowserOrigin != "":
			at = s.config.BrowserOrigin
		case !front && s.config.AliasOrigin != "":
			at = s.config.AliasOrigin
		}
		s.urls[ep], s.paths[ep] = at+paths[0], paths[0]
		if r.ByMutualTLS() && s.config.MTLSPort != "" {
			s.aliases[ep] = "https://" + withPort(at, s.config.MTLSPort) + paths[0]
		}
		for _, p := range paths {
			s.routes[p] = rt
		}
	}
	s.origin, s.base = origin, base
	if s.config.Interactive {
		s.debugPath = base + "/debug"
	}
}

// withPort returns the host of an origin, followed by the given port.
func withPort(origin, port string) string {
	_, host, _ := strings.Cut(origin, "://")
	return net.JoinHostPort(hostname(host), port)
}

// isIndex reports whether r is a browser's request for the URL of the issuer.
// Other programs get 404 for this URL.
func (s *Server) isIndex(r *http.Request) bool {
	_, route := s.routes[r.URL.Path]
	return !route && r.Method == http.MethodGet && strings.TrimSuffix(r.URL.Path, "/") == s.base && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// index sends a page with links to the metadata, the JWKS and, on an
// interactive server, the debug page.
func (s *Server) index(w http.ResponseWriter) {
	links := s.links()
	if s.debugPath != "" {
		links = append(links, pages.Link{Name: "Debug", URL: s.debugPath, About: "Clients, users, keys, faults and recent requests."})
	}
	pages.Index(w, pages.IndexPage{Issuer: s.Issuer, Links: links})
}

func (s *Server) links() (links []pages.Link) {
	link := func(name, url, about string) {
		if url != "" {
			links = append(links, pages.Link{Name: name, URL: url, About: about})
		}
	}
	link("Discovery", s.paths[catalogue.Discovery], "Capabilities and endpoints of the server: openid-configuration.")
	link("OAuth metadata", s.paths[catalogue.ASMetadata], "The same without OpenID Connect (RFC 8414).")
	link("JWKS", s.paths[catalogue.JWKS], "The keys that verify its tokens.")
	return links
}

// grantable reports whether clients can use the grant g with the endpoints that
// the server serves.
func (s *Server) grantable(g catalogue.Grant) bool {
	switch g {
	case catalogue.AuthorizationCode:
		return s.served[catalogue.Authorize]
	case catalogue.DeviceCode:
		return s.served[catalogue.DeviceAuthorization]
	case catalogue.RefreshToken:
		return s.served[catalogue.Authorize] || s.served[catalogue.DeviceAuthorization]
	case catalogue.ClientCredentials, catalogue.TokenExchange, catalogue.JWTBearer:
		return s.served[catalogue.Token]
	}
	return false
}

// ServeHTTP routes requests to endpoints only by path, and applies faults.
// Neither the Host field nor X-Forwarded fields change the URLs in responses.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.isDebug(r):
		s.debugging.serve(w, r)
		return
	case s.isIndex(r):
		s.index(w)
		return
	}
	ep, takesForm := catalogue.Any, false
	if rt, ok := s.routes[r.URL.Path]; ok {
		ep, takesForm = rt.endpoint, rt.form
		if s.cors(w, r, rt) {
			return // preflight requests are not recorded
		}
	}
	fault, injected := s.Faults.Pick(ep, r)
	request := &journal.Request{
		Time:     s.Clock.Now(),
		Endpoint: ep,
		Method:   journal.Short(r.Method),
		Client:   journal.Caller(r),
		Header:   journal.Redact(r.Header),
		Injected: injected,
	}
	s.Journal.Add(request)
	if takesForm {
		r = s.Journal.ReadForm(request, r)
	}

	recorder := s.Journal.Recorder(w, request)
	if injected {
		fault.ServeHTTP(recorder, r)
	} else {
		s.answer(recorder, r)
	}
	recorder.Finish() // not reached if the handler panics
}

// answer responds to a request without applying faults.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	rt, ok := s.routes[r.URL.Path]
	if !ok {
		http.Error(w, "nothing is served here; see "+s.urls[catalogue.Discovery], http.StatusNotFound)
		return
	}
	if rt.form {
		w.Header().Set("Cache-Control", "no-store") // RFC 6749 §5.1
		w.Header().Set("Pragma", "no-cache")        // RFC 6749 §5.1
	}
	if !slices.Contains(rt.methods, r.Method) {
		w.Header().Set("Allow", strings.Join(rt.methods, ", "))
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	rt.handler(w, r)
}

// URL returns the URL of ep. It returns false if the server does not serve ep.
func (s *Server) URL(ep catalogue.Endpoint) (string, bool) {
	u, ok := s.urls[ep]
	return u, ok
}

// MTLSURL returns the URL of ep at which the server asks for a certificate of
// the client (RFC 8705 §5). It returns false if ep has no such URL.
func (s *Server) MTLSURL(ep catalogue.Endpoint) (string, bool) {
	u, ok := s.aliases[ep]
	return u, ok
}
