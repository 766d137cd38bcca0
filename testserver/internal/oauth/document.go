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
)

// document serves a JSON text. It sets no Cache-Control: how long a client
// keeps an unmarked document is the client's own rule, and what tests measure.
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

// keySet serves a JWKS under a strong ETag, so that a client which has it need
// not read it again (RFC 9110 §8.8.3, §13.1.2). Like document it sets no
// Cache-Control.
func keySet(body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := body()
		sum := sha256.Sum256(b)
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:])+`"`)
		http.ServeContent(w, joined(r), "", time.Time{}, bytes.NewReader(b))
	}
}

// joined is r with each list of tags in one line. A list may come in several
// (RFC 9110 §5.3), of which net/http reads the first.
func joined(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range [...]string{"If-Match", "If-None-Match"} {
		if lines := r.Header[name]; len(lines) > 1 {
			r.Header[name] = []string{strings.Join(lines, ", ")}
		}
	}
	return r
}

// describe writes both discovery documents. They name what the server can do
// and nothing else; change, if any, has the last word over each.
func (s *Server) describe(alg catalogue.Alg, change []func(map[string]any)) error {
	render := func(doc map[string]any) ([]byte, error) {
		for _, f := range change {
			f(doc)
		}
		b, err := json.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("the document that the Metadata option changed is not JSON any more: %w", err)
		}
		return b, nil
	}
	var err error
	if s.asDoc, err = render(s.metadata(alg)); err != nil {
		return err
	}
	oidc := s.metadata(alg)
	oidc["subject_types_supported"] = []string{"public"}
	oidc[idTokenAlgs] = signingAlgs(alg) // required
	oidc["claims_parameter_supported"] = true
	oidc["claim_types_supported"] = []string{"normal"}
	oidc["claims_supported"] = s.claims()
	oidc["prompt_values_supported"] = []string{"none", "login", "consent", "select_account"}
	// Their absence means true, which would be untrue (OpenID Connect Discovery 1.0 §3).
	oidc["request_uri_parameter_supported"] = false
	if s.served[catalogue.UserInfo] {
		oidc["userinfo_signing_alg_values_supported"] = catalogue.Names(catalogue.PublicAlgs)
	}
	s.oidcDoc, err = render(oidc)
	return err
}

// signingAlgs are what a client can ask to be signed with, the server's own first.
func signingAlgs(own catalogue.Alg) []string {
	return unique(append([]string{string(own)}, catalogue.Names(catalogue.PublicAlgs)...))
}

const idTokenAlgs = "id_token_signing_alg_values_supported"

// metadata is what both documents say (RFC 8414 §2).
func (s *Server) metadata(alg catalogue.Alg) map[string]any {
	doc := map[string]any{
		"issuer": s.Issuer,
		// Required by both specifications. RFC 8414 §3.2 would have an empty
		// list left out, but an absent grant_types_supported means
		// authorization_code and implicit (§2), which would be untrue.
		"response_types_supported": []string{},
		"grant_types_supported":    s.grantTypes(),
		"scopes_supported":         append(slices.Clone(ownScopes), s.config.Scopes...),
	}
	for _, r := range catalogue.Routes {
		if u, ok := s.urls[r.Endpoint]; ok && r.Member != "" {
			doc[r.Member] = u
		}
	}
	if s.grantable(catalogue.RefreshToken) { // and ID tokens with it, which a client expects to be RS256 unless this says otherwise
		doc[idTokenAlgs] = signingAlgs(alg)
	}
	methods := catalogue.Names(catalogue.AuthMethods)
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
	if s.served[catalogue.PAR] {
		doc["require_pushed_authorization_requests"] = false // not of every client (RFC 9126 §5)
	}
	if s.served[catalogue.Token] {
		if len(s.config.DetailTypes) > 0 {
			doc["authorization_details_types_supported"] = s.config.DetailTypes // RFC 9396 §10
		}
		authenticates("token", methods)
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

func (s *Server) grantTypes() []string {
	list := []string{}
	for _, g := range catalogue.Grants {
		if s.grantable(g) {
			list = append(list, string(g))
		}
	}
	return list
}

// claims are those that ID tokens or UserInfo can have.
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
