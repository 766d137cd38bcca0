package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CheckOrigin reports a text that no browser sends as Origin (RFC 6454 §6.2), except
// "*" for all of them.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if origin == "*" || err == nil && u.Scheme != "" && u.Host != "" && u.Scheme+"://"+u.Host == origin {
		return nil
	}
	return errors.New(`an origin is a scheme and a host, such as https://app.example.com, or "*" for all of them`)
}

// allows reports whether pages of an origin may call the server from scripts: those
// of loopback and of the configured origins.
func (c *Config) allows(origin string) bool {
	if slices.Contains(c.CORS, "*") || slices.Contains(c.CORS, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && IsLocalHost(u.Host)
}

// cors lets scripts of other origins have the answer (Fetch Standard §3.2), and
// answers their preflights: then it reports that nothing is left to do. No cookie
// counts at these endpoints, so no credentials mode is allowed. What proves a client
// is in the request itself.
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
