package oauth

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// IsLocalHost reports whether a Host field names this machine by itself: a
// loopback address or localhost, which browsers do not look up. The port does not
// matter: the name is what an attacker's DNS can bind again (DNS rebinding), and a
// port can be forwarded.
func IsLocalHost(hostport string) bool {
	host := hostname(hostport)
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// isOwnHost reports whether a Host field names what no attacker's DNS can lead
// here: this machine, or the host of the issuer. By any other name the server
// would be of the same origin as a page of the attacker's, which could then read
// its tokens.
func (s *Server) isOwnHost(hostport string) bool {
	return IsLocalHost(hostport) || strings.EqualFold(hostname(hostport), s.issuerHost)
}

// OwnHostOnly answers what comes for another host with 421 (RFC 9110 §15.5.20),
// unrecorded, and passes on the rest. It is for sockets on loopback, which any
// web page can reach.
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
