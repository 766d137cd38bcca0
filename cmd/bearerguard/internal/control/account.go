package control

import (
	"net/http"

	wire "github.com/bearerguard/bearerguard/internal/control"
)

// AddClient registers a client. It overwrites an existing client with the same
// ID.
func AddClient(c wire.Client) TypedOperation[wire.Client] { return post[wire.Client]("/v1/clients", c) }

// ListClients lists the clients.
func ListClients() TypedOperation[wire.Clients] { return get[wire.Clients]("/v1/clients") }

// ShowClient returns a client without its secret, as a [wire.Client].
func ShowClient(id string) Operation {
	return Operation{http.MethodGet, "/v1/clients/" + element(id), nil}
}

// RemoveClient removes a client.
func RemoveClient(id string) Operation {
	return Operation{http.MethodDelete, "/v1/clients/" + element(id), nil}
}

// AddUser registers a user. It overwrites an existing user with the same
// subject.
func AddUser(u wire.User) TypedOperation[wire.User] { return post[wire.User]("/v1/users", u) }

// ListUsers lists the users.
func ListUsers() TypedOperation[wire.Users] { return get[wire.Users]("/v1/users") }

// RemoveUser removes a user.
func RemoveUser(sub string) Operation {
	return Operation{http.MethodDelete, "/v1/users/" + element(sub), nil}
}

// DecideLogin sets the outcome of the next logins. Their number is next.Times,
// or 1 if this is 0.
func DecideLogin(next wire.NextLogin) Operation {
	return Operation{http.MethodPost, "/v1/logins/next", next}
}
