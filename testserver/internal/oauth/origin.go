package oauth

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// IsLocalHost reports whether a Host field contains a loopback address or
// localhost, which browsers resolve without DNS. It ignores the port, because
// ports can be forwarded. This check protects against DNS rebinding.
func IsLocalHost(hostport string) bool {
	host := hostname(hostport)
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// isOwnHost reports whether a Host field contains a loopback address, localhost
// or a configured host of the server. If the server accepted other names, it
// could have the same origin as an attacker's page (DNS rebinding), and that
// page could read the server's tokens.
func (s *Server) isOwnHost(hostport string) bool {
	for _, origin := range [...]string{s.config.BrowserOrigin, s.config.AliasOrigin} {
		if u, err := url.Parse(origin); err == nil && u.Host != "" && strings.EqualFold(hostname(hostport), u.Hostname()) {
			return true
		}
	}
	return IsLocalHost(hostport) || strings.EqualFold(hostname(hostport), s.issuerHost)
}

// OwnHostOnly returns a handler that passes requests for the server's own hosts
// to next. For any other host, it responds with 421 (RFC 9110 §15.5.20) and
// does not record the request. It is for servers on loopback addresses, which
// any web page can reach.
func (s *Server) OwnHostOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isOwnHost(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "this server answers to loopback addresses, localhost and the host of its issuer, "+s.Issuer, http.StatusMisdirectedRequest)
	})
}

func hostname(hostport string) string { return (&url.URL{Host: hostport}).Hostname() }

// CheckOrigin returns an error unless origin has the format of the Origin
// header field (RFC 6454 §6.2) or is "*", which means all origins.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if origin == "*" || err == nil && u.Scheme != "" && u.Host != "" && u.Scheme+"://"+u.Host == origin {
		return nil
	}
	return errors.New(`not an origin: expected a scheme and a host, such as https://app.example.com, or "*" for all origins`)
}

// allows reports whether scripts of an origin may call the server. It accepts
// loopback origins and the configured origins.
func (c *Config) allows(origin string) bool {
	if slices.Contains(c.CORS, "*") || slices.Contains(c.CORS, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && IsLocalHost(u.Host)
}

// cors adds the header fields that let scripts of an allowed origin read the
// response (Fetch Standard §3.2). If r is a preflight request from such an
// origin, cors responds to it and returns true. It does not allow scripts to
// send cookies, because these endpoints do not use cookies.
func (s *Server) cors(w http.ResponseWriter, r *http.Request, rt *route) (answered bool) {
	if !rt.scripts {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !s.config.allows(origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(rt.methods, ", "))
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP, Testserver-Client")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
