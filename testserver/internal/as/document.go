package as

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

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

// describe writes both discovery documents. They name what the server can do
// and nothing else; change, if any, has the last word over each.
func (s *Server) describe(alg Alg, change []func(map[string]any)) error {
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
	oidc[idTokenAlgs] = []string{string(alg)} // required
	oidc["claim_types_supported"] = []string{"normal"}
	oidc["claims_supported"] = s.claims()
	oidc["prompt_values_supported"] = []string{"none", "login", "consent", "select_account"}
	// Their absence means true, which would be untrue (OpenID Connect Discovery 1.0 §3).
	oidc["request_uri_parameter_supported"] = false
	s.oidcDoc, err = render(oidc)
	return err
}

const idTokenAlgs = "id_token_signing_alg_values_supported"

// metadata is what both documents say (RFC 8414 §2).
func (s *Server) metadata(alg Alg) map[string]any {
	doc := map[string]any{
		"issuer": s.Issuer,
		// Required by both specifications. RFC 8414 §3.2 would have an empty
		// list left out, but an absent grant_types_supported means
		// authorization_code and implicit (§2), which would be untrue.
		"response_types_supported": []string{},
		"grant_types_supported":    s.grantTypes(),
		"scopes_supported":         append(slices.Clone(ownScopes), s.config.Scopes...),
	}
	for _, e := range catalogue.Endpoints {
		if u, ok := s.urls[Endpoint(e.Name)]; ok && e.Member != "" {
			doc[e.Member] = u
		}
	}
	if s.grantable(RefreshToken) { // and ID tokens with it, which a client expects to be RS256 unless it is told
		doc[idTokenAlgs] = []string{string(alg)}
	}
	methods := []string{string(ByBasic), string(ByPost), string(ByPrivateKey)}
	algs := []string{}
	for _, a := range assertionAlgs {
		algs = append(algs, string(a))
	}
	authenticates := func(endpoint string, methods []string) {
		doc[endpoint+"_endpoint_auth_methods_supported"] = methods
		doc[endpoint+"_endpoint_auth_signing_alg_values_supported"] = slices.Clone(algs)
	}
	if !s.disabled(Authorize) {
		doc["response_types_supported"] = []string{"code"}
		doc["response_modes_supported"] = []string{"query", "form_post"}
		doc["code_challenge_methods_supported"] = []string{"S256"}
		doc["authorization_response_iss_parameter_supported"] = true // RFC 9207 §3
	}
	if !s.disabled(PAR) {
		doc["require_pushed_authorization_requests"] = false // not of every client (RFC 9126 §5)
	}
	if !s.disabled(TokenEP) {
		if len(s.config.DetailTypes) > 0 {
			doc["authorization_details_types_supported"] = s.config.DetailTypes // RFC 9396 §10
		}
		authenticates("token", append(slices.Clone(methods), string(ByNothing)))
	}
	if !s.disabled(RevokeEP) {
		authenticates("revocation", append(slices.Clone(methods), string(ByNothing)))
	}
	if !s.disabled(Introspect) {
		authenticates("introspection", methods)
		doc["introspection_signing_alg_values_supported"] = []string{string(alg)} // RFC 9701 §7
	}
	return doc
}

func (s *Server) grantTypes() []string {
	list := []string{}
	for _, g := range allGrants {
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
	for _, u := range s.registry.users { // nobody else has them yet
		for name := range u.Claims {
			users[name] = true
		}
	}
	return append(own, slices.Sorted(maps.Keys(users))...)
}
