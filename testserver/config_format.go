package testserver

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/settings"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// FormatConfig reads a configuration as [ConfigJSON] does and returns it with
// the defaults filled in. It does not fill in the issuer and the keys, because
// each server chooses its own. It also leaves out some members that are off or
// empty by default, such as registration. If secrets is false, it replaces each
// secret by "***", and the result cannot be used as a configuration. If a
// server could not start with the configuration, FormatConfig returns the error
// that the start would return.
func FormatConfig(r io.Reader, secrets bool) ([]byte, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("FormatConfig: %w", err)
	}
	c, err := configure([]Option{ConfigJSON(bytes.NewReader(text))})
	if err == nil {
		_, err = c.build(cmp.Or(c.Issuer, "http://127.0.0.1"), nil)
	}
	if err != nil {
		return nil, err
	}
	file, err := settings.ParseConfig(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	fill(file, c)
	var out bytes.Buffer
	if secrets {
		err = file.WriteSecrets(&out)
	} else {
		err = file.Write(&out)
	}
	return out.Bytes(), err
}

// fill adds defaults for members that the file lacks. It leaves out the issuer,
// the keys, and most members that are off or empty by default. c is the
// configuration that was made from the file.
func fill(file *settings.Config, c *config) {
	file.Signing.Alg = cmp.Or(c.Alg, catalogue.ES256)
	file.Access.TTL = cmp.Or(file.Access.TTL, settings.Duration(token.DefaultAccessTTL))
	file.Access.Format = "jwt"
	if tokens, err := token.CheckDefaults(c.Defaults); err == nil && tokens.Opaque { // chosen by the file, or by Like
		file.Access.Format = "opaque"
	}
	if file.Access.Audience == nil {
		file.Access.Audience = []string{token.DefaultAudience}
	}
	file.Refresh.TTL = cmp.Or(file.Refresh.TTL, settings.Duration(oauth.DefaultRefreshTTL))
	file.Refresh.Grace = new(settings.Duration(c.Grace))
	if file.Scopes == nil {
		file.Scopes = []string{}
	}
	file.Interactive, file.TLS = &c.Interactive, &c.listen.TLS

	for _, d := range slices.Backward(registry.DefaultClients()) {
		if !slices.ContainsFunc(file.Clients, func(other settings.Client) bool { return other.ID == d.ID }) {
			client := settings.Client{ID: d.ID, Secret: settings.Secret(d.Secret), Public: d.Public, PostLogout: d.PostLogoutRedirectURIs}
			file.Clients = slices.Insert(file.Clients, 0, client)
		}
	}
	for i, client := range file.Clients {
		if len(client.RedirectURIs) == 0 {
			file.Clients[i].RedirectURIs = registry.LoopbackRedirects()
		}
	}
	if len(file.Users) == 0 {
		u := registry.DefaultUser()
		file.Users = []settings.User{{Sub: u.Sub, Username: u.Username, Password: settings.Secret(u.Password), Claims: u.Claims}}
	}
	served := catalogue.Served(func(r catalogue.Route) bool { return slices.Contains(c.Disabled, r.Endpoint) })
	file.Endpoints = map[Endpoint]bool{}
	for _, ep := range catalogue.Disableable() {
		file.Endpoints[ep] = served[ep]
	}
}
