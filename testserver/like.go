package testserver

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/likeness"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Like makes the server imitate a provider, such as "keycloak", in its access
// tokens, keys, metadata and introspection responses. An unknown name is an
// error that lists all names. Token options, [SigningAlg] and [IssuerURL]
// override what Like sets.
func Like(name string) Option {
	return serverOption(func(c *config) {
		shape, err := findShape(name)
		if err != nil {
			c.fail("Like(%q): %w", name, err)
			return
		}
		c.like = &shape
		if shape.Introspection != nil {
			OpaqueTokens().applyServer(c) // an API can check the tokens only by introspection
		}
	})
}

func findShape(name string) (shapes.Shape, error) {
	shape, ok := shapes.Find(name)
	if !ok {
		return shape, fmt.Errorf("unknown provider: give one of %s", strings.Join(shapes.Names(), ", "))
	}
	return shape, nil
}

// issuerAt returns the issuer of a server whose URL is u. If the issuer of the
// imitated provider ends in a slash, issuerAt appends a slash to u, unless
// [IssuerURL] is set.
func (c *config) issuerAt(u string) string {
	if c.like != nil && c.Issuer == "" && strings.HasSuffix(c.like.Issuer, "/") {
		return u + "/"
	}
	return u
}

// likenesses returns a function that makes the likeness of a provider for a
// server with the given issuer. The audience in the likeness is the default
// audience of the server's tokens.
func (c *config) likenesses(issuer string) func(shapes.Shape) *likeness.Likeness {
	server := likeness.Server{Issuer: issuer, Named: c.Issuer != "", Audience: token.DefaultAudience, Source: c.Source, Now: c.Now}
	if trial, err := token.CheckDefaults(c.Defaults); err == nil {
		if list := trial.Claims.Audience(); len(list) > 0 {
			server.Audience = list[0]
		}
	}
	return func(shape shapes.Shape) *likeness.Likeness { return likeness.New(shape, server) }
}

// applyLikeness returns the given settings, changed so that the server imitates
// the provider that l describes.
func applyLikeness(settings oauth.Config, l *likeness.Likeness) (oauth.Config, error) {
	settings.Form, settings.Introspection = l.Form(), l.Introspection
	settings.Metadata = append([]func(map[string]any){l.Metadata}, settings.Metadata...)
	var err error
	settings.KeySet, err = l.KeySet()
	return settings, err
}

// formLike returns a token.Form that describes the access tokens of the
// provider with the given name. If the name is "", the Form describes the
// server's own access tokens.
func (c *controller) formLike(name string) (*token.Form, error) {
	if name == "" {
		return c.oauth.Form, nil
	}
	shape, err := findShape(name)
	if err != nil {
		return nil, refusal{http.StatusBadRequest, "invalid_request", "like: " + err.Error()}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forms == nil {
		c.forms = map[string]*token.Form{}
	}
	if c.forms[name] == nil {
		c.forms[name] = c.likeness(shape).Form()
	}
	return c.forms[name], nil
}
