package middleware

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/scopes"
)

// Metadata contains members of the protected resource metadata (RFC 9728 §2)
// that do not follow from the rest of the configuration. Empty fields are left
// out. URLs must be https, or http on loopback.
type Metadata struct {
	Name           string   // resource_name, for people
	Documentation  string   // resource_documentation, a URL for developers
	Policy         string   // resource_policy_uri
	TermsOfService string   // resource_tos_uri
	Scopes         []string // scopes_supported: scopes that clients may request, not necessarily all scopes of the API
}

func (c Config) checkMetadata() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	m := c.Metadata
	if len(c.Origins) == 0 && !reflect.ValueOf(m).IsZero() {
		fault("Metadata needs Origins: the metadata describes Origins[0]")
	}
	for _, field := range []struct{ name, url string }{{"Documentation", m.Documentation}, {"Policy", m.Policy}, {"TermsOfService", m.TermsOfService}} {
		page, _, _ := strings.Cut(field.url, "#")
		switch err := fetch.CheckURL(page, false); {
		case field.url == "":
		case errors.Is(err, fetch.ErrInsecure):
			fault("Metadata.%s: %w", field.name, errScheme)
		case err != nil || fetch.CheckText(field.url) != nil:
			fault("Metadata.%s: %w", field.name, errNotPage)
		}
	}
	for _, name := range m.Scopes {
		if scopes.Of(name).Len() == 0 {
			fault("Metadata.Scopes: %q is not a scope (RFC 6749 §3.3)", name)
		}
	}
	return faults
}

const wellKnown = "/.well-known/oauth-protected-resource"

// metadata is the protected resource metadata of a Verifier. It is the zero
// value if Config.Origins is empty.
type metadata struct {
	url      string // where clients find the metadata
	pattern  string
	document []byte
	etag     string
}

// newMetadata returns the metadata for a configuration that has already been
// checked.
func newMetadata(c Config) (m metadata, err error) {
	if len(c.Origins) == 0 {
		return m, nil
	}
	origin, err := normalOrigin(c.Origins[0])
	if err != nil {
		return m, err
	}
	scheme, rest, _ := strings.Cut(origin, "://")
	host, path, hasPath := strings.Cut(rest, "/")
	if m.pattern = wellKnown; hasPath {
		m.pattern += "/" + path
	}
	m.url = scheme + "://" + host + m.pattern

	var proofs dpop.Policy
	if c.DPoP != nil {
		if proofs, err = c.DPoP.Complete(); err != nil {
			return m, err
		}
	}
	methods := []string{"header"}
	if c.TokenHeader != "" {
		methods = []string{} // RFC 6750 §2 defines no value for TokenHeader
	}
	m.document, err = json.Marshal(struct {
		Resource       string   `json:"resource"`
		Servers        []string `json:"authorization_servers,omitempty"`
		Scopes         []string `json:"scopes_supported,omitempty"`
		Methods        []string `json:"bearer_methods_supported"`
		Name           string   `json:"resource_name,omitempty"`
		Documentation  string   `json:"resource_documentation,omitempty"`
		Policy         string   `json:"resource_policy_uri,omitempty"`
		TermsOfService string   `json:"resource_tos_uri,omitempty"`
		Algorithms     []string `json:"dpop_signing_alg_values_supported,omitempty"`
		DPoPRequired   bool     `json:"dpop_bound_access_tokens_required,omitempty"`
		Certificates   bool     `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	}{
		c.resource(), c.servers(), c.Metadata.Scopes, methods,
		c.Metadata.Name, c.Metadata.Documentation, c.Metadata.Policy, c.Metadata.TermsOfService,
		proofs.Algorithms, proofs.Required || c.DPoP != nil && c.RequireBound && c.ClientCert == nil, c.ClientCert != nil,
	})
	m.etag = fmt.Sprintf(`"%x"`, sha256.Sum256(m.document))
	return m, err
}

// servers returns the value of authorization_servers. The identifier of an
// issuer is MetadataIssuer or, if that is "", URL. servers omits an issuer if
// clients cannot derive a metadata URL from this identifier. Each tenant in
// Tenants is listed as a separate issuer.
func (c Config) servers() (servers []string) {
	for _, one := range c.Issuers {
		server := cmp.Or(one.MetadataIssuer, one.URL) // clients derive the metadata URL from this issuer identifier
		names := []string{server}
		if one.isTemplate() {
			names = nil // a template is not published; its Tenants follow below
		}
		for _, tenant := range one.Tenants {
			names = append(names, strings.Replace(server, tenantID, tenant, 1))
		}
		for _, name := range names {
			if fetch.CheckIssuer(name, one.InsecureHTTP) == nil && !slices.Contains(servers, name) {
				servers = append(servers, name)
			}
		}
	}
	return servers
}

// Metadata returns the path and the handler of the protected resource metadata
// (RFC 9728 §3) for the first of Config.Origins. The path, such as
// "/.well-known/oauth-protected-resource/v1", is a pattern of [http.ServeMux]
// without a method, because the handler checks the method. If the mux also has
// a pattern such as "GET /", register the handler for "GET "+pattern and for
// "OPTIONS "+pattern instead. Otherwise [http.ServeMux] panics, because neither
// pattern is more specific than the other. If the path of the first origin ends
// in a slash, and is more than a slash, the returned path ends in "/{$}".
//
// The metadata is public and the same for every request. If Config.Origins is
// empty, the handler responds with 404.
func (v *Verifier) Metadata() (pattern string, h http.Handler) {
	if v.notConstructed() != nil || v.metadata.document == nil {
		return wellKnown, http.NotFoundHandler()
	}
	if pattern = v.metadata.pattern; strings.HasSuffix(pattern, "/") {
		pattern += "{$}"
	}
	return pattern, http.HandlerFunc(v.metadata.serve)
}

func (m *metadata) serve(w http.ResponseWriter, r *http.Request) {
	const methods = "GET, HEAD, OPTIONS"
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Content-Type", "application/json")
		h.Set("ETag", m.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.document))
	case http.MethodOptions:
		h.Set("Allow", methods)
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "*") // clients add fields such as MCP-Protocol-Version
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", methods)
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}
