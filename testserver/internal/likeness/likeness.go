package likeness

import (
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Server holds the properties of the mock server that a Likeness needs.
type Server struct {
	Issuer   string
	Named    bool // the issuer is configured, so the shape does not change it
	Audience string
	Source   *token.Source
	Now      func() time.Time
}

// Likeness makes one mock server imitate the real server that a shape
// describes.
type Likeness struct {
	shape        shapes.Shape
	server       Server
	certificates certificates
}

// New returns the Likeness of a shape for a server.
func New(shape shapes.Shape, server Server) *Likeness {
	if server.Now == nil {
		server.Now = time.Now
	}
	for _, list := range []*[]shapes.Member{&shape.Header, &shape.Claims, &shape.Introspection} {
		*list = settled(*list, shape.Audience)
	}
	return &Likeness{shape: shape, server: server, certificates: certificates{source: server.Source}}
}

// settled returns list without repeated members. If a member is repeated, the
// last value counts. In the values, settled replaces audience, the audience of
// the sample tokens, with a placeholder for the mock server's audience.
func settled(list []shapes.Member, audience string) (all []shapes.Member) {
	for _, m := range list {
		m.Value = own(m.Value, audience)
		i := slices.IndexFunc(all, func(other shapes.Member) bool { return other.Name == m.Name })
		switch {
		case i < 0:
			all = append(all, m)
		case all[i].Value != nil && m.Value != nil:
			all[i].Value = m.Value
		default:
			all = append(slices.Delete(all, i, i+1), m)
		}
	}
	return all
}

// Alg returns the signing algorithm of a shape. The default is RS256.
func Alg(shape shapes.Shape) catalogue.Alg {
	if shape.Alg == "" {
		return catalogue.RS256
	}
	return catalogue.Alg(shape.Alg)
}

// own returns a copy of v in which each string that equals audience is replaced
// with a placeholder for the mock server's audience.
func own(v any, audience string) any {
	text := func(s string) string {
		if s == audience {
			return ownAudience
		}
		return s
	}
	switch v := v.(type) {
	case string:
		return text(v)
	case []string:
		list := make([]string, len(v))
		for i, one := range v {
			list[i] = text(one)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, one := range v {
			object[text(name)] = own(one, audience)
		}
		return object
	}
	return v
}

func (l *Likeness) filling(now time.Time) shapes.Filling {
	return shapes.Filling{Issuer: l.server.Issuer, Audience: l.server.Audience, Now: now.Unix()}
}

// These are the claims in which providers put the client ID and the scopes.
var (
	clientNames = []string{"client_id", "azp", "cid", "appid", "clientId", "client"}
	scopeNames  = []string{"scope", "scp", "scopes"}
)

func isClient(m shapes.Member) bool {
	_, ok := m.Value.(string)
	return ok && slices.Contains(clientNames, m.Name)
}

// isScope reports whether a member contains scopes, and whether the scopes are
// in an array.
func isScope(m shapes.Member) (ok, list bool) {
	switch m.Value.(type) {
	case string:
		return slices.Contains(scopeNames, m.Name), false
	case []string, []any:
		return slices.Contains(scopeNames, m.Name), true
	}
	return false, false
}

// texts returns the strings in a value that is a string or an array of strings.
func texts(v any) (list []string, isList bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, false
	case []string:
		return v, true
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				list = append(list, text)
			}
		}
		return list, true
	}
	return nil, false
}
