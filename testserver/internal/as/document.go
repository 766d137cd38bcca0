package as

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
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
	common := func() map[string]any {
		return map[string]any{
			"issuer":   s.issuer,
			"jwks_uri": s.urls[JWKS],
			// Required by both specifications. RFC 8414 §3.2 would have an empty
			// list left out, but an absent grant_types_supported means
			// authorization_code and implicit (§2), which would be untrue.
			"response_types_supported": []string{},
			"grant_types_supported":    []string{},

			"introspection_endpoint":                        s.urls[Introspect],
			"introspection_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
			"introspection_signing_alg_values_supported":    []string{string(alg)}, // RFC 9701 §7
		}
	}
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
	if s.asDoc, err = render(common()); err != nil {
		return err
	}
	oidc := common()
	oidc["subject_types_supported"] = []string{"public"}
	oidc["id_token_signing_alg_values_supported"] = []string{string(alg)}
	s.oidcDoc, err = render(oidc)
	return err
}
