package oauth

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/dpop"
)

// document returns a handler that serves JSON. The handler does not set
// Cache-Control, because tests measure how long a client caches a document that
// is sent without this field.
func document(contentType string, body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := body()
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(b)
		}
	}
}

func sendText(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// keySet returns a handler that serves a JWKS with a strong ETag, for
// conditional requests (RFC 9110 §8.8.3, §13.1.2). Like document, the handler
// does not set Cache-Control.
func keySet(body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := body()
		sum := sha256.Sum256(b)
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:])+`"`)
		http.ServeContent(w, joined(r), "", time.Time{}, bytes.NewReader(b))
	}
}

// joined returns a copy of r in which each list of entity tags is on one field
// line. A client may split a list over several lines (RFC 9110 §5.3), but
// net/http reads only the first line.
func joined(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range [...]string{"If-Match", "If-None-Match"} {
		if lines := r.Header[name]; len(lines) > 1 {
			r.Header[name] = []string{strings.Join(lines, ", ")}
		}
	}
	return r
}

// describe builds both discovery documents, which list only the features that
// the server supports. The given functions can then change each document.
func (s *Server) describe(alg catalogue.Alg, change []func(map[string]any)) error {
	render := func(doc map[string]any) ([]byte, error) {
		for _, f := range change {
			f(doc)
		}
		b, err := json.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("a discovery document cannot be encoded as JSON after the Metadata option changed it: %w", err)
		}
		return b, nil
	}
	var err error
	if s.asDoc, err = render(s.metadata(alg)); err != nil {
		return err
	}
	oidc := s.metadata(alg)
	oidc["subject_types_supported"] = []string{"public"}
	oidc[idTokenAlgs] = signingAlgs(alg) // required by OpenID Connect Discovery 1.0 §3
	oidc["claims_parameter_supported"] = true
	oidc["claim_types_supported"] = []string{"normal"}
	oidc["claims_supported"] = s.claims()
	oidc["prompt_values_supported"] = []string{"none", "login", "consent", "select_account"}
	// Clients assume true if this member is absent (OpenID Connect Discovery
	// 1.0 §3).
	oidc["request_uri_parameter_supported"] = false
	if s.served[catalogue.UserInfo] {
		oidc["userinfo_signing_alg_values_supported"] = catalogue.Names(catalogue.PublicAlgs)
	}
	s.oidcDoc, err = render(oidc)
	return err
}

// signingAlgs returns the signing algorithms that a client can choose. The
// server's own algorithm comes first.
func signingAlgs(own catalogue.Alg) []string {
	return unique(append([]string{string(own)}, catalogue.Names(catalogue.PublicAlgs)...))
}

const idTokenAlgs = "id_token_signing_alg_values_supported"

// metadata returns the members that both discovery documents contain (RFC 8414
// §2).
func (s *Server) metadata(alg catalogue.Alg) map[string]any {
	doc := map[string]any{
		"issuer": s.Issuer,
		// RFC 8414 §3.2 says to omit empty lists, but these two lists are
		// always present. RFC 8414 §2 requires response_types_supported.
		// Without grant_types_supported, clients assume authorization_code and
		// implicit (§2).
		"response_types_supported": []string{},
		"grant_types_supported":    s.grantTypes(),
		"scopes_supported":         append(slices.Clone(ownScopes), s.config.Scopes...),
	}
	for _, r := range catalogue.Routes {
		if u, ok := s.urls[r.Endpoint]; ok && r.Member != "" {
			doc[r.Member] = u
		}
	}
	if s.grantable(catalogue.RefreshToken) { // ID tokens are issued; if this list is absent, clients expect RS256
		doc[idTokenAlgs] = signingAlgs(alg)
	}
	aliases := map[string]string{}
	for _, r := range catalogue.Routes {
		if u, ok := s.aliases[r.Endpoint]; ok {
			aliases[r.Member] = u
		}
	}
	if len(aliases) > 0 {
		doc["mtls_endpoint_aliases"] = aliases  // RFC 8705 §5
		doc[catalogue.BoundTokensMember] = true // RFC 8705 §3.3
	}
	methods := catalogue.Names(s.authMethods())
	proofs := slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == string(catalogue.NoAuth) })
	algs := catalogue.Names(catalogue.AssertionAlgs)
	authenticates := func(endpoint string, methods []string) {
		doc[endpoint+"_endpoint_auth_methods_supported"] = methods
		doc[endpoint+"_endpoint_auth_signing_alg_values_supported"] = slices.Clone(algs)
	}
	if s.served[catalogue.Authorize] {
		doc["response_types_supported"] = []string{"code"}
		doc["response_modes_supported"] = []string{"query", "fragment", "form_post"}
		doc["code_challenge_methods_supported"] = []string{"S256"}
		doc["authorization_response_iss_parameter_supported"] = true // RFC 9207 §3
		var acrs []string
		for _, u := range s.Registry.Users() {
			acrs = append(acrs, u.ACR...)
		}
		if len(acrs) > 0 {
			doc["acr_values_supported"] = unique(acrs) // OpenID Connect Discovery 1.0 §3, RFC 9470 §7
		}
	}
	if s.served[catalogue.EndSession] { // OpenID Connect Back-Channel Logout 1.0 §2.1
		doc["backchannel_logout_supported"], doc["backchannel_logout_session_supported"] = true, true
	}
	if s.served[catalogue.PAR] {
		doc["require_pushed_authorization_requests"] = false // not required of all clients (RFC 9126 §5)
	}
	if s.served[catalogue.Token] {
		if len(s.config.DetailTypes) > 0 {
			doc["authorization_details_types_supported"] = s.config.DetailTypes // RFC 9396 §10
		}
		authenticates("token", methods)
		doc["dpop_signing_alg_values_supported"] = catalogue.Names(dpop.Algs) // RFC 9449 §5.1
	}
	if s.served[catalogue.Revoke] {
		authenticates("revocation", methods)
	}
	if s.served[catalogue.Introspect] {
		authenticates("introspection", proofs)
		doc["introspection_signing_alg_values_supported"] = catalogue.Names(catalogue.PublicAlgs) // RFC 9701 §7
	}
	return doc
}

// authMethods returns the authentication methods that clients can use. It
// leaves out the methods of RFC 8705 if the server never requests client
// certificates.
func (s *Server) authMethods() []catalogue.AuthMethod {
	return slices.DeleteFunc(slices.Clone(catalogue.AuthMethods), func(m catalogue.AuthMethod) bool { return m.ByCertificate() && s.config.MTLSPort == "" })
}

func (s *Server) grantTypes() []string {
	list := []string{}
	for _, g := range catalogue.Grants {
		if s.grantable(g) {
			list = append(list, string(g))
		}
	}
	return list
}

// claims returns the names of the claims that ID tokens and UserInfo responses
// can contain, except sid and the claims of users who are registered later.
func (s *Server) claims() []string {
	own := []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "azp", "at_hash"}
	users := map[string]bool{}
	for _, u := range s.Registry.Users() {
		for name := range u.Claims {
			users[name] = true
		}
	}
	return append(own, slices.Sorted(maps.Keys(users))...)
}
