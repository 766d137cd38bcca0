package oauth

import (
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// ownScopes are the scopes of OpenID Connect (Core 1.0 §3.1.2.1, §5.4, §11).
// The server supports them in any configuration.
var ownScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// splitScopes returns the scopes in a scope parameter, without duplicates (RFC
// 6749 §3.3).
func splitScopes(text string) ([]string, *failure) {
	if text == "" {
		return nil, nil
	}
	scopes := strings.Split(text, " ")
	if slices.ContainsFunc(scopes, func(scope string) bool { return registry.CheckScope(scope) != nil }) {
		return nil, invalidScope("the scope is malformed")
	}
	return unique(scopes), nil
}

// scopesFor returns the scopes that the client gets. text is the scope
// parameter of the request. If text is empty, the client gets the default
// scopes of its tokens, except those that the client may not request.
func (s *Server) scopesFor(c *registry.Registered, text string) ([]string, *failure) {
	scopes, failed := splitScopes(text)
	if failed != nil {
		return nil, failed
	}
	if text == "" {
		byDefault := s.Form.ScopesOf(s.DraftFor("", c.Edits).Claims)
		scopes = slices.DeleteFunc(byDefault, func(scope string) bool { return !s.allows(c, scope) })
	}
	if slices.ContainsFunc(scopes, func(scope string) bool { return !s.allows(c, scope) }) {
		return nil, invalidScope("the client may not request this scope")
	}
	return scopes, nil
}

func (s *Server) allows(c *registry.Registered, scope string) bool {
	if len(c.Scopes) > 0 && !slices.Contains(c.Scopes, scope) {
		return false
	}
	return len(s.config.Scopes) == 0 || slices.Contains(s.config.Scopes, scope) || slices.Contains(ownScopes, scope)
}

// targetParameters are the parameters that name the APIs for a token. They may
// be repeated.
var targetParameters = []string{"resource", "audience"}

// targets returns the APIs that a request names in the parameters resource and
// audience. A resource is an absolute URI without a fragment (RFC 8707 §2). An
// audience can be any name, as in Auth0 and Hydra. As in Hydra, one parameter
// can contain several audiences, separated by spaces.
func (s *Server) targets(form url.Values) ([]string, *failure) {
	requested := slices.Clone(form["resource"])
	for _, text := range requested {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" || strings.Contains(text, "#") || !registry.IsVisible(text) {
			return nil, invalidTarget("each resource must be an absolute URI without a fragment")
		}
	}
	for _, text := range form["audience"] {
		requested = append(requested, strings.Fields(text)...)
	}
	if slices.ContainsFunc(requested, func(name string) bool { return !registry.IsTarget(name) }) {
		return nil, invalidTarget("an audience has a character that is not printable")
	}
	requested = unique(requested)
	if known := s.config.Resources; len(known) > 0 && !subset(requested, slices.Concat(known, s.Form.AudienceOf(s.Sample().Claims))) {
		return nil, invalidTarget("a resource or audience is not one of those that the server is configured for")
	}
	return requested, nil
}

// unique returns list without duplicates.
func unique(list []string) []string {
	var once []string
	seen := make(map[string]bool) // a map, because a request without credentials can contain thousands of values
	for _, text := range list {
		if !seen[text] {
			seen[text] = true
			once = append(once, text)
		}
	}
	return once
}

// narrowed returns the resources for one token. If the request names resources,
// the token gets these, and all of them must be granted. If the request names
// none, the token gets the granted resources. If granted is empty, the request
// may name any resource.
func narrowed(granted, requested []string) ([]string, *failure) {
	switch {
	case len(requested) == 0:
		return granted, nil
	case len(granted) > 0 && !subset(requested, granted):
		return nil, invalidTarget("a requested resource was not granted")
	}
	return requested, nil
}
