package main

import (
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// TestCheckAPIFindsNothing sends everything that testserver knows to be wrong to each kind of route, on every framework.
func TestCheckAPIFindsNothing(t *testing.T) {
	as, apis := newAPIs(t)
	for name, api := range apis {
		for route, options := range map[string][]testserver.CheckOption{
			"GET /me":     nil,
			"GET /items":  {testserver.RequireScope("items:read")},
			"POST /items": {testserver.RequireScope("items:write")},
			"GET /admin":  {testserver.RequireScope("items:read"), testserver.RequireScope("items:write"), testserver.RequireScope("admin")},
		} {
			t.Run(name+" "+route, func(t *testing.T) {
				testserver.CheckAPI(t, as, api, func() *http.Request { return newRequest(t, route) }, options...)
			})
		}
	}
}
