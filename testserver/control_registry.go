package testserver

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// clientWire converts c to the type that is sent as JSON, without the secret.
func clientWire(c Client) control.Client {
	return control.Client{
		ID: c.ID, Public: c.Public, RedirectURIs: c.RedirectURIs, PostLogout: c.PostLogoutRedirectURIs, Grants: c.Grants, Scopes: c.Scopes, AuthMethod: c.AuthMethod, JWKS: c.JWKS,
		RequirePAR: c.RequirePAR, RequireDPoP: c.RequireDPoP, ClientAlgs: c.Algs, ClientTLS: c.TLS, ClientLogout: c.Logout,
	}
}

func (c *controller) clients() []control.Client {
	list := []control.Client{}
	for _, client := range c.Clients() {
		list = append(list, clientWire(client))
	}
	return list
}

func (c *controller) listClients(*http.Request) (any, error) {
	return control.Clients{Clients: c.clients()}, nil
}

func (c *controller) postClient(r *http.Request) (any, error) {
	var input control.Client
	if err := read(r, &input); err != nil {
		return nil, err
	}
	client, err := c.addClient(Client{
		ID: input.ID, Secret: input.Secret, Public: input.Public, RedirectURIs: input.RedirectURIs, PostLogoutRedirectURIs: input.PostLogout, Grants: input.Grants, Scopes: input.Scopes,
		AuthMethod: input.AuthMethod, JWKS: input.JWKS, TLS: input.ClientTLS, Logout: input.ClientLogout, RequirePAR: input.RequirePAR, RequireDPoP: input.RequireDPoP, Algs: input.ClientAlgs,
	}, nil)
	if err != nil {
		return nil, err
	}
	response := clientWire(client)
	response.Secret = client.Secret // only this response contains the secret
	return response, nil
}

func (c *controller) showClient(r *http.Request) (any, error) {
	for _, client := range c.clients() {
		if client.ID == r.PathValue("id") {
			return client, nil
		}
	}
	return nil, notFound("no client has this ID")
}

func (c *controller) removeClient(r *http.Request) (any, error) {
	if !c.oauth.Registry.Remove(r.PathValue("id")) {
		return nil, notFound("no client has this ID")
	}
	return done{}, nil
}

func userWire(u User) (control.User, error) {
	wire := control.User{Sub: u.Sub, Username: u.Username, ACR: u.ACR}
	var errs [2]error
	wire.Claims, errs[0] = claimsWire(u.Claims)
	wire.AccessClaims, errs[1] = claimsWire(u.AccessClaims)
	return wire, errors.Join(errs[:]...)
}

func claimsWire(claims map[string]any) (map[string]json.RawMessage, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	wire := map[string]json.RawMessage{}
	for name, v := range claims {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, errors.New("a claim of a user is not JSON")
		}
		wire[name] = text
	}
	return wire, nil
}

// claimsOf returns the given claims as raw JSON values.
func claimsOf(wire map[string]json.RawMessage) map[string]any {
	if len(wire) == 0 {
		return nil
	}
	claims := map[string]any{}
	for name, text := range wire {
		claims[name] = text
	}
	return claims
}

func (c *controller) users() ([]control.User, error) {
	list := []control.User{}
	for _, u := range c.Users() {
		wire, err := userWire(u)
		if err != nil {
			return nil, err
		}
		list = append(list, wire)
	}
	return list, nil
}

func (c *controller) listUsers(*http.Request) (any, error) {
	list, err := c.users()
	return control.Users{Users: list}, err
}

func (c *controller) postUser(r *http.Request) (any, error) {
	var input control.User
	if err := read(r, &input); err != nil {
		return nil, err
	}
	user := User{Sub: input.Sub, Username: input.Username, Password: input.Password, Claims: claimsOf(input.Claims), AccessClaims: claimsOf(input.AccessClaims), ACR: input.ACR}
	if err := registry.CheckAccessClaims(user.AccessClaims); err != nil {
		return nil, fmt.Errorf("access_claims: %w", err)
	}
	if err := registry.CheckACR(user.ACR); err != nil {
		return nil, fmt.Errorf("acr: %w", err)
	}
	for _, other := range c.Users() {
		if user.Sub != other.Sub && cmp.Or(user.Username, user.Sub) == other.Username {
			return nil, errors.New("username: it is taken by another user, so choose another one")
		}
	}
	user = c.AddUser(user)
	response, err := userWire(user)
	response.Password = user.Password // only this response contains the password
	return response, err
}

func (c *controller) removeUser(r *http.Request) (any, error) {
	if !c.oauth.Registry.RemoveUser(r.PathValue("sub")) {
		return nil, notFound("no user has this sub")
	}
	return done{}, nil
}

// nextLogin determines the result of the next authorization. Either a
// registered user logs in, as with [Server.NextUser], or the authorization
// fails, as with [Server.DenyNext].
func (c *controller) nextLogin(r *http.Request) (any, error) {
	var input control.NextLogin
	if err := read(r, &input); err != nil {
		return nil, err
	}
	rule := journal.Rule{Endpoint: EndpointAny, Times: max(input.Times, 1)}
	switch {
	case (input.Sub == "") == (input.Deny == ""):
		return nil, errors.New("give either sub or deny")
	case input.Times < 0:
		return nil, errors.New("times: want a whole number of 1 or more")
	case input.Sub == "" && !registry.IsErrorCode(input.Deny):
		return nil, errors.New("deny: want an error code such as access_denied (RFC 6749 §4.1.2.1)")
	case input.Sub == "":
		c.oauth.Decide(rule, oauth.Decision{Deny: input.Deny})
		return done{}, nil
	}
	for _, u := range c.Users() {
		if u.Sub == input.Sub {
			c.oauth.Decide(rule, oauth.Decision{User: &u})
			return done{}, nil
		}
	}
	return nil, notFound("no user has this sub")
}
