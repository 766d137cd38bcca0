package control

import (
	"net/http"
	"net/url"

	wire "github.com/bearerguard/bearerguard/internal/control"
)

// AddFault makes an endpoint fail.
func AddFault(f wire.Fault) TypedOperation[wire.Injection] {
	return post[wire.Injection]("/v1/faults", f)
}

// ListFaults lists the active faults.
func ListFaults() TypedOperation[wire.Faults] { return get[wire.Faults]("/v1/faults") }

// RemoveFault removes one fault. The ID of a fault is a number.
func RemoveFault(id string) Operation {
	return Operation{http.MethodDelete, "/v1/faults/" + url.PathEscape(id), nil}
}

// RemoveFaults removes all faults.
func RemoveFaults() Operation { return Operation{http.MethodDelete, "/v1/faults", nil} }
