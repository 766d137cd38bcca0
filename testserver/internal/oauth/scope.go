package oauth

import (
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// ownScopes are those that the server itself gives a meaning (OpenID Connect
// Core 1.0 §3.1.2.1, §5.4, §11): they can always be granted.
var ownScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// splitScopes reads a scope parameter (RFC 6749 §3.3).
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

// scopesFor are the scopes that the client gets for asking for text. Without one
// it gets those that its tokens have by default.
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
		return nil, invalidScope("the scope is not one that the client may ask for")
	}
	return scopes, nil
}

func (s *Server) allows(c *registry.Registered, scope string) bool {
	if len(c.Scopes) > 0 && !slices.Contains(c.Scopes, scope) {
		return false
	}
	return len(s.config.Scopes) == 0 || slices.Contains(s.config.Scopes, scope) || slices.Contains(ownScopes, scope)
}

// targetParameters name the APIs that a token is for. They may be repeated.
var targetParameters = []string{"resource", "audience"}

// targets are the APIs that a request names: as a resource, an absolute URI without
// a fragment (RFC 8707 §2), or as an audience, by any name. Auth0 and Hydra have the
// latter, and Hydra takes several of them in one text, separated by spaces.
func (s *Server) targets(form url.Values) ([]string, *failure) {
	asked := slices.Clone(form["resource"])
	for _, text := range asked {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" || strings.Contains(text, "#") || !registry.IsVisible(text) {
			return nil, invalidTarget("a resource is an absolute URI without a fragment")
		}
	}
	for _, text := range form["audience"] {
		asked = append(asked, strings.Fields(text)...)
	}
	if slices.ContainsFunc(asked, func(name string) bool { return !registry.IsTarget(name) }) {
		return nil, invalidTarget("an audience has a character that is not printed")
	}
	asked = unique(asked)
	if known := s.config.Resources; len(known) > 0 && !subset(asked, slices.Concat(known, s.Form.AudienceOf(s.Sample().Claims))) {
		return nil, invalidTarget("a resource or audience is not in the list of this server")
	}
	return asked, nil
}

// unique is list with each text once: a resource that is named twice is one.
func unique(list []string) []string {
	var once []string
	seen := make(map[string]bool) // a request without credentials may have thousands
	for _, text := range list {
		if !seen[text] {
			seen[text] = true
			once = append(once, text)
		}
	}
	return once
}

// narrowed are the resources of one token: those asked for, which must have been
// granted if the grant was for any in particular.
func narrowed(granted, asked []string) ([]string, *failure) {
	switch {
	case len(asked) == 0:
		return granted, nil
	case len(granted) > 0 && !subset(asked, granted):
		return nil, invalidTarget("the resource was not granted")
	}
	return asked, nil
}
